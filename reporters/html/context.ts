/** What the parts of the page share. Pure. */
import type { Verdict } from '../../suites/model.js'
import type { RecordedCell, RunRecord } from '../record.js'
import { COUNTED_AS, type Proof, proofsOf } from '../summary.js'
import type { Budget } from './budget.js'
import { html, type Markup } from './markup.js'

/** Whether a cell that failed or was not decided did so in the earlier run; undefined where nothing compares. */
type Age = 'new' | 'old'

export interface Context {
  readonly record: RunRecord
  /** For everything but the scope matrix, the findings and the data of the explorer. */
  readonly budget: Budget
  readonly proofs: (cell: RecordedCell) => readonly Proof[]
  readonly age: (cell: RecordedCell) => Age | undefined
}

export function contextOf(record: RunRecord, budget: Budget): Context {
  const { baseline } = record
  const old = new Set(baseline?.old)
  const isOpen = ({ verdict }: RecordedCell) => verdict === 'fail' || verdict === 'inconclusive'
  return {
    record,
    budget,
    proofs: proofsOf(record),
    age: (cell) => (baseline === undefined || !isOpen(cell) ? undefined : old.has(cell.id) ? 'old' : 'new'),
  }
}

/** Each told apart without colour. */
export const GLYPHS: Readonly<Record<Verdict, string>> = {
  pass: '✔',
  fail: '✗',
  inconclusive: '?',
  unsupported: '∅',
  excluded: '-',
  error: '!',
}

/** A sign beside words that say the same. */
export const glyph = (sign: string): Markup => html`<span class="glyph" aria-hidden="true">${sign}</span>`

export const verdictInWords = (verdict: Verdict): Markup =>
  html`<span class="verdict ${verdict}">${glyph(GLYPHS[verdict])} ${COUNTED_AS[verdict]}</span>`

/** What is to be known of a failed or undecided cell before its verdict is read. */
export const marksOf = ({ age }: Context, cell: RecordedCell): string[] => [
  ...(cell.level === 'advisory' ? ['advisory'] : []),
  ...(cell.waived === undefined ? [] : ['waived']),
  ...[age(cell)].filter((one) => one !== undefined),
]

export const tags = (marks: readonly string[]): readonly Markup[] =>
  marks.map((mark) => html` <span class="tag ${mark}">${mark}</span>`)
