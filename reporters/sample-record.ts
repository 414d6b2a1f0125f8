/** Small records for the tests of the reporters, built the way a run builds its own. */
import type { Contract, Operation } from '../openapi/contract.js'
import type { Check } from '../suites/check.js'
import { CHECKS } from '../suites/checks/index.js'
import { CLAUSES } from '../suites/clauses.js'
import type { Reach } from '../suites/coverage.js'
import type { Cell, Credential, Evidence, Exchange, Level, PathForm, Verdict } from '../suites/model.js'
import type { CellResult } from '../suites/results.js'
import { buildRecord, type RunOutcome, type RunRecord } from './record.js'
import type { Waiver } from './waivers.js'

export const LIST = 'GET /v2/nvcf/functions'
export const DELETE = 'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'
export const QUEUE = 'GET /v2/nvcf/queues/{requestId}/position'

const API_SETS: Readonly<Record<string, string>> = {
  [LIST]: 'Function Management',
  [DELETE]: 'Function Management',
  [QUEUE]: 'Queue Details',
}

function operationOf(id: string, apiSet: string, given: Partial<Operation> = {}): Operation {
  const [method, path = ''] = id.split(' ')
  return {
    id,
    operationId: id,
    method: method === 'DELETE' ? 'DELETE' : 'GET',
    path,
    service: 'api',
    hostLabels: [],
    apiSet,
    summary: '',
    scopes: [],
    tokenScopes: [],
    admin: 'grant',
    public: false,
    reserved: false,
    effect: 'none',
    answersSecret: false,
    subject: 'none',
    parameters: [],
    responses: [],
    ...given,
  }
}

/** A cell and what became of it; everything else has a likely value. */
export interface SampleCell {
  readonly check?: string
  readonly operation?: string
  readonly credential?: Credential
  readonly path?: PathForm
  readonly disguise?: string
  readonly level?: Level
  readonly id?: string
  readonly verdict?: Verdict
  readonly expected?: string
  readonly observed?: string
  readonly evidence?: readonly Evidence[]
  readonly deviation?: CellResult['deviation']
  readonly measured?: CellResult['measured']
  /** It did not run, unless it has a verdict all the same. */
  readonly leftOut?: NonNullable<Cell['leftOut']>
  /** Nothing was heard of the cell. */
  readonly lost?: boolean
}

export interface Sample {
  readonly cells: readonly SampleCell[]
  readonly exchanges?: readonly Exchange[]
  readonly run?: Partial<RunOutcome['run']>
  readonly suite?: Partial<RunOutcome['suite']>
  readonly target?: Partial<RunOutcome['target']>
  readonly leftBehind?: readonly string[]
  readonly waivers?: readonly Waiver[]
  readonly baseline?: RunRecord
  readonly apiSets?: Readonly<Record<string, string>>
  /** What the documents say of operations, by id. */
  readonly operations?: Readonly<Record<string, Partial<Operation>>>
  readonly reaches?: readonly Reach[]
}

export const keyOf = (...scopes: string[]): Credential => ({
  kind: 'key',
  keyKind: 'apiKey',
  scopes,
})

/** The check of that name, or one that could bear it. */
const checkOf = (id: string): Check =>
  CHECKS.find((check) => check.id === id) ?? {
    id,
    area: 'authorization',
    level: 'required',
    title: '',
    clause: CLAUSES.keyScopes,
    catches: [],
    probes: () => [],
    judge: () => ({ verdict: 'pass', expected: '', observed: '', evidence: [] }),
  }

function planned({
  check = 'scope-denies',
  operation = LIST,
  credential = keyOf('queue_details'),
  path = 'documented',
  disguise,
  level,
  id,
  leftOut,
}: SampleCell): Cell {
  const rule = checkOf(check)
  const scope = credential.kind === 'key' && credential.scopes.length === 1 ? credential.scopes[0] : undefined
  const asks = credential.kind === 'key' ? `[${credential.scopes.join(' ')}]` : credential.kind
  return {
    id: id ?? `${check}::${operation}::${asks}`,
    check,
    area: rule.area,
    level: level ?? rule.level,
    operation,
    probe: { credential, path, expects: 'denial', ...(disguise !== undefined && { disguise }) },
    ...(scope !== undefined && { scope }),
    ...(leftOut !== undefined && { leftOut }),
  }
}

export function sampleExchange(given: Partial<Exchange> & { readonly id: string }): Exchange {
  return {
    purpose: 'expected to be refused: denial',
    credential: 'key [queue_details]',
    request: { method: 'GET', url: 'http://gateway.test/v2/nvcf/functions', headers: { host: 'api.test' } },
    ...(given.silence === undefined && { response: { status: 200, headers: {}, body: '' } }),
    attempts: 1,
    startedAt: '2025-01-01T00:00:01.000Z',
    durationMs: 5,
    ...given,
  }
}

