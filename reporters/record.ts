/**
 * The canonical record of a run: the one thing that every report is rendered from. Pure: the plan, what the
 * worker sent and the run's particulars go in, JSON comes out. Its JSON Schema is `record.schema.json`.
 */
import type { Contract } from '../openapi/contract.js'
import type { Check } from '../suites/check.js'
import type { Clause } from '../suites/clauses.js'
import {
  type Cell,
  credentialLabel,
  type Evidence,
  type Exchange,
  type Level,
  type PathForm,
  type Verdict,
} from '../suites/model.js'
import type { MatrixPlan } from '../suites/plan.js'
import type { CellReport, CellResult } from '../suites/results.js'
import type { Deviation, Measured } from '../suites/verdict.js'
import { type Coverage, coverageOf } from './coverage.js'
import { counted } from './text.js'

const SCHEMA_VERSION = '1.2'

export type RunVerdict = 'conformant' | 'nonconformant' | 'inconclusive' | 'error'

export interface SuiteIdentity {
  readonly name: string
  readonly version: string
  /** Null where the build knew none. */
  readonly commit: string | null
  /** Whether the build held changes that the commit does not. */
  readonly dirty: boolean
}

export interface TargetIdentity {
  readonly gateway: string
  readonly domain: string
  /** Whether it was the reference gateway inside the suite. */
  readonly embedded: boolean
  /** As the config names it. */
  readonly product?: Readonly<Record<string, string>>
}

interface RunParticulars {
  readonly id: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly seed: number
  readonly mode: string
  readonly profile: string
  readonly matrix: MatrixPlan
  /** Within how long a change to a key had to take effect. */
  readonly propagationTimeoutMs: number
  /** What the run was narrowed to; empty lists for everything. */
  readonly selection: {
    readonly checks: readonly string[]
    readonly operations: readonly string[]
    readonly unsupported: readonly string[]
  }
  readonly shard: { readonly index: number; readonly count: number } | null
  /** HTTP requests sent, retries included. */
  readonly requests: number
  /** Whether the run was stopped before its end. */
  readonly interrupted: boolean
}

export interface Finding {
  readonly deviation: Deviation
  readonly expected: string
  readonly observed: string
  readonly clause: Clause
  /** One sentence with everything above. */
  readonly message: string
  /** A command that sends the same again. */
  readonly replay: string
}

export interface RecordedCell {
  readonly id: string
  readonly check: string
  readonly level: Level
  readonly operation: string
  readonly apiSet: string
  readonly credential: string
  readonly scope?: string
  /** How the path relates to the documented one. */
  readonly path: PathForm
  /** Id of the way in which the request was dressed up. */
  readonly disguise?: string
  readonly verdict: Verdict
  /** Of the request that decided it, in milliseconds. */
  readonly durationMs: number
  /** How long a change took, where the cell is about one. */
  readonly measured?: Measured
  /** Set exactly when the verdict is `fail`. */
  readonly finding?: Finding
  /** Why the verdict is neither pass nor fail. */
  readonly because?: string
  readonly evidence: readonly Evidence[]
}

export interface RunRecord {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly verdict: RunVerdict
  readonly certifying: boolean
  /** Why the record does not certify; empty when it does. */
  readonly notCertifyingBecause: readonly string[]
  readonly suite: SuiteIdentity
  /** `spec` names the document that was laid over the release's, where one was. */
  readonly contract: { readonly release: string; readonly spec?: string; readonly sha256: string }
  readonly target: TargetIdentity
  readonly run: RunParticulars
  readonly counts: Readonly<Record<Verdict, number>>
  /** How much of what the documents say was examined. */
  readonly coverage: Coverage
  /** What the run created on the target and could not remove. */
  readonly leftBehind: readonly string[]
  readonly cells: readonly RecordedCell[]
  readonly exchanges: readonly Exchange[]
}

/** What a run knows when it ends. */
export interface RunOutcome {
  readonly contract: Contract
  readonly checks: readonly Check[]
  readonly cells: readonly Cell[]
  readonly reports: readonly CellReport[]
  readonly suite: SuiteIdentity
  readonly target: TargetIdentity
  readonly run: RunParticulars
  readonly leftBehind: readonly string[]
  /** The words that make a replay command reach the same target, for example `--gateway http://…`. */
  readonly replayTarget: string
}

/** Who asked, and in which disguise. */
export const asker = (who: {
  readonly credential: string
  readonly disguise?: string | undefined
}): string => (who.disguise === undefined ? who.credential : `${who.credential} (${who.disguise})`)

/** What became of a cell of which nothing was heard. */
function unheard({ id, leftOut }: Cell): CellResult {
  return {
    id,
    verdict: leftOut?.verdict ?? 'inconclusive',
    durationMs: 0,
    expected: 'a verdict',
    observed: leftOut?.why ?? 'the run ended before this was decided',
    evidence: [],
  }
}

function finding(cell: Cell, asked: string, result: CellResult, outcome: RunOutcome): Finding {
  const { deviation = 'other', expected, observed } = result
  const { replayTarget, run } = outcome
  // Only stories wait for it.
  const bound =
    cell.probe.expects === 'story' ? ` --propagation-timeout ${run.propagationTimeoutMs / 1000}` : ''
  const clause = outcome.checks.find(({ id }) => id === cell.check)?.clause
  if (clause === undefined) throw new RangeError(`There is no check ${cell.check}`)
  return {
    deviation,
    expected,
    observed,
    clause,
    message: `${cell.operation} with ${asked}: expected ${expected}; observed ${observed} (${clause.source}: ${clause.text})`,
    replay: `nvcf-conformance run${replayTarget} --check ${cell.check} --operation "${cell.operation}" --seed ${run.seed}${bound}`,
  }
}

