/** Whether a bundle is what it says, and whether it certifies. No network; time and key are given. */
import type { Contract } from '../openapi/contract.js'
import { isRecord, parsedJson, strings, text } from '../openapi/json.js'
import { contractDigest, type ReleaseSources } from '../openapi/load.js'
import type { RunRecord, SuiteIdentity } from '../reporters/record.js'
import type { Conformity } from '../suites/check.js'
import { isPacked, uncompressed, unpack } from './archive.js'
import { type Envelope, opened, statementOf } from './attestation.js'
import { productBytes, recordBytes, reportBytes, sumsOf } from './bundle.js'
import { KeyError, type PublicKey, readPublicKey } from './keys.js'
import { FILES, isExpected, NEEDED } from './layout.js'
import { Refusal } from './refusal.js'
import { type Accepted, planningOf, RULES } from './rules.js'

/** What a verifier brings. */
export interface Verifier {
  readonly suite: SuiteIdentity
  /** What answers are held to, by the contract. */
  readonly conformity: Conformity
  /** The contract of a release; undefined for one that it does not know. */
  readonly contractOf: (release: string) => Promise<Contract | undefined>
  /** Reads a record from its text. Throws an Error that says why it cannot. */
  readonly parse: (json: string) => Promise<RunRecord>
  readonly holdsSecret: (text: string) => boolean
  /** The bill of materials of the build. */
  readonly sbom: Uint8Array
  readonly nowMs: number
}

/** `undecided`: not told, because of something else. */
export interface Ruling {
  readonly rule: string
  readonly decides: 'authentic' | 'certifying'
  readonly outcome: 'holds' | 'broken' | 'moot' | 'undecided'
  readonly says: string
}

export interface Verification {
  /** Undefined where nobody vouches for the signer. */
  readonly authentic: boolean | undefined
  readonly certifying: boolean
  readonly rulings: readonly Ruling[]
  /** Of the key in the bundle, where there is one. */
  readonly signer?: { readonly fingerprint: string; readonly label: string }
  readonly product?: unknown
  readonly record?: RunRecord
}

/** What stands before the rules about the record, in order; each is needed by what follows it. */
const STAGES = {
  archive: 'the file is a bundle, byte for byte as bundles are written',
  envelope: 'the attestation is a DSSE envelope in the form in which bundles are written',
  signature: 'the key signed it',
  record: 'the record is one, by its schema',
  digests: 'every file has the digest that was signed, and the statement says what the record says',
} as const
type Stage = keyof typeof STAGES

interface Read {
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly signer: PublicKey
  readonly record: RunRecord
}

const utf8 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8')

/** The files of a bundle. Throws Refusal. */
function filesOf(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = unpack(bytes)
  const strange = [...files.keys()].find((name) => !isExpected(name))
  if (strange !== undefined)
    throw new Refusal('archive', `it holds ${JSON.stringify(strange)}, which no bundle does`)
  const missing = NEEDED.filter((name) => !files.has(name))
  if (missing.length > 0) throw new Refusal('archive', `it lacks ${missing.join(', ')}`)
  return files
}

/** The key in the bundle, which has to be the given one where there is one. Throws Refusal. */
function signerOf(files: ReadonlyMap<string, Uint8Array>, envelope: Envelope, given: PublicKey | undefined) {
  const refuse = (why: string) => new Refusal('signature', why)
  let enclosed: PublicKey
  try {
    enclosed = readPublicKey(utf8(files.get(FILES.signer)), FILES.signer)
  } catch (cause) {
    throw cause instanceof KeyError ? refuse(`the key in the bundle is unusable: ${cause.message}`) : cause
  }
  const key = given ?? enclosed
  if (given !== undefined && given.fingerprint !== enclosed.fingerprint)
    throw refuse(
      `another key signed it: ${enclosed.fingerprint}, and not the given one, ${given.fingerprint}`,
    )
  if (enclosed.pem !== utf8(files.get(FILES.signer)))
    throw refuse('the key in the bundle is not written as bundles write it')
  if (envelope.keyid !== key.fingerprint) throw refuse('the envelope names another key than the enclosed one')
  if (!envelope.isSignedBy(key))
    throw refuse('the signature does not fit: the statement was changed, or another key signed it')
  return key
}