/** By default a certifying run against a target of its own; `cells` pass unless they say otherwise. */
export function sampleRecord(sample: Sample): RunRecord {
  const { exchanges = [], leftBehind = [], operations = {}, reaches = [] } = sample
  const cells = sample.cells.map((given) => ({ given, cell: planned(given) }))
  const apiSets = { ...API_SETS, ...sample.apiSets }
  const contract: Contract = {
    release: 'initial',
    sha256: 'a'.repeat(64),
    operations: Object.entries(apiSets).map(([id, apiSet]) => operationOf(id, apiSet, operations[id])),
    scopes: [],
    keyIssue: {},
  }
  const results = cells
    .filter(
      ({ given }) => given.lost !== true && (given.leftOut === undefined || given.verdict !== undefined),
    )
    .map(
      ({ given, cell }): CellResult => ({
        id: cell.id,
        verdict: given.verdict ?? 'pass',
        durationMs: 12.5,
        expected: given.expected ?? '403: list_functions opens it',
        observed: given.observed ?? '200 application/json: granted',
        evidence: given.evidence ?? [],
        ...(given.deviation !== undefined && { deviation: given.deviation }),
        ...(given.measured !== undefined && { measured: given.measured }),
      }),
    )
  return buildRecord({
    contract,
    checks: [...new Set(cells.map(({ cell }) => cell.check))].map(checkOf),
    cells: cells.map(({ cell }) => cell),
    reports: [
      { results, exchanges, requests: 40 },
      ...reaches.map((reach) => ({ results: [], exchanges: [], reach, requests: 0 })),
    ],
    suite: { name: 'nvcf-conformance', version: '1.2.3', commit: 'c0ffee', dirty: false, ...sample.suite },
    target: {
      gateway: 'http://gateway.test',
      domain: 'gateway.test',
      embedded: false,
      reference: false,
      ...sample.target,
    },
    run: {
      id: 'f00d',
      startedAt: '2025-01-01T00:00:00.000Z',
      finishedAt: '2025-01-01T00:00:03.400Z',
      seed: 42,
      mode: 'full',
      profile: 'full',
      matrix: 'exhaustive',
      propagationTimeoutMs: 180_000,
      selection: { checks: [], operations: [], unsupported: [] },
      shard: null,
      requests: 40,
      interrupted: false,
      ...sample.run,
    },
    leftBehind,
    waivers: sample.waivers ?? [],
    ...(sample.baseline !== undefined && { baseline: sample.baseline }),
    replayTarget: ' --gateway http://gateway.test',
  })
}

/** What the exchanges of PROOF prove. */
const PROVEN: readonly Evidence[] = [
  { role: 'alive-before', exchange: 'x1', shows: 'alive' },
  { role: 'answer', exchange: 'x2' },
  { role: 'alive-after', exchange: 'x3', shows: 'alive' },
  { role: 'control', exchange: 'x4' },
]

/** A cell of every verdict, and an advisory failure. */
export const EVERY_VERDICT: readonly SampleCell[] = [
  { check: 'scope-grants', credential: keyOf('list_functions') },
  {
    operation: DELETE,
    verdict: 'fail',
    deviation: 'over-grant',
    observed: '204: granted',
    evidence: PROVEN,
  },
  {
    operation: QUEUE,
    credential: keyOf('list_functions'),
    verdict: 'inconclusive',
    observed: '429: throttled',
  },
  {
    check: 'no-credential-denies',
    credential: { kind: 'none' },
    leftOut: { verdict: 'unsupported', why: 'the target lacks it' },
  },
  {
    check: 'garbage-bearer-denies',
    credential: { kind: 'garbage' },
    leftOut: { verdict: 'excluded', why: 'not asked for' },
  },
  {
    check: 'admin-token-grants',
    credential: { kind: 'admin' },
    verdict: 'error',
    observed: 'the suite failed: oh',
  },
  {
    check: 'response-formats',
    verdict: 'fail',
    expected: 'declared formats',
    observed: '/created is no date-time',
  },
]

/** The proof behind the failed denial of EVERY_VERDICT. */
export const PROOF: readonly Exchange[] = [
  sampleExchange({ id: 'x1', purpose: 'is the key alive?' }),
  sampleExchange({
    id: 'x2',
    request: {
      method: 'DELETE',
      url: 'http://gateway.test/v2/nvcf/functions/1/versions/2',
      headers: { authorization: 'Bearer [redacted]' },
    },
    response: { status: 204, headers: {}, body: '' },
  }),
  sampleExchange({
    id: 'x3',
    purpose: 'is the key alive?',
    response: { status: 404, headers: {}, body: '' },
  }),
  sampleExchange({
    id: 'x4',
    purpose: 'expected to be granted',
    credential: 'key [delete_function]',
    response: { status: 204, headers: {}, body: '' },
  }),
]