/** A cell that was left out may have been asked all the same, where a group of scopes was taken apart. */
function recordCell(
  cell: Cell,
  result: CellResult,
  apiSet: string | undefined,
  outcome: RunOutcome,
): RecordedCell {
  const { durationMs, evidence, measured, observed, verdict } = result
  const { disguise, path } = cell.probe
  const credential = credentialLabel(cell.probe.credential)
  return {
    id: cell.id,
    check: cell.check,
    level: cell.level,
    operation: cell.operation,
    apiSet: apiSet ?? '',
    credential,
    ...(cell.scope !== undefined && { scope: cell.scope }),
    path,
    ...(disguise !== undefined && { disguise }),
    verdict,
    durationMs,
    ...(measured !== undefined && { measured }),
    ...(verdict === 'fail' && { finding: finding(cell, asker({ credential, disguise }), result, outcome) }),
    ...(verdict !== 'pass' && verdict !== 'fail' && { because: observed }),
    evidence,
  }
}

/** Certain nonconformance outweighs a fault of the suite, which outweighs doubt. Advice never decides. */
export function runVerdict(cells: readonly RecordedCell[]): RunVerdict {
  const required = cells.filter(({ level }) => level === 'required').map(({ verdict }) => verdict)
  if (required.includes('fail')) return 'nonconformant'
  if (cells.some(({ verdict }) => verdict === 'error')) return 'error'
  if (required.includes('inconclusive')) return 'inconclusive'
  return cells.some(({ verdict }) => verdict === 'pass' || verdict === 'fail') ? 'conformant' : 'error'
}

/** Every reason why this run cannot stand for the product. */
function notCertifying(verdict: RunVerdict, cells: readonly RecordedCell[], outcome: RunOutcome): string[] {
  const { contract, run, suite, target, leftBehind } = outcome
  const grouped = new Set(
    outcome.cells.filter(({ leftOut }) => leftOut?.together === true).map(({ id }) => id),
  )
  const excluded = cells.filter(({ id, verdict }) => verdict === 'excluded' && !grouped.has(id)).length
  const { unsupported } = run.selection
  const reasons: [boolean, string][] = [
    [verdict !== 'conformant', `the verdict is ${verdict}`],
    [target.embedded, 'the target is the reference gateway of the suite'],
    [contract.spec !== undefined, 'the contract is not the documented one alone'],
    [run.interrupted, 'the run was interrupted'],
    [excluded > 0, `excluded by the selection or the mode: ${counted(excluded, 'cell')}`],
    [run.matrix === 'grouped', 'the matrix is grouped: not every scope was asked alone'],
    [run.mode !== 'full', `the mode is ${run.mode}, not full`],
    [unsupported.length > 0, `the target lacks ${unsupported.join(', ')}`],
    [suite.commit === null, 'the build of the suite names no commit'],
    [suite.dirty, 'the build of the suite holds uncommitted changes'],
    [leftBehind.length > 0, `left behind on the target: ${counted(leftBehind.length, 'thing')}`],
  ]
  return reasons.filter(([holds]) => holds).map(([, reason]) => reason)
}

/** Cells in plan order, whatever order their results came in. */
export function buildRecord(outcome: RunOutcome): RunRecord {
  const { contract } = outcome
  const results = new Map(
    outcome.reports.flatMap((report) => report.results.map((result) => [result.id, result])),
  )
  const exchanges = new Map(
    outcome.reports.flatMap((report) => report.exchanges.map((exchange) => [exchange.id, exchange])),
  )
  const apiSets = new Map(contract.operations.map(({ apiSet, id }) => [id, apiSet]))
  const cells = outcome.cells.map((cell) =>
    recordCell(cell, results.get(cell.id) ?? unheard(cell), apiSets.get(cell.operation), outcome),
  )
  const verdict = runVerdict(cells)
  const reasons = notCertifying(verdict, cells, outcome)
  const count = (wanted: Verdict) => cells.filter((cell) => cell.verdict === wanted).length
  return {
    schemaVersion: SCHEMA_VERSION,
    verdict,
    certifying: reasons.length === 0,
    notCertifyingBecause: reasons,
    suite: outcome.suite,
    contract: {
      release: contract.release,
      ...(contract.spec !== undefined && { spec: contract.spec }),
      sha256: contract.sha256,
    },
    target: outcome.target,
    run: outcome.run,
    counts: {
      pass: count('pass'),
      fail: count('fail'),
      inconclusive: count('inconclusive'),
      unsupported: count('unsupported'),
      excluded: count('excluded'),
      error: count('error'),
    },
    coverage: coverageOf(
      outcome.contract,
      outcome.cells,
      new Set(cells.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail').map(({ id }) => id)),
      outcome.reports.flatMap(({ reach }) => reach ?? []),
    ),
    leftBehind: outcome.leftBehind,
    cells,
    exchanges: [...exchanges.values()],
  }
}
