/** The failed cells of a record, at the length at which people read them. Pure. */
import { grouped } from '../suites/group.js'
import type { Level } from '../suites/model.js'
import type { Deviation } from '../suites/verdict.js'
import { asker, type Finding, type RecordedCell, type RunRecord } from './record.js'

export interface Failure {
  readonly cell: RecordedCell
  readonly finding: Finding
}

/** Failed cells of a level, those of one operation together. */
export function failures({ cells }: RunRecord, level: Level): Failure[] {
  const found = cells.flatMap((cell) =>
    cell.finding === undefined || cell.level !== level ? [] : [{ cell, finding: cell.finding }],
  )
  return [...grouped(found, ({ cell }) => cell.operation).values()].flat()
}

const DEVIATIONS: Readonly<Record<Deviation, string>> = {
  'over-grant': 'over-granted',
  'under-grant': 'under-granted',
  other: 'otherwise than documented',
}
const DEVIATION_ORDER: readonly Deviation[] = ['over-grant', 'under-grant', 'other']

/** `3 over-granted, 1 under-granted`. */
export const deviationsInWords = (found: readonly Failure[]): string =>
  DEVIATION_ORDER.map((deviation) => ({
    deviation,
    count: found.filter(({ finding }) => finding.deviation === deviation).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ count, deviation }) => `${count} ${DEVIATIONS[deviation]}`)
    .join(', ')

/** What the findings of a level are called, with required ones first. */
export const FINDINGS: Readonly<Record<Level, string>> = {
  required: 'Findings',
  advisory: 'Advisory findings',
}
export const LEVELS: readonly Level[] = ['required', 'advisory']

/** Of one check; more of them are not told one by one. */
const FULL_OF_CHECK: Readonly<Record<Level, number>> = { required: 12, advisory: 3 }

/** The findings of one check, told as one. */
export interface Shared {
  readonly check: string
  readonly clause: Finding['clause']
  /** Who asked, in all of them; empty where that differs. */
  readonly asker: string
  /** The same in all of them, else empty. */
  readonly expected: string
  /** Repeats them all. */
  readonly replay: string
  readonly lines: readonly { readonly request: string; readonly observed: string }[]
}

/** The findings of a level, told at the length at which they are read. */
export interface Digest {
  readonly all: readonly Failure[]
  readonly full: readonly Failure[]
  /** Advice that many operations share. */
  readonly shared: readonly Shared[]
  /** How many of which check are left to the record. */
  readonly rest: ReadonlyMap<string, number>
}

/** What all of them have in common; empty where they differ. */
const common = (texts: readonly string[]): string => (new Set(texts).size === 1 ? (texts[0] ?? '') : '')

function shared(check: string, found: readonly Failure[]): Shared[] {
  const [first] = found
  if (first === undefined) return []
  const who = common(found.map(({ cell }) => asker(cell)))
  return [
    {
      check,
      clause: first.finding.clause,
      asker: who,
      expected: common(found.map(({ finding }) => finding.expected)),
      replay: first.finding.replay.replace(` --operation "${first.cell.operation}"`, ''),
      lines: found.map(({ cell, finding }) => ({
        request: who === '' ? `${cell.operation} with ${asker(cell)}` : cell.operation,
        observed: finding.observed,
      })),
    },
  ]
}

/** At most `most` of them in full. */
export function digest(record: RunRecord, level: Level, most: number): Digest {
  const all = failures(record, level)
  const byCheck = grouped(all, ({ cell }) => cell.check)
  const few = FULL_OF_CHECK[level]
  const isShared = (check: string) => level === 'advisory' && (byCheck.get(check)?.length ?? 0) > few
  const first = new Set(
    [...byCheck].flatMap(([check, found]) => (isShared(check) ? [] : found.slice(0, few))),
  )
  const full = all.filter((failure) => first.has(failure)).slice(0, most)
  const told = new Set(full)
  const left = all.filter((failure) => !told.has(failure) && !isShared(failure.cell.check))
  return {
    all,
    full,
    shared: [...byCheck].flatMap(([check, found]) => (isShared(check) ? shared(check, found) : [])),
    rest: new Map([...grouped(left, ({ cell }) => cell.check)].map(([check, { length }]) => [check, length])),
  }
}

/** `and 13 more in record.json: 12 scope-denies, 1 response-status`; empty where there are none. */
export function restInWords({ rest }: Digest): string {
  const count = [...rest.values()].reduce((sum, one) => sum + one, 0)
  const named = [...rest].map(([check, own]) => `${own} ${check}`).join(', ')
  return count === 0 ? '' : `and ${count} more in record.json: ${named}`
}
