/** What a run is asked to put up with for a while, applied to its cells. Pure. */
import type { RecordedCell } from './record.js'

/** Why, on whose word and until when. */
export interface Waived {
  readonly reason: string
  readonly owner: string
  /** The last day on which it holds: `yyyy-mm-dd`, in UTC. */
  readonly expires: string
}

export interface Waiver extends Waived {
  /** Ids of cells, in which `*` stands for any characters. */
  readonly cells: readonly string[]
}

/** `unknown`: no cell of the plan has such an id. `idle`: none that it covers was run. */
type WaiverState = 'applied' | 'idle' | 'expired' | 'unused' | 'unknown'

export interface WaiverReport extends Waiver {
  readonly state: WaiverState
  /** How many cells it excuses. */
  readonly waived: number
}

/** Whether the run fails for it. */
export const isFaulty = ({ state }: WaiverReport): boolean =>
  state === 'expired' || state === 'unused' || state === 'unknown'

const matcherOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
    's',
  )

/** Whether one of the patterns is the cell's. */
export const covers = ({ cells }: Pick<Waiver, 'cells'>, id: string): boolean =>
  cells.some((pattern) => matcherOf(pattern).test(id))

const isBad = ({ verdict }: RecordedCell): boolean => verdict === 'fail' || verdict === 'inconclusive'
const wasRun = ({ verdict }: RecordedCell): boolean => verdict !== 'excluded' && verdict !== 'unsupported'

function stateOf(waiver: Waiver, own: readonly RecordedCell[], at: string): WaiverState {
  if (waiver.expires < at.slice(0, 'yyyy-mm-dd'.length)) return 'expired'
  if (own.length === 0) return 'unknown'
  if (own.some(isBad)) return 'applied'
  return own.every(wasRun) ? 'unused' : 'idle'
}

/** `at` is when the run began, in ISO 8601. The first waiver in force that covers a cell excuses it. */
export function waive(
  cells: readonly RecordedCell[],
  waivers: readonly Waiver[],
  at: string,
): { readonly cells: readonly RecordedCell[]; readonly waivers: readonly WaiverReport[] } {
  if (waivers.length === 0) return { cells, waivers: [] }
  const excuses = new Map<string, Waived>()
  const reports = waivers.map((waiver): WaiverReport => {
    const matchers = waiver.cells.map(matcherOf)
    const own = cells.filter(({ id }) => matchers.some((matcher) => matcher.test(id)))
    const state = stateOf(waiver, own, at)
    const { expires, owner, reason } = waiver
    const excused = state === 'applied' ? own.filter((cell) => isBad(cell) && !excuses.has(cell.id)) : []
    for (const { id } of excused) excuses.set(id, { reason, owner, expires })
    return { ...waiver, state, waived: excused.length }
  })
  return {
    cells: cells.map((cell) => {
      const { evidence, ...before } = cell
      const waived = excuses.get(cell.id)
      return waived === undefined ? cell : { ...before, waived, evidence }
    }),
    waivers: reports,
  }
}
