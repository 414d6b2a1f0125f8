/** What one record finds differently from an earlier one, cell by cell. Pure. */
import { grouped } from '../suites/group.js'
import type { Level, Verdict } from '../suites/model.js'
import { requester } from './findings.js'
import { code, inline, table } from './markdown-text.js'
import type { RecordedCell, RunRecord } from './record.js'
import { certifyingInWords, measurements } from './summary.js'
import { counted } from './text.js'

/** The records cannot be compared; the message says why. */
export class DiffError extends Error {
  override readonly name = 'DiffError'
}

/** How a cell may have changed. Each is told apart, so that nothing gets better by not being asked. */
const CHANGES = {
  'new-failure': 'New failures',
  'newly-undecided': 'Newly undecided',
  'no-longer-run': 'No longer run',
  vanished: 'Vanished from the plan',
  fixed: 'Fixed',
  'decided-again': 'Decided again',
  'newly-run': 'Newly run',
  appeared: 'New in the plan',
} as const
export type ChangeKind = keyof typeof CHANGES

const KINDS = Object.keys(CHANGES).filter((name): name is ChangeKind => name in CHANGES)

/** A cell that changed. */
export interface Change {
  readonly kind: ChangeKind
  readonly id: string
  readonly check: string
  readonly operation: string
  /** Who asked, and about whose. */
  readonly requester: string
  readonly level: Level
  /** Undefined where the record has no such cell. */
  readonly first?: Verdict
  readonly second?: Verdict
  /** Why it is as it is in the second record. */
  readonly observed?: string
  /** Whether a waiver of the second run covers it. */
  readonly waived: boolean
}

/** What is told of both runs, where it differs. */
interface Particular {
  readonly what: string
  readonly first: string
  readonly second: string
}

/** Medians of the cells of an API set that both records decided, in milliseconds. */
interface TimingShift {
  readonly apiSet: string
  readonly cells: number
  readonly firstMs: number
  readonly secondMs: number
}

export interface RecordDiff {
  readonly first: { readonly run: string; readonly startedAt: string; readonly verdict: string }
  readonly second: { readonly run: string; readonly startedAt: string; readonly verdict: string }
  readonly particulars: readonly Particular[]
  readonly changes: readonly Change[]
  /** Cells that failed in both, alike. */
  readonly stillFailing: number
  readonly timing: readonly TimingShift[]
  readonly keyLife: readonly Particular[]
}

const isDecided = (verdict: Verdict): boolean => verdict === 'pass' || verdict === 'fail'
const wasRun = (verdict: Verdict): boolean => verdict !== 'excluded' && verdict !== 'unsupported'

/** Undefined for a cell that is as it was. */
function kindOf(first: RecordedCell | undefined, second: RecordedCell | undefined): ChangeKind | undefined {
  if (second === undefined) return first === undefined ? undefined : 'vanished'
  const [was, is] = [first?.verdict, second.verdict]
  if (is === 'fail') {
    const alike = was === 'fail' && first?.finding?.deviation === second.finding?.deviation
    return alike ? undefined : 'new-failure'
  }
  const undecided = wasRun(is) && !isDecided(is)
  if (was === undefined) return undecided ? 'newly-undecided' : 'appeared'
  if (undecided) return isDecided(was) || !wasRun(was) ? 'newly-undecided' : undefined
  if (!wasRun(is)) return wasRun(was) ? 'no-longer-run' : undefined
  if (was === 'fail') return 'fixed'
  if (!wasRun(was)) return 'newly-run'
  return isDecided(was) ? undefined : 'decided-again'
}

function changeOf(first: RecordedCell | undefined, second: RecordedCell | undefined): Change[] {
  const kind = kindOf(first, second)
  const cell = second ?? first
  if (kind === undefined || cell === undefined) return []
  const observed = second?.finding?.observed ?? second?.because
  return [
    {
      kind,
      ...{ id: cell.id, check: cell.check, operation: cell.operation, requester: requester(cell) },
      level: cell.level,
      ...(first !== undefined && { first: first.verdict }),
      ...(second !== undefined && { second: second.verdict }),
      ...(observed !== undefined && { observed }),
      waived: second?.waived !== undefined,
    },
  ]
}

