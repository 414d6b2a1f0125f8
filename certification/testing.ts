/** Records and bundles for tests: whole ones, made without a run. */
import { createPrivateKey } from 'node:crypto'
import { holdsSecret } from '../fixtures/redact.js'
import { loadContract, type ReleaseSources, releaseSources } from '../openapi/load.js'
import { buildRecord, type RunOutcome, type RunRecord } from '../reporters/record.js'
import { sampleExchange } from '../reporters/sample-record.js'
import { CHECKS } from '../suites/checks/index.js'
import type { Cell, Evidence } from '../suites/model.js'
import { plan, type Selection } from '../suites/plan.js'
import { type BundleParts, bundled } from './bundle.js'
import { type PublicKey, readPublicKey, readSigner, type Signer } from './keys.js'
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

const GRANTED = sampleExchange({ id: 'x1', purpose: 'expected to be granted' })
const DENIED = sampleExchange({
  id: 'x2',
  response: { status: 403, headers: { 'content-type': 'application/json' }, body: '{"status":403}' },
})

/** What a cell that passed rests on: all that any proof needs. */
const evidenceOf = ({ check }: Cell): readonly Evidence[] => [
  { role: 'alive-before', exchange: GRANTED.id, shows: 'alive' },
  { role: 'state-before', exchange: GRANTED.id },
  { role: 'answer', exchange: check.endsWith('-grants') ? GRANTED.id : DENIED.id },
  { role: 'state-after', exchange: GRANTED.id },
  { role: 'alive-after', exchange: GRANTED.id, shows: 'alive' },
  { role: 'control', exchange: GRANTED.id },
]

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
  const asked = cells.filter(({ leftOut }) => leftOut === undefined)
  const cited = new Set(asked.flatMap(evidenceOf).map(({ exchange }) => exchange))
  const { checks, operations, unsupported, ...run } = selection
  return buildRecord({
    contract: CONTRACT,
    checks: CHECKS,
    cells,
    reports: [
      {
        results: asked.map((cell) => ({
          ...({ id: cell.id, verdict: 'pass', durationMs: 5, expected: '', observed: '' } as const),
          evidence: evidenceOf(cell),
        })),
        exchanges: [GRANTED, DENIED].filter(({ id }) => cited.has(id)),
        requests: 2,
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
      requests: 2,
      interrupted: false,
    },
    leftBehind: [],
    waivers: [],
    replayTarget: '',
    ...given.outcome,
  })
}

const SBOM = Buffer.from('{"bomFormat":"CycloneDX"}\n')

/** A bundle of the record, signed by SIGNER. */
export const bundleOf = (record: RunRecord, parts: Partial<BundleParts> = {}): Uint8Array =>
  bundled({ record, product: PRODUCT, sources: SOURCES, sbom: SBOM, signer: SIGNER, ...parts })

export const VERIFIER: Verifier = {
  suite: SUITE,
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
