/** Records and bundles for tests: whole ones, made without a run. */
import { createPrivateKey } from 'node:crypto'
import { holdsSecret } from '../fixtures/redact.js'
import { findOperation, type Operation, successStatuses } from '../openapi/contract.js'
import { loadContract, type ReleaseSources, releaseSources } from '../openapi/load.js'
import { buildRecord, type RunOutcome, type RunRecord } from '../reporters/record.js'
import { LIST, sampleExchange } from '../reporters/sample-record.js'
import type { Conformity, ShapeRule } from '../suites/check.js'
import { CHECKS } from '../suites/checks/index.js'
import {
  type Cell,
  credentialLabel,
  type Evidence,
  type EvidenceRole,
  type Exchange,
} from '../suites/model.js'
import { plan, type Selection } from '../suites/plan.js'
import { type BundleParts, bundled } from './bundle.js'
import { type PublicKey, readPublicKey, readSigner, type Signer } from './keys.js'
import { Proofs } from './proofs.js'
import { type Verification, type Verifier, verified } from './verify.js'

const RELEASE = 'initial'
const CONTRACT = await loadContract(RELEASE)
export const SOURCES: ReleaseSources = await releaseSources(RELEASE)

const SUITE = { name: 'nvcf-conformance', version: '1.2.3', commit: 'c0ffee', dirty: false }

export const PRODUCT = {
  ...{ name: 'Example', version: '1.2', vendor: 'Maker', contact: 'c@maker.example' },
  environment: 'staging',
}

/** An Ed25519 key from a seed, wrapped as PKCS#8 wraps it: the same in every test. */
function signerFrom(seed: number): Signer {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return readSigner(key.export({ format: 'pem', type: 'pkcs8' }).toString(), 'key.pem', undefined)
}

export const SIGNER = signerFrom(1)
export const STRANGER = signerFrom(2)

/** A request to the operation, and its answer; the same is sent once. */
class Exchanges {
  readonly #known = new Map<string, Exchange>()

