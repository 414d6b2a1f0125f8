/** `verify`: whether a bundle is authentic, and whether it certifies. Sends nothing. */
import { readPublicKey } from '../certification/keys.js'
import { productInWords, type Ruling, type Verification, verified } from '../certification/verify.js'
import { wrapped } from '../reporters/terminal.js'
import { singleLine } from '../reporters/text.js'
import { readLimited } from './record-file.js'
import { ownVerifier } from './verifier.js'

interface VerifyFlags {
  readonly key?: string
  readonly requireCertifying?: boolean
  readonly json?: boolean
}

const EXIT_ACCEPTED = 0
const EXIT_NOT_CERTIFYING = 1
const EXIT_REFUSED = 2
const EXIT_UNVOUCHED = 3

const GLYPHS: Readonly<Record<Ruling['outcome'], string>> = {
  holds: '✔',
  broken: '✗',
  moot: '-',
  undecided: '?',
}

/** A terminal has so many columns; elsewhere a rule is one line. */
function linesOf({ outcome, rule, says }: Ruling, width: number): string[] {
  const head = `  ${GLYPHS[outcome]} ${rule.padEnd(width)}  `
  const { columns } = process.stdout
  const [first = '', ...rest] =
    columns === undefined ? [singleLine(says)] : wrapped(says, Math.max(columns - head.length, width))
  return [head + first, ...rest.map((line) => ' '.repeat(head.length) + line)]
}

const rulesBroken = ({ rulings }: Verification, decides: Ruling['decides']): string =>
  rulings
    .filter((ruling) => ruling.decides === decides && ruling.outcome === 'broken')
    .map(({ rule }) => rule)
    .join(', ')

function authenticInWords(verification: Verification): string {
  const { authentic } = verification
  if (authentic === true) return 'yes'
  return authentic === undefined
    ? "undecided: nobody vouches for the signer. Give the signer's public key with --key"
    : `no, refused by ${rulesBroken(verification, 'authentic')}`
}

function certifyingInWords(verification: Verification): string {
  const { authentic, certifying, record } = verification
  if (certifying && record !== undefined)
    return `yes, for release ${record.contract.release}, profile ${record.run.profile}`
  const broken = rulesBroken(verification, 'certifying')
  if (broken !== '') return `no, because of ${broken}`
  return authentic === undefined ? 'no, its signer is not known' : 'no, it is not authentic'
}

function inWords(file: string, verification: Verification): string {
  const { product, record, rulings, signer } = verification
  const width = Math.max(...rulings.map(({ rule }) => rule.length))
  const rules = (decides: Ruling['decides']) =>
    rulings.filter((ruling) => ruling.decides === decides).flatMap((ruling) => linesOf(ruling, width))
  const about =
    record === undefined
      ? []
      : [
          `  about   ${productInWords(product)}`,
          `  record  run ${record.run.id} of ${record.run.startedAt}, ${record.verdict}, release ${record.contract.release}, profile ${record.run.profile}`,
        ]
  return [
    file,
    ...about,
    ...(signer === undefined ? [] : [`  signer  ${signer.label}, fingerprint ${signer.fingerprint}`]),
    '',
    'What makes it authentic',
    ...rules('authentic'),
    '',
    'What makes it certify',
    ...rules('certifying'),
    '',
    `authentic:  ${authenticInWords(verification)}`,
    `certifying: ${certifyingInWords(verification)}`,
  ]
    .map(singleLine)
    .join('\n')
}

function exitCode({ authentic, certifying }: Verification, requireCertifying: boolean): number {
  if (authentic === false) return EXIT_REFUSED
  if (requireCertifying && !certifying) return EXIT_NOT_CERTIFYING
  return authentic === undefined ? EXIT_UNVOUCHED : EXIT_ACCEPTED
}

/** Prints what every rule says and both answers; answers the exit code. Throws RecordError and KeyError. */
export async function verify(file: string, { json, key, requireCertifying }: VerifyFlags): Promise<number> {
  const bytes = await readLimited(file, 'bundle')
  const given =
    key === undefined
      ? undefined
      : readPublicKey((await readLimited(key, 'public key')).toString('utf8'), key)
  const verification = await verified(bytes, given, await ownVerifier())
  const { authentic, certifying, product, rulings, signer } = verification
  process.stdout.write(
    `${json === true ? JSON.stringify({ authentic: authentic ?? null, certifying, signer, product, rulings }, null, 2) : inWords(file, verification)}\n`,
  )
  if (authentic === false)
    process.stderr.write(
      `error: ${file} is refused: ${rulings
        .filter(({ decides, outcome }) => decides === 'authentic' && outcome === 'broken')
        .map(({ rule, says }) => singleLine(`${rule}: ${says}`))
        .join('; ')}.\n`,
    )
  return exitCode(verification, requireCertifying === true)
}