/** What a run was, by what it is called. */
const PARTICULARS: Readonly<Record<string, (record: RunRecord) => unknown>> = {
  verdict: ({ verdict }) => verdict,
  certifying: certifyingInWords,
  release: ({ contract }) => contract.release,
  'laid over it': ({ contract }) => contract.spec ?? 'nothing',
  'contract sha256': ({ contract }) => contract.sha256,
  suite: ({ suite }) =>
    `${suite.version}, commit ${suite.commit ?? 'unknown'}${suite.dirty ? ' and changes' : ''}`,
  gateway: ({ target }) => (target.embedded ? 'embedded' : target.gateway),
  domain: ({ target }) => target.domain,
  product: ({ target }) => Object.values(target.product ?? {}).join(', ') || 'unnamed',
  profile: ({ run }) => run.profile,
  mode: ({ run }) => run.mode,
  matrix: ({ run }) => run.matrix,
  seed: ({ run }) => run.seed,
  checks: ({ run }) => run.selection.checks.join(', ') || 'all',
  operations: ({ run }) => run.selection.operations.join(', ') || 'all',
  unsupported: ({ run }) => run.selection.unsupported.join(', ') || 'nothing',
  shard: ({ run }) => (run.shard === null ? 'none' : `${run.shard.index}/${run.shard.count}`),
}

const particularsOf = (first: RunRecord, second: RunRecord): Particular[] =>
  Object.entries(PARTICULARS)
    .map(([what, of]) => ({ what, first: String(of(first)), second: String(of(second)) }))
    .filter((one) => one.first !== one.second)

/** Smaller shifts are a matter of the network and of whoever else was busy. */
const LEAST_SHIFT_MS = 20
const LEAST_RATIO = 1.5
const LEAST_CELLS = 10

