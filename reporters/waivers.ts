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

/**
 * `unknown`: no cell of the plan has such an id. `unused`: all that it covers passed. `idle`: nothing that it
 * covers is bad, and some of that was not decided by this run.
 */
type WaiverState = 'applied' | 'idle' | 'expired' | 'unused' | 'unknown'

export interface WaiverReport extends Waiver {
  readonly state: WaiverState
  /** How many cells it excuses. */
  readonly waived: number
}

/** Whether the run fails for it. */
export const isFaulty = ({ state }: Pick<WaiverReport, 'state'>): boolean =>
  state === 'expired' || state === 'unused' || state === 'unknown'

/** Piece by piece from the left, which takes no longer however many `*` there are. */
function matcherOf(pattern: string): (id: string) => boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return (id) => id === pattern
  return (id) => {
    if (!id.startsWith(first) || !id.endsWith(last)) return false
    let at = first.length
    for (const piece of rest) {
      const found = id.indexOf(piece, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return at <= id.length - last.length
  }
}

/** Whether one of the patterns is the cell's. */
export function coverer({ cells }: Pick<Waiver, 'cells'>): (id: string) => boolean {
  const matchers = cells.map(matcherOf)
  return (id) => matchers.some((matches) => matches(id))
}

/** Whether the waiver's last day is over; `at` in ISO 8601. */
export const hasExpired = ({ expires }: Pick<Waiver, 'expires'>, at: string): boolean =>
  expires < at.slice(0, 'yyyy-mm-dd'.length)

/** Whether there is something to put up with. */
export const isBad = ({ verdict }: RecordedCell): boolean => verdict === 'fail' || verdict === 'inconclusive'

function stateOf(waiver: Waiver, own: readonly RecordedCell[], at: string): WaiverState {
  if (hasExpired(waiver, at)) return 'expired'
  if (own.length === 0) return 'unknown'
  if (own.some(isBad)) return 'applied'
  return own.every(({ verdict }) => verdict === 'pass') ? 'unused' : 'idle'
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
    const covers = coverer(waiver)
    const own = cells.filter(({ id }) => covers(id))
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
