/** What keeps the page small, however large its record: parts are drawn while there is room for them. Pure. */
import { counted } from '../text.js'
import { html, type Markup, NOTHING, when } from './markup.js'

export class Budget {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  get left(): number {
    return this.#left
  }

  /** Whether there is room; it is then spent. */
  spend(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  /** Items from the first one on, as long as there is room, at most `most`; `rest` is how many are left. */
  draw<Item>(
    items: readonly Item[],
    most: number,
    of: (item: Item) => Markup,
  ): { readonly drawn: readonly Markup[]; readonly rest: number } {
    const drawn: Markup[] = []
    for (const item of items.slice(0, most)) {
      const markup = of(item)
      if (!this.spend(markup.bytes)) break
      drawn.push(markup)
    }
    return { drawn, rest: items.length - drawn.length }
  }
}

/** `and 3 more reasons in record.json`. */
export const andMore = (rest: number, noun: string): Markup =>
  rest === 0
    ? NOTHING
    : html`<p class="rest">and ${counted(rest, `more ${noun}`)} in record.json</p>
`

interface Column {
  readonly title: string | Markup
  /** Whether it holds numbers, which stand to the right. */
  readonly numeric?: boolean
}

/** Where the screen is too narrow for a row, each cell says what it tells. */
const titled = (column: Column | undefined): Markup =>
  typeof column?.title === 'string' ? html` data-title="${column.title}"` : NOTHING

interface Listing<Item> {
  /** What the table is called where it cannot be seen. */
  readonly caption: string
  readonly columns: readonly Column[]
  readonly items: readonly Item[]
  /** What one item is called. */
  readonly noun: string
  /** One for each column; the first heads the row. */
  readonly cells: (item: Item) => readonly (string | number | Markup)[]
}

/** More rows than this are looked up rather than read. */
const MOST_ROWS = 200

/** A table of as many items as there is room for; it scrolls where it is too wide. Nothing for no items. */
export function listing<Item>(
  budget: Budget,
  { caption, cells, columns, items, noun }: Listing<Item>,
): Markup {
  const kind = (index: number) => when(columns[index]?.numeric === true, html` class="number"`)
  const { drawn, rest } = budget.draw(items, MOST_ROWS, (item) => {
    const [first = '', ...others] = cells(item)
    return html`<tr><th scope="row">${first}</th>${others.map((cell, index) => html`<td${kind(index + 1)}${titled(columns[index + 1])}>${cell}</td>`)}</tr>
`
  })
  const heads = columns.map(({ title }, index) => html`<th scope="col"${kind(index)}>${title}</th>`)
  if (items.length === 0) return NOTHING
  return html`<div class="scroll" role="group" aria-label="${caption}"><table class="plain">
<thead><tr>${heads}</tr></thead>
<tbody>
${drawn}</tbody></table></div>
${andMore(rest, noun)}`
}
