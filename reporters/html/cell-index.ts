/** The cells as data for the page's script: texts are told once and meant by their number. Pure. */
import { CHECKS } from '../../suites/checks/index.js'
import { VERDICTS, type Verdict } from '../../suites/model.js'
import { requester } from '../findings.js'
import type { RecordedCell } from '../record.js'
import { COUNTED_AS, type Proof, proofInWords, tookInWords } from '../summary.js'
import type { Budget } from './budget.js'
import { type Context, GLYPHS, marksOf } from './context.js'
import { answeredInWords } from './exchanges.js'
import { waivedInWords } from './finding-list.js'
import { cut, Markup } from './markup.js'

/** Bits of a cell's marks; the last says that its id is not made of its check, its operation and a rest. */
const MARKS = ['advisory', 'new', 'old', 'waived'] as const
const OWN_ID = 2 ** MARKS.length

/** Characters of a text in the data. */
const LONGEST = 600
/** Steps of a story that are told. */
const STEPS = 8

/** Texts, each with a number. The first is the empty one. */
class Dictionary {
  readonly texts: string[] = []
  readonly #numbers = new Map<string, number>()
  /** Bytes of the texts in the data. */
  bytes = 0

  constructor() {
    this.numberOf('')
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.texts.push(text) - 1
    this.#numbers.set(text, number)
    this.bytes += Buffer.byteLength(inScript(text)) + 1
    return number
  }
}

/** JSON that no HTML parser reads as anything but text. */
const inScript = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** What stands around the answer of a cell, the steps of its story, and what was measured. */
function around(cell: RecordedCell, proofs: readonly Proof[]): string {
  const steps = proofs.filter(({ role }) => role === 'step')
  const told = steps
    .slice(0, STEPS)
    .map(({ seen, shows }) => shows ?? `${seen.response?.status ?? 'no answer'}`)
  const { measured } = cell
  return [
    proofInWords(proofs),
    ...told,
    ...(steps.length > STEPS ? [`and ${steps.length - STEPS} more steps`] : []),
    ...(measured === undefined ? [] : [`${measured.what}: ${tookInWords([measured])}`]),
  ]
    .filter((part) => part !== '')
    .join('; ')
}

interface Index {
  readonly json: Markup
  /** Numbers of the cells that are in it. */
  readonly numbers: ReadonlyMap<RecordedCell, number>
}

/** As many of the cells, from the first one on, as there is room for. */
function indexOf(context: Context, cells: readonly RecordedCell[], room: number): Index {
  const texts = new Dictionary()
  const operations = new Dictionary()
  const apiSets = new Map<number, string>()
  const checks = new Dictionary()
  const rows: string[] = []
  const numbers = new Map<RecordedCell, number>()
  let bytes = 0
  for (const cell of cells) {
    const proofs = context.proofs(cell)
    const own = marksOf(context, cell)
    const prefix = `${cell.check}::${cell.operation}::`
    const isRegular = cell.id.startsWith(prefix)
    const marks = MARKS.reduce(
      (bits, mark, bit) => bits + (own.includes(mark) ? 2 ** bit : 0),
      isRegular ? 0 : OWN_ID,
    )
    const text = (value: string) => texts.numberOf(cut(value, LONGEST))
    const operation = operations.numberOf(cell.operation)
    apiSets.set(operation, cell.apiSet)
    const row = JSON.stringify([
      checks.numberOf(cell.check),
      operation,
      text(requester(cell)),
      text(cell.scope ?? ''),
      VERDICTS.indexOf(cell.verdict),
      marks,
      cell.durationMs,
      text(answeredInWords(proofs)),
      text(around(cell, proofs)),
      text(cell.finding?.observed ?? cell.because ?? ''),
      text(cell.finding?.expected ?? ''),
      texts.numberOf(isRegular ? cell.id.slice(prefix.length) : cell.id),
      ...(cell.waived === undefined ? [] : [text(waivedInWords(cell.waived))]),
    ])
    bytes += row.length + 1
    if (bytes + texts.bytes + operations.bytes + checks.bytes > room) break
    numbers.set(cell, rows.push(row) - 1)
  }
  const titles = new Map(CHECKS.map(({ id, title }) => [id, title]))
  const verdictWords = (verdict: Verdict) => [verdict, GLYPHS[verdict], COUNTED_AS[verdict]]
  const members: readonly (readonly [string, string])[] = [
    ['verdicts', inScript(VERDICTS.map(verdictWords))],
    ['marks', inScript(MARKS)],
    ['checks', inScript(checks.texts.map((id) => [id, titles.get(id) ?? '']))],
    ['operations', inScript(operations.texts.map((id, number) => [id, apiSets.get(number) ?? '']))],
    ['texts', inScript(texts.texts)],
    ['total', String(context.record.cells.length)],
    ['cells', `[${rows.join(',\n')}]`],
  ]
  return {
    json: new Markup(`{${members.map(([name, value]) => `"${name}":${value}`).join(',\n')}}`),
    numbers,
  }
}

/** All cells where there is room for them, else those that did not pass. */
export function cellIndex(context: Context, budget: Budget): Index {
  const { cells } = context.record
  const all = indexOf(context, cells, budget.left)
  if (all.numbers.size === cells.length) return all
  return indexOf(
    context,
    cells.filter(({ verdict }) => verdict !== 'pass'),
    budget.left,
  )
}