  get all(): readonly Exchange[] {
    return [...this.#known.values()]
  }

  sent({ id, method, path }: Operation, credential: string, status: number): string {
    const name = `${credential} ${status} ${id}`
    const known = this.#known.get(name)
    if (known !== undefined) return known.id
    const url = `http://gateway.test${path.replaceAll(/\{[^}]*\}/g, 'x')}`
    const made = sampleExchange({
      id: `x${this.#known.size + 1}`,
      credential,
      request: { method, url, headers: {} },
      response: { status, headers: { 'content-type': 'application/json' }, body: '{}' },
    })
    this.#known.set(name, made)
    return made.id
  }
}

const operationOf = (id: string): Operation => {
  const found = findOperation(CONTRACT, id)
  if (found === undefined) throw new RangeError(`There is no ${id}`)
  return found
}

/** What a cell that passed may rest on, with an answer of that status. */
function evidenceWith(cell: Cell, status: number, exchanges: Exchanges): readonly Evidence[] {
  const { credential } = cell.probe
  const operation = operationOf(cell.operation)
  const label = credentialLabel(credential)
  const answer = exchanges.sent(operation, label, status)
  if (credential.kind === 'own-keys') return [{ role: 'step', exchange: answer, shows: 'one of many' }]
  const { readBack } = operation
  const state = readBack && exchanges.sent(operationOf(readBack.operation), 'admin token', 200)
  const reading = (role: EvidenceRole): Evidence[] => (state === undefined ? [] : [{ role, exchange: state }])
  const life = (role: EvidenceRole): Evidence[] =>
    credential.kind === 'key' && credential.flaw === undefined
      ? [{ role, exchange: exchanges.sent(operationOf(LIST), label, 200), shows: 'alive' }]
      : []
  return [
    ...life('alive-before'),
    ...reading('state-before'),
    { role: 'answer', exchange: answer },
    ...reading('state-after'),
    ...life('alive-after'),
    { role: 'control', exchange: exchanges.sent(operation, 'admin token', successOf(operation)) },
    ...reading('state-after-control'),
  ]
}

const successOf = (operation: Operation): number => successStatuses(operation)[0] ?? 200

const ANYTHING: ShapeRule = () => []
/** The exchanges of these records are too plain to be held against the documents. */
const LENIENT: Conformity = { contentType: ANYTHING, headers: ANYTHING, body: ANYTHING, formats: ANYTHING }

/** What a cell that passed rests on: an answer by which it passes, and all that any proof needs. */
function evidenceOf(cell: Cell, exchanges: Exchanges): readonly Evidence[] {
  for (const status of [successOf(operationOf(cell.operation)), 403, 401, 404]) {
    const tried = new Exchanges()
    const evidence = evidenceWith(cell, status, tried)
    if (new Proofs(tried.all, CONTRACT, [cell], LENIENT).trouble(cell, { evidence }) === undefined)
      return evidenceWith(cell, status, exchanges)
  }
  throw new RangeError(`Nothing makes ${cell.id} pass`)
}

/** A record of a run that passed in all that it was to run, and certifies. */
export function wholeRecord(
  given: { selection?: Partial<Selection>; outcome?: Partial<RunOutcome> } = {},
): RunRecord {
  const selection: Selection = {
    ...{ profile: 'core', mode: 'full', checks: [], operations: [], unsupported: [], seed: 42 },
    matrix: 'exhaustive',
    ...given.selection,
  }
  const cells = plan(CONTRACT, CHECKS, selection)
  const exchanges = new Exchanges()
  const asked = cells.filter(({ leftOut }) => leftOut === undefined)
  const results = asked.map((cell) => ({
    ...({ id: cell.id, verdict: 'pass', durationMs: 5, expected: '', observed: '' } as const),
    evidence: evidenceOf(cell, exchanges),
  }))
  const { checks, operations, unsupported, ...run } = selection
  return buildRecord({
    contract: CONTRACT,
    checks: CHECKS,
    cells,
    reports: [
      {
        results,
        exchanges: exchanges.all,
        requests: exchanges.all.length,
      },
    ],
    suite: SUITE,
    target: {
      ...{ gateway: 'http://gateway.test', domain: 'gateway.test', embedded: false, reference: false },
      product: PRODUCT,
    },
    run: {
      id: 'f00d',
      startedAt: '2025-01-01T00:00:00.000Z',
      finishedAt: '2025-01-01T00:00:03.400Z',
      ...{ seed: run.seed, mode: run.mode, profile: run.profile, matrix: run.matrix },
      propagationTimeoutMs: 180_000,
      selection: { checks, operations, unsupported },
      shard: run.shard ?? null,
      requests: exchanges.all.length,
      interrupted: false,
    },
    leftBehind: [],
    waivers: [],
    replayTarget: '',
    ...given.outcome,
  })
}

/** The bill of materials of a build of the suite at that commit. */
export const sbomOf = (commit: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      bomFormat: 'CycloneDX',
      metadata: {
        component: {
          ...{ name: SUITE.name, version: SUITE.version },
          properties: [{ name: `${SUITE.name}:commit`, value: commit }],
        },
      },
    }),
  )

const SBOM = sbomOf(SUITE.commit)

/** A bundle of the record, signed by SIGNER. */
export const bundleOf = (record: RunRecord, parts: Partial<BundleParts> = {}): Uint8Array =>
  bundled({ record, product: PRODUCT, sources: SOURCES, sbom: SBOM, signer: SIGNER, ...parts })

export const VERIFIER: Verifier = {
  suite: SUITE,
  conformity: LENIENT,
  contractOf: async (release) => (release === RELEASE ? CONTRACT : undefined),
  // What is no record at all is refused elsewhere, by the schema.
  parse: async (json): Promise<RunRecord> => JSON.parse(json),
  holdsSecret,
  sbom: SBOM,
  nowMs: Date.parse('2025-01-02T00:00:00Z'),
}

export const KEY: PublicKey = readPublicKey(SIGNER.publicKey.pem, 'key.pem.pub')

export const verify = (bytes: Uint8Array, verifier: Partial<Verifier> = {}): Promise<Verification> =>
  verified(bytes, KEY, { ...VERIFIER, ...verifier })

/** The rules that are broken. */
export const broken = ({ rulings }: Verification): string[] =>
  rulings.filter(({ outcome }) => outcome === 'broken').map(({ rule }) => rule)
