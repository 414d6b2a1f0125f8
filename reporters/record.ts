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
import { ASKED_TOGETHER, type MatrixPlan } from '../suites/plan.js'
import type { CellReport, CellResult } from '../suites/results.js'
import type { Deviation, Measured } from '../suites/verdict.js'
import { baselineOf } from './baseline.js'
import { type Coverage, coverageOf } from './coverage.js'
import { counted } from './text.js'
import { isFaulty, type Waived, type Waiver, type WaiverReport, waive } from './waivers.js'

export const SCHEMA_VERSION = '1.3'

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
  /** Whether it said to be the reference gateway, inside the suite or served by it. */
  readonly reference: boolean
  /** As the config names it. */
  readonly product?: Readonly<Record<string, string>>
}

/** One part of a run that was made in several. */
interface ShardRun {
  /** Of the run that made it. */
  readonly id: string
  readonly index: number
  readonly startedAt: string
  readonly finishedAt: string
  readonly requests: number
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
  /** The parts that the record was put together from, by index; absent for a run made in one. */
  readonly shards?: readonly ShardRun[]
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
  /** Set where a waiver in force covers the failure, or the doubt: it then decides no verdict of the run. */
  readonly waived?: Waived
  readonly evidence: readonly Evidence[]
}

/** Compares the run with an earlier one. */
export interface Baseline {
  /** Id and time of the earlier run. */
  readonly run: string
  readonly startedAt: string
  /** Ids of the cells that failed or were undecided, and were no better then. */
  readonly old: readonly string[]
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
  /** What the run was asked to put up with, and what came of it. */
  readonly waivers: readonly WaiverReport[]
  readonly baseline?: Baseline
  readonly cells: readonly RecordedCell[]
  readonly exchanges: readonly Exchange[]
}

/** What a record is concluded from. */
export type RecordFacts = Pick<
  RunRecord,
  'suite' | 'contract' | 'target' | 'run' | 'leftBehind' | 'waivers' | 'cells'
>

/** What follows from the facts of a record. */
export type Conclusions = Pick<RunRecord, 'verdict' | 'certifying' | 'notCertifyingBecause' | 'counts'>

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
  readonly waivers: readonly Waiver[]
  /** An earlier record to tell new findings from old ones by. */
  readonly baseline?: RunRecord
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
  const required = cells
    .filter(({ level, waived }) => level === 'required' && waived === undefined)
    .map(({ verdict }) => verdict)
  if (required.includes('fail')) return 'nonconformant'
  if (cells.some(({ verdict }) => verdict === 'error')) return 'error'
  if (required.includes('inconclusive')) return 'inconclusive'
  return cells.some(({ verdict }) => verdict === 'pass' || verdict === 'fail') ? 'conformant' : 'error'
}

/** The verdict on what is new: that of the record, where it was compared with none. */
export function newVerdict({ baseline, cells, verdict }: RunRecord): RunVerdict {
  if (baseline === undefined) return verdict
  const old = new Set(baseline.old)
  // What is old has been decided, as far as the run's end is concerned.
  return runVerdict(cells.map((cell) => (old.has(cell.id) ? { ...cell, level: 'advisory' } : cell)))
}

/** Every reason why this run cannot stand for the product. */
function notCertifying(verdict: RunVerdict, facts: RecordFacts): string[] {
  const { cells, contract, run, suite, target, leftBehind, waivers } = facts
  const excluded = cells.filter(
    ({ because, verdict }) => verdict === 'excluded' && because !== ASKED_TOGETHER,
  ).length
  const waived = cells.filter((cell) => cell.waived !== undefined).length
  const { unsupported } = run.selection
  const reasons: [boolean, string][] = [
    [verdict !== 'conformant', `the verdict is ${verdict}`],
    [target.reference, 'the target is the reference gateway of the suite'],
    [contract.spec !== undefined, 'the contract is not the documented one alone'],
    [run.interrupted, 'the run was interrupted'],
    [excluded > 0, `excluded by the selection or the mode: ${counted(excluded, 'cell')}`],
    [run.matrix === 'grouped', 'the matrix is grouped: not every scope was asked alone'],
    [run.mode !== 'full', `the mode is ${run.mode}, not full`],
    [unsupported.length > 0, `the target lacks ${unsupported.join(', ')}`],
    [waived > 0, `waived: ${counted(waived, 'cell')}`],
    [waivers.some(isFaulty), `waivers that do not hold: ${waivers.filter(isFaulty).length}`],
    [suite.commit === null, 'the build of the suite names no commit'],
    [suite.dirty, 'the build of the suite holds uncommitted changes'],
    [leftBehind.length > 0, `left behind on the target: ${counted(leftBehind.length, 'thing')}`],
  ]
  return reasons.filter(([holds]) => holds).map(([, reason]) => reason)
}

/** Draws every conclusion of a record anew. */
export function concluded(facts: RecordFacts): Conclusions {
  const { cells } = facts
  const verdict = runVerdict(cells)
  const reasons = notCertifying(verdict, facts)
  const count = (wanted: Verdict) => cells.filter((cell) => cell.verdict === wanted).length
  return {
    verdict,
    certifying: reasons.length === 0,
    notCertifyingBecause: reasons,
    counts: {
      pass: count('pass'),
      fail: count('fail'),
      inconclusive: count('inconclusive'),
      unsupported: count('unsupported'),
      excluded: count('excluded'),
      error: count('error'),
    },
  }
}

/** A record in its canonical order of members. */
export function assembled(
  facts: RecordFacts & Pick<RunRecord, 'coverage' | 'baseline' | 'exchanges'>,
): RunRecord {
  const { baseline, cells, contract, coverage, exchanges, leftBehind, run, suite, target, waivers } = facts
  const { counts, ...conclusions } = concluded(facts)
  return {
    schemaVersion: SCHEMA_VERSION,
    ...conclusions,
    suite,
    contract,
    target,
    run,
    counts,
    coverage,
    leftBehind,
    waivers,
    ...(baseline !== undefined && { baseline }),
    cells,
    exchanges,
  }
}

/** Cells in plan order, whatever order their results came in. */
export function buildRecord(outcome: RunOutcome): RunRecord {
  const { contract, run } = outcome
  const results = new Map(
    outcome.reports.flatMap((report) => report.results.map((result) => [result.id, result])),
  )
  const exchanges = new Map(
    outcome.reports.flatMap((report) => report.exchanges.map((exchange) => [exchange.id, exchange])),
  )
  const apiSets = new Map(contract.operations.map(({ apiSet, id }) => [id, apiSet]))
  const recorded = outcome.cells.map((cell) =>
    recordCell(cell, results.get(cell.id) ?? unheard(cell), apiSets.get(cell.operation), outcome),
  )
  const { cells, waivers } = waive(recorded, outcome.waivers, run.startedAt)
  return assembled({
    suite: outcome.suite,
    contract: {
      release: contract.release,
      ...(contract.spec !== undefined && { spec: contract.spec }),
      sha256: contract.sha256,
    },
    target: outcome.target,
    run,
    coverage: coverageOf(
      outcome.contract,
      outcome.cells,
      new Set(cells.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail').map(({ id }) => id)),
      outcome.reports.flatMap(({ reach }) => reach ?? []),
    ),
    leftBehind: outcome.leftBehind,
    waivers,
    ...(outcome.baseline !== undefined && { baseline: baselineOf(cells, outcome.baseline) }),
    cells,
    exchanges: [...exchanges.values()],
  })
}
