/** The failed cells of a record, at the length at which people read them. Pure. */
import { grouped } from '../suites/group.js'
import type { Level, PathForm } from '../suites/model.js'
import type { Deviation } from '../suites/verdict.js'
import { asker, type Finding, type RecordedCell, type RunRecord } from './record.js'
import { counted } from './text.js'

export interface Failure {
  readonly cell: RecordedCell
  readonly finding: Finding
}

/** New ones before those that the baseline knows, and those before what is waived. */
const urgency = (cell: RecordedCell, old: ReadonlySet<string>): number =>
  cell.waived !== undefined ? 2 : old.has(cell.id) ? 1 : 0

/** Failed cells of a level, the urgent ones first, those of one operation together. */
export function failures({ baseline, cells }: RunRecord, level: Level): Failure[] {
  const old = new Set(baseline?.old)
  const found = cells.flatMap((cell) =>
    cell.finding === undefined || cell.level !== level ? [] : [{ cell, finding: cell.finding }],
  )
  const byOperation = [...grouped(found, ({ cell }) => cell.operation).values()].flat()
  return byOperation.sort((a, b) => urgency(a.cell, old) - urgency(b.cell, old))
}

/** `advisory`, `known`, `waived by jane until 2027-03-31`: what takes weight from a finding. */
export function weights({ id, level, waived }: RecordedCell, { baseline }: RunRecord): string[] {
  return [
    ...(level === 'advisory' ? ['advisory'] : []),
    ...(baseline?.old.includes(id) === true ? ['known'] : []),
    ...(waived === undefined ? [] : [`waived by ${waived.owner} until ${waived.expires}`]),
  ]
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

/** What the request named, where that is not what the documents describe. */
const NAMED: Readonly<Partial<Record<PathForm, string>>> = {
  'other-owner': 'as another owner',
  'other-issuer': 'under another issuer',
  absent: 'naming nothing that exists',
}

/** Who asked, in which disguise, and about whose: `no credential, as another owner`. */
export function requester(cell: RecordedCell): string {
  const named = NAMED[cell.path]
  return named === undefined ? asker(cell) : `${asker(cell)}, ${named}`
}

/** Findings of one check are told one by one up to so many. */
const FEW = 3
/** Of a check with more of them; the others share a block. */
const FULL_OF_MANY: Readonly<Record<Level, number>> = { required: 2, advisory: 0 }

interface SharedLine {
  readonly request: string
  readonly observed: string
  /** How many findings it tells. */
  readonly count: number
}

/** The findings of one check, told as one. */
export interface Shared {
  readonly check: string
  readonly level: Level
  readonly clause: Finding['clause']
  /** Who asked, in all of them; empty where that differs. */
  readonly asker: string
  /** The same in all of them, else empty. */
  readonly expected: string
  /** Repeats them all. */
  readonly replay: string
  /** One for what was observed alike of an operation. */
  readonly lines: readonly SharedLine[]
}

interface OfCheck {
  readonly full: readonly Failure[]
  /** Those that are not told in full, where there are many. */
  readonly shared?: Shared
}

/** The findings of a level, told at the length at which they are read. */
export interface Digest {
  readonly all: readonly Failure[]
  readonly checks: readonly OfCheck[]
  /** How many of which check are left to the record. */
  readonly rest: ReadonlyMap<string, number>
}

/** How many findings the lines tell. */
export const toldBy = (lines: readonly SharedLine[]): number =>
  lines.reduce((sum, { count }) => sum + count, 0)

/** What all of them have in common; empty where they differ. */
const common = (texts: readonly string[]): string => (new Set(texts).size === 1 ? (texts[0] ?? '') : '')

function shared(found: readonly Failure[]): Shared | undefined {
  const [first] = found
  if (first === undefined) return undefined
  const { check, level, operation } = first.cell
  const who = common(found.map(({ cell }) => requester(cell)))
  const alike = grouped(found, ({ cell, finding }) => `${cell.operation}\n${finding.observed}`)
  return {
    check,
    level,
    clause: first.finding.clause,
    asker: who,
    expected: common(found.map(({ finding }) => finding.expected)),
    replay: first.finding.replay.replace(` --operation "${operation}"`, ''),
    lines: [...alike.values()].flatMap((own) =>
      own.slice(0, 1).map(({ cell, finding }) => {
        const others = own.length === 1 ? '' : ` and ${counted(own.length - 1, 'other')}`
        return {
          request: who === '' ? `${cell.operation} with ${requester(cell)}${others}` : cell.operation,
          observed: finding.observed,
          count: own.length,
        }
      }),
    ),
  }
}

/** At most `most` of them in full. */
export function digest(record: RunRecord, level: Level, most: number): Digest {
  const all = failures(record, level)
  const rest = new Map<string, number>()
  let room = most
  const checks = [...grouped(all, ({ cell }) => cell.check)].map(([check, found]): OfCheck => {
    const isMany = found.length > FEW
    const full = found.slice(0, Math.min(room, isMany ? FULL_OF_MANY[level] : FEW))
    room -= full.length
    const others = found.slice(full.length)
    const together = isMany ? shared(others) : undefined
    if (together !== undefined) return { full, shared: together }
    if (others.length > 0) rest.set(check, others.length)
    return { full }
  })
  return { all, checks, rest }
}

/** `and 3 more in record.json: 2 scope-denies, 1 response-status`; empty where there are none. */
export function restInWords({ rest }: Digest): string {
  const count = [...rest.values()].reduce((sum, one) => sum + one, 0)
  const named = [...rest].map(([check, own]) => `${own} ${check}`).join(', ')
  return count === 0 ? '' : `and ${count} more in record.json: ${named}`
}
