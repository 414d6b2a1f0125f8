/** The scope matrix as a picture: operations × credentials, folded by API set. Pure. */
import {
  asDocumentedInWords,
  columnIn,
  deviates,
  examined,
  folded,
  MARKS,
  type Mark,
  type MatrixRow,
  type MatrixSet,
  scopeMatrix,
  tallied,
} from '../matrix.js'
import type { RecordedCell, RunRecord } from '../record.js'
import { counted } from '../text.js'
import { andMore, type Budget } from './budget.js'
import { glyph } from './context.js'
import { breakable, html, type Markup, NOTHING, section, when } from './markup.js'

/** Columns that fit beside the operations on a wide screen; with more of them the picture scrolls. */
const FITTING_COLUMNS = 32

const sign = (mark: Mark, isWaived: boolean): Markup =>
  html`<span role="img" aria-label="${MARKS[mark].meaning}${isWaived ? ', waived' : ''}">${MARKS[mark].glyph}</span>`

/** Numbers of the cells in the page's data, by operation and column. */
type Places = ReadonlyMap<string, readonly number[]>
const placeOf = (operation: string, column: string): string => `${column}\n${operation}`

function placesOf(record: RunRecord, numbers: ReadonlyMap<RecordedCell, number>): Places {
  const places = new Map<string, number[]>()
  for (const [cell, number] of numbers) {
    const column = columnIn(record, cell)
    if (column === undefined) continue
    const place = placeOf(cell.operation, column)
    places.set(place, [...(places.get(place) ?? []), number])
  }
  return places
}

function rowMarkup(
  { marks, method, operation, path, waived }: MatrixRow,
  columns: readonly string[],
  places: Places,
): Markup {
  const cells = marks.map((mark, index) => {
    if (mark === undefined) return html`<td></td>`
    const behind = places.get(placeOf(operation, columns[index] ?? '')) ?? []
    const isWaived = waived[index] === true
    return html`<td class="${mark}${when(isWaived, html` waived`)}"${when(behind.length > 0, html` data-cells="${behind.join(' ')}"`)}>${sign(mark, isWaived)}</td>`
  })
  return html`<tr><th scope="row"><b>${method}</b> ${breakable(path)}</th>${cells}</tr>
`
}

/** An API set with the rows that are drawn, and those that are only counted. */
interface Drawn extends MatrixSet {
  readonly markup: readonly Markup[]
  readonly asDocumented: readonly MatrixRow[]
  readonly rest: number
}

function setMarkup(
  { asDocumented, markup, name, rest, rows }: Drawn,
  columns: readonly string[],
  isOpen: boolean,
): Markup {
  const tally = [...tallied(rows)].map(
    ([mark, count]) =>
      html`<span class="${mark}">${glyph(MARKS[mark].glyph)} ${count} <span class="hidden">${MARKS[mark].meaning}</span></span> `,
  )
  const isDeviating = rows.some(deviates)
  const more = markup.length > 0
  return html`<details class="api-set"${when(isOpen, html` open`)}><summary><h3>${name}</h3> <span class="size">${counted(rows.length, 'operation')}</span> ${tally}${when(isDeviating, html`<span class="tag deviates">deviates</span>`)}</summary>
${when(
  more,
  html`<table class="marks"><caption class="hidden">Scope matrix of ${name}</caption>
<thead><tr><th scope="col"><span>Operation</span></th>${columns.map((column) => html`<th scope="col"><span>${column}</span></th>`)}</tr></thead>
<tbody>
${markup}</tbody></table>
`,
)}${when(
  asDocumented.length > 0,
  html`<p class="rest">${asDocumentedInWords(asDocumented, more)}</p>
`,
)}${when(
  rest > 0,
  html`<p class="rest">and ${counted(rest, 'more operation')} in record.json</p>
`,
)}</details>
`
}

/** `numbers` are those of the cells in the page's data. */
export function matrixSection(
  record: RunRecord,
  budget: Budget,
  numbers: ReadonlyMap<RecordedCell, number>,
): Markup {
  const { leftOut, matrix } = examined(scopeMatrix(record))
  const { apiSets, columns } = matrix
  if (apiSets.length === 0) return NOTHING
  const places = placesOf(record, numbers)
  const markupOf = (row: MatrixRow) => rowMarkup(row, columns, places)
  const everyRow = apiSets.flatMap(({ rows }) => rows)
  // Where not all of them find room, those that are as documented are only counted.
  const isLarge = everyRow.reduce((bytes, row) => bytes + markupOf(row).bytes, 0) > budget.left
  const drawn = apiSets.flatMap((apiSet): Drawn[] => {
    const { asDocumented, rows } = folded(apiSet.rows, isLarge ? 0 : apiSet.rows.length)
    const empty = { ...apiSet, asDocumented, markup: [NOTHING], rest: rows.length }
    if (!budget.spend(setMarkup(empty, columns, true).bytes)) return []
    const found = budget.draw(rows, rows.length, markupOf)
    return [{ ...apiSet, asDocumented, markup: found.drawn, rest: found.rest }]
  })
  const isStriking = ({ rows }: MatrixSet) => rows.some((row) => folded([row], 0).rows.length > 0)
  const striking = new Set(drawn.filter(isStriking))
  const [first] = drawn
  if (striking.size === 0 && first !== undefined) striking.add(first)
  const legend = [...tallied(everyRow).keys()].map(
    (mark) => html`<li class="${mark}">${glyph(MARKS[mark].glyph)} ${MARKS[mark].meaning}</li>`,
  )
  return section(
    'matrix',
    'Scope matrix',
    html`<p>What each credential was let in to, and whether it should have been; blank where the documents say nothing.</p>
<ul class="legend" aria-label="Marks">${legend}</ul>
<div class="matrix${columns.length > FITTING_COLUMNS ? ' many' : ''}" role="group" aria-label="Scope matrix">
<div class="heads" aria-hidden="true"><span class="corner">Operation</span>${columns.map((column) => html`<span><span>${column}</span></span>`)}</div>
${drawn.map((apiSet) => setMarkup(apiSet, columns, striking.has(apiSet)))}</div>
${andMore(apiSets.length - drawn.length, 'API set')}${when(
  leftOut > 0,
  html`<p class="rest">and ${counted(leftOut, 'operation')} that this run left out</p>
`,
)}<div class="panel" id="matrix-panel" aria-live="polite" hidden></div>
`,
  )
}