/** What was signed is what is enclosed. Throws Refusal. */
function assertAttested(files: ReadonlyMap<string, Uint8Array>, envelope: Envelope, record: RunRecord): void {
  const summed = new Map([...files].filter(([name]) => name !== FILES.attestation && name !== FILES.sums))
  if (!sumsOf(summed).equals(files.get(FILES.sums) ?? new Uint8Array()))
    throw new Refusal('digests', `${FILES.sums} does not list the digests of the enclosed files`)
  const json = uncompressed(files.get(FILES.record) ?? new Uint8Array(), FILES.record)
  if (!recordBytes(record).equals(json) || !isPacked(files.get(FILES.record) ?? new Uint8Array(), json))
    throw new Refusal('digests', 'the record is not in the form in which bundles are written')
  const signed = new Map([...files].filter(([name]) => name !== FILES.attestation))
  if (statementOf(record, json, signed) !== envelope.statement)
    throw new Refusal('digests', 'the signed statement is not about these files: something was changed')
}

/** Reads a bundle as far as it can be trusted. Throws Refusal. */
async function read(
  bytes: Uint8Array,
  given: PublicKey | undefined,
  { parse }: Verifier,
  reached: (stage: Stage) => void,
): Promise<Read> {
  const files = filesOf(bytes)
  reached('archive')
  const envelope = opened(files.get(FILES.attestation) ?? new Uint8Array())
  reached('envelope')
  const signer = signerOf(files, envelope, given)
  reached('signature')
  const json = uncompressed(files.get(FILES.record) ?? new Uint8Array(), FILES.record)
  let record: RunRecord
  try {
    record = await parse(json.toString('utf8'))
  } catch (cause) {
    throw new Refusal('record', cause instanceof Error ? cause.message : String(cause), { cause })
  }
  reached('record')
  assertAttested(files, envelope, record)
  reached('digests')
  return { files, signer, record }
}

/** Of the enclosed documents, in the order of the enclosed row; undefined where there are others. */
function enclosedContract(files: ReadonlyMap<string, Uint8Array>): string | undefined {
  const row = utf8(files.get(FILES.release)).replace(/\n$/, '')
  const parsed = parsedJson(row)
  const names = isRecord(parsed) ? strings(parsed.documents) : []
  const known = new Set([FILES.release, ...names.map((name) => `${FILES.contractFolder}${name}`)])
  const isStrange = (name: string) => name.startsWith(FILES.contractFolder) && !known.has(name)
  if ([...files.keys()].some(isStrange)) return undefined
  return contractDigest({
    row,
    documents: names.map((name) => ({
      name,
      bytes: Buffer.from(files.get(`${FILES.contractFolder}${name}`) ?? []),
    })),
  })
}

/** Files beside the record in which a secret could stand. */
const SEARCHED: readonly string[] = [FILES.report, FILES.product, FILES.release, FILES.sbom]

async function acceptedOf(
  { files, record }: Pick<Read, 'files' | 'record'>,
  verifier: Verifier,
): Promise<Accepted> {
  const contract = await verifier.contractOf(record.contract.release)
  const report = utf8(files.get(FILES.report))
  const product = parsedJson(utf8(files.get(FILES.product)))
  const known = { record, verifier: verifier.suite, ...(contract !== undefined && { contract }) }
  return {
    ...known,
    conformity: verifier.conformity,
    planning: planningOf(known),
    enclosedContract: enclosedContract(files),
    product,
    texts: new Map([
      ['record.json', recordBytes(record).toString('utf8')],
      ...SEARCHED.map((name) => [name, utf8(files.get(name))] as const),
    ]),
    holdsSecret: verifier.holdsSecret,
    rendered: () => reportBytes(record).toString('utf8'),
    report,
    sbom: parsedJson(utf8(files.get(FILES.sbom))),
    ownBuild: Buffer.from(verifier.sbom).equals(files.get(FILES.sbom) ?? new Uint8Array()),
    nowMs: verifier.nowMs,
  }
}