const median = (sorted: readonly number[]): number => {
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

function timingOf(pairs: readonly (readonly [RecordedCell, RecordedCell])[]): TimingShift[] {
  const decided = pairs.filter(([first, second]) =>
    [first, second].every(({ durationMs, verdict }) => isDecided(verdict) && durationMs > 0),
  )
  return [...grouped(decided, ([, { apiSet }]) => apiSet)].flatMap(([apiSet, own]) => {
    const of = (index: 0 | 1) => median(own.map((pair) => pair[index].durationMs).sort((a, b) => a - b))
    const [firstMs, secondMs] = [of(0), of(1)]
    const ratio = Math.max(firstMs, secondMs) / Math.min(firstMs, secondMs)
    const shifted = Math.abs(firstMs - secondMs) >= LEAST_SHIFT_MS && ratio >= LEAST_RATIO
    return shifted && own.length >= LEAST_CELLS ? [{ apiSet, cells: own.length, firstMs, secondMs }] : []
  })
}

function keyLifeOf(first: RunRecord, second: RunRecord): Particular[] {
  const [before, after] = [first, second].map(
    (record) => new Map(measurements(record).map(({ took, what }) => [what, took])),
  )
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
  return [...names]
    .map((what) => ({
      what,
      first: before?.get(what) ?? 'not measured',
      second: after?.get(what) ?? 'not measured',
    }))
    .filter((one) => one.first !== one.second)
}

/** Compares the second record with the first. Throws DiffError for records of different suites. */
export function diff(first: RunRecord, second: RunRecord): RecordDiff {
  if (first.suite.name !== second.suite.name)
    throw new DiffError(
      `The records are of different suites, ${first.suite.name} and ${second.suite.name}: their cells say different things. Give two of one suite.`,
    )
  const earlier = new Map(first.cells.map((cell) => [cell.id, cell]))
  const later = new Set(second.cells.map(({ id }) => id))
  const changes = [
    ...second.cells.flatMap((cell) => changeOf(earlier.get(cell.id), cell)),
    ...first.cells.filter(({ id }) => !later.has(id)).flatMap((cell) => changeOf(cell, undefined)),
  ]
  const pairs = second.cells.flatMap((cell) => {
    const before = earlier.get(cell.id)
    return before === undefined ? [] : [[before, cell] as const]
  })
  const failures = second.cells.filter(({ verdict }) => verdict === 'fail').length
  const of = ({ run, verdict }: RunRecord) => ({ run: run.id, startedAt: run.startedAt, verdict })
  return {
    first: of(first),
    second: of(second),
    particulars: particularsOf(first, second),
    changes: KINDS.flatMap((kind) => changes.filter((change) => change.kind === kind)),
    stillFailing: failures - changes.filter(({ kind }) => kind === 'new-failure').length,
    timing: timingOf(pairs),
    keyLife: keyLifeOf(first, second),
  }
}

/** Changes for the worse that count: of required cells, and not waived. */
export const worsened = ({ changes }: RecordDiff, kinds: readonly ChangeKind[]): readonly Change[] =>
  changes.filter(({ kind, level, waived }) => kinds.includes(kind) && level === 'required' && !waived)

/** Job pages are read by people; the rest is in the JSON. */
const FULL_ROWS = 100

function changeLines(kind: ChangeKind, changes: readonly Change[]): string[] {
  if (changes.length === 0) return []
  const rows = changes.slice(0, FULL_ROWS).map((change) => {
    const { check, first, level, observed, operation, requester: who, second, waived } = change
    const marks = [...(level === 'advisory' ? ['advisory'] : []), ...(waived ? ['waived'] : [])]
    return [
      `${code(check)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`,
      code(operation),
      inline(who),
      `${first ?? '-'} → ${second ?? '-'}`,
      inline(observed ?? ''),
    ]
  })
  const rest = changes.length - rows.length
  return [
    `## ${CHANGES[kind]} (${changes.length})`,
    '',
    ...table(['check', 'operation', 'asked with', 'verdict', 'observed'], rows),
    ...(rest > 0 ? ['', `and ${rest} more, which --json lists`] : []),
    '',
  ]
}

const particularLines = (title: string, rows: readonly Particular[]): string[] =>
  rows.length === 0
    ? []
    : [
        `## ${title}`,
        '',
        ...table(
          ['', 'first', 'second'],
          rows.map(({ first, second, what }) => [inline(what), inline(first), inline(second)]),
        ),
        '',
      ]

/** What changes the sense of every cell, said before all else. */
const LOUD: readonly string[] = ['release', 'laid over it', 'contract sha256', 'profile']

/** The comparison as a Markdown page. */
export function renderDiff(result: RecordDiff): string {
  const { changes, first, keyLife, particulars, second, stillFailing, timing } = result
  const count = (kind: ChangeKind) => changes.filter((change) => change.kind === kind).length
  const told = KINDS.filter((kind) => count(kind) > 0).map((kind) => {
    const words = CHANGES[kind].toLowerCase()
    return `${count(kind)} ${count(kind) === 1 ? words.replace('failures', 'failure') : words}`
  })
  const loud = particulars.filter(({ what }) => LOUD.includes(what)).map(({ what }) => what)
  const asked = ({ run, startedAt, verdict }: RecordDiff['first']) =>
    `run ${code(run)} of ${inline(startedAt)}, ${verdict}`
  return [
    '# What changed',
    '',
    `- first: ${asked(first)}`,
    `- second: ${asked(second)}`,
    '',
    ...(loud.length === 0
      ? []
      : [
          `**The runs differ in ${loud.join(', ')}: cells of one name may have asked for different things.**`,
          '',
        ]),
    `${told.length === 0 ? 'No cell changed' : told.join(', ')}; ${counted(stillFailing, 'cell')} still failing.`,
    '',
    ...KINDS.flatMap((kind) =>
      changeLines(
        kind,
        changes.filter((change) => change.kind === kind),
      ),
    ),
    ...particularLines(
      'Timing (medians of cells that both decided)',
      timing.map(({ apiSet, cells, firstMs, secondMs }) => ({
        what: `${apiSet}, ${counted(cells, 'cell')}`,
        first: `${firstMs.toFixed(0)} ms`,
        second: `${secondMs.toFixed(0)} ms`,
      })),
    ),
    ...particularLines('Key life', keyLife),
    ...particularLines('Particulars', particulars),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
