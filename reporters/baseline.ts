/** New findings told from old ones, by an earlier record of the same suite. Pure. */
import type { Baseline, RecordedCell, RunRecord } from './record.js'

/** How bad a verdict is; those that are not bad at all are told from nothing. */
const BADNESS: Readonly<Partial<Record<RecordedCell['verdict'], number>>> = { inconclusive: 1, fail: 2 }

/** A failure that deviates in another way than it did is new. */
const isOld = (now: RecordedCell, then: RecordedCell | undefined): boolean => {
  const [is, was] = [BADNESS[now.verdict], then && BADNESS[then.verdict]]
  if (is === undefined || was === undefined || was < is) return false
  return now.verdict !== 'fail' || now.finding?.deviation === then?.finding?.deviation
}

export function baselineOf(cells: readonly RecordedCell[], earlier: RunRecord): Baseline {
  const before = new Map(earlier.cells.map((cell) => [cell.id, cell]))
  return {
    run: earlier.run.id,
    startedAt: earlier.run.startedAt,
    old: cells.filter((cell) => isOld(cell, before.get(cell.id))).map(({ id }) => id),
  }
}