/** What the rules about the record say of it. */
function judged(accepted: Accepted): Ruling[] {
  return RULES.map(({ decides, holds, id, judge }): Ruling => {
    const judgement = judge(accepted)
    if ('moot' in judgement) return { rule: id, decides, outcome: 'moot', says: judgement.moot }
    const [first, ...more] = judgement.troubles
    if (first === undefined) return { rule: id, decides, outcome: 'holds', says: holds }
    return { rule: id, decides, outcome: 'broken', says: [first, ...more].join('; ') }
  })
}

const stageRuling = (stage: Stage, given: PublicKey | undefined, signer: string): Ruling => {
  const ruling = { rule: stage, decides: 'authentic', outcome: 'holds', says: STAGES[stage] } as const
  if (stage !== 'signature') return ruling
  return given === undefined
    ? {
        ...ruling,
        outcome: 'undecided',
        says: `the key in the bundle signed it (${signer}), and nobody vouches for that: give the signer's with --key`,
      }
    : { ...ruling, says: `the given key signed it (${signer})` }
}

/** Judges a bundle. `given` is the public key of the signer, where one is given. */
export async function verified(
  bytes: Uint8Array,
  given: PublicKey | undefined,
  verifier: Verifier,
): Promise<Verification> {
  const passed: Stage[] = []
  let found: Read
  try {
    found = await read(bytes, given, verifier, (stage) => void passed.push(stage))
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    const later = RULES.map(({ decides, id }) => ({ decides, rule: id }))
    const stages = Object.keys(STAGES)
      .filter((stage) => !passed.some((one) => one === stage) && stage !== cause.rule)
      .map((rule) => ({ decides: 'authentic', rule }) as const)
    return {
      authentic: false,
      certifying: false,
      rulings: [
        ...passed.map(
          (stage): Ruling => ({ ...stageRuling(stage, given, ''), outcome: 'holds', says: STAGES[stage] }),
        ),
        { rule: cause.rule, decides: 'authentic', outcome: 'broken', says: cause.message },
        ...[...stages, ...later].map(
          (rule): Ruling => ({
            ...rule,
            outcome: 'undecided',
            says: `not looked at: ${cause.rule} refuses the file`,
          }),
        ),
      ],
    }
  }
  const accepted = await acceptedOf(found, verifier)
  const { fingerprint, label } = found.signer
  const rulings = [...passed.map((stage) => stageRuling(stage, given, fingerprint)), ...judged(accepted)]
  const broken = (answer: Ruling['decides']) =>
    rulings.some(({ decides, outcome }) => decides === answer && outcome === 'broken')
  const vouched = given !== undefined
  const authentic = broken('authentic') ? false : vouched ? true : undefined
  return {
    authentic,
    certifying: authentic === true && !broken('certifying'),
    rulings,
    signer: { fingerprint, label },
    product: accepted.product,
    record: found.record,
  }
}

/** What speaks against signing a record: the rules that make it authentic, before there is a bundle of it. */
export async function signable(
  record: RunRecord,
  product: Readonly<Record<string, string>>,
  sources: ReleaseSources,
  verifier: Verifier,
): Promise<Ruling[]> {
  const files = new Map<string, Uint8Array>([
    [FILES.report, reportBytes(record)],
    [FILES.release, Buffer.from(`${sources.row}\n`)],
    ...sources.documents.map(({ bytes, name }) => [`${FILES.contractFolder}${name}`, bytes] as const),
    [FILES.product, productBytes(product)],
    [FILES.sbom, verifier.sbom],
  ])
  return judged(await acceptedOf({ files, record }, verifier))
}

/** A product sheet in words: `Example 1.2 by Vendor`. */
export const productInWords = (product: unknown): string => {
  const of = (member: string) => (isRecord(product) ? text(product[member]) : undefined) ?? 'unnamed'
  return `${of('name')} ${of('version')} by ${of('vendor')} (${of('environment')})`
}
