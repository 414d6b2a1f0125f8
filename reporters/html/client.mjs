// The page's script: evidence behind the marks of the matrix, a search of all cells, links to each of them.
// What the page says is there without it. It makes elements and texts, never markup.

/**
 * @typedef {object} Index Written by cell-index.ts; texts are meant by their number.
 * @property {[id: string, glyph: string, word: string][]} verdicts
 * @property {string[]} marks
 * @property {[id: string, title: string][]} checks
 * @property {[id: string, apiSet: string][]} operations
 * @property {string[]} texts
 * @property {number} total
 * @property {number[][]} cells
 *
 * @typedef {object} Cell
 * @property {string} id
 * @property {string} check
 * @property {string} title What holds when its check passes.
 * @property {string} operation
 * @property {string} apiSet
 * @property {string} asked Who asked, and how.
 * @property {string} scope
 * @property {string} verdict
 * @property {string} glyph
 * @property {string} word
 * @property {string[]} marks
 * @property {number} ms
 * @property {string} answered
 * @property {string} around
 * @property {string} observed
 * @property {string} expected
 * @property {string} waived
 */

/** Rows of the search that are drawn. */
const MOST_ROWS = 200
const COPIED_MS = 2000

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function byId(id, kind) {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new TypeError(`The page has no ${id}`)
  return found
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function make(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** @type {Index} */
const index = JSON.parse(byId('data', HTMLScriptElement).text)
const OWN_ID = 2 ** index.marks.length

/** @type {(row: number[]) => Cell} */
function cellOf(row) {
  const [check = 0, operation = 0, asked, scope, verdict = 0, marks = 0, ms = 0] = row
  const [, , , , , , , answered, around, observed, expected, rest, waived] = row
  const text = (/** @type {number | undefined} */ number) => index.texts[number ?? 0] ?? ''
  const [checkId = '', title = ''] = index.checks[check] ?? []
  const [operationId = '', apiSet = ''] = index.operations[operation] ?? []
  const [verdictId = '', glyph = '', word = ''] = index.verdicts[verdict] ?? []
  return {
    id: (marks & OWN_ID) > 0 ? text(rest) : `${checkId}::${operationId}::${text(rest)}`,
    check: checkId,
    title,
    operation: operationId,
    apiSet,
    asked: text(asked),
    scope: text(scope),
    verdict: verdictId,
    glyph,
    word,
    marks: index.marks.filter((_, bit) => (marks & (2 ** bit)) > 0),
    ms,
    answered: text(answered),
    around: text(around),
    observed: text(observed),
    expected: text(expected),
    waived: text(waived),
  }
}

const cells = index.cells.map(cellOf)
const fragmentOf = (/** @type {string} */ id) => `cell=${encodeURIComponent(id.toWellFormed())}`
const numbers = new Map(cells.map(({ id }, number) => [id.toWellFormed(), number]))

/** What was done, for those who do not see it. */
const said = make('p', { class: 'hidden', role: 'status' })
document.body.append(said)

/** May break behind its slashes. @type {(text: string) => (Node | string)[]} */
const breakable = (text) => text.split(/(?<=\S\/)/).flatMap((part) => [make('wbr', {}), part])

/** @type {(cell: Cell) => HTMLElement} */
const verdictOf = ({ glyph, marks, verdict, word }) =>
  make(
    'span',
    { class: `verdict ${verdict}` },
    make('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph),
    ` ${word}`,
    ...marks.flatMap((mark) => [' ', make('span', { class: `tag ${mark}` }, mark)]),
  )

/**
 * Everything known of a cell; `brief` is for the panel, where the reader is on its place.
 * @type {(cell: Cell, brief?: boolean) => HTMLElement}
 */
function evidenceOf(cell, brief = false) {
  const finding = document.getElementById(fragmentOf(cell.id))
  const shows = finding?.querySelector('.exchange') ?? null
  const links = [
    make('a', { href: `#${fragmentOf(cell.id)}` }, finding === null ? 'link to this cell' : 'the finding'),
    shows === null ? '; all its exchanges are in record.json' : ' shows its exchanges',
  ]
  /** @type {[name: string, value: Node | string][]} */
  const facts = [
    ['Operation', make('code', {}, ...breakable(cell.operation))],
    ['Credential', cell.asked],
    ['Documented', cell.expected || cell.title],
    ['Verdict', verdictOf(cell)],
    ['Answer', cell.answered && `${cell.answered}, ${cell.ms} ms`],
    [cell.verdict === 'fail' ? 'Observed' : 'Because', cell.observed],
    ['Around it', cell.around],
    ['Waived', cell.waived],
    ['Check', make('span', {}, make('code', {}, cell.check), brief ? '' : `: ${cell.title}`)],
    ['Cell', brief ? '' : make('code', {}, cell.id)],
    ['More', make('span', {}, ...links)],
  ]
  return make(
    'dl',
    { class: 'facts' },
    ...facts
      .filter(([, value]) => value !== '')
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
  )
}

// The scope matrix.

const HINT =
  'Point at a mark to see what is behind it, click to keep that here, or walk through the marks with the arrow keys.'
const panel = document.getElementById('matrix-panel')
const tables = [...document.querySelectorAll('table')].filter((table) => table.matches('.marks'))
const heads = document.querySelector('.heads')

/** @type {(place: HTMLTableCellElement | undefined) => void} */
function showPlace(place) {
  if (panel === null) return
  panel.classList.toggle('idle', place === undefined)
  for (const [number, column] of [...(heads?.children ?? [])].entries())
    column.classList.toggle('pointed', number > 0 && number === place?.cellIndex)
  if (place === undefined) return panel.replaceChildren(make('p', {}, HINT))
  const row = place.parentElement?.firstElementChild?.textContent ?? ''
  const column = heads?.children[place.cellIndex]?.textContent ?? ''
  const behind = (place.dataset.cells ?? '')
    .split(' ')
    .flatMap((number) => cells[Number(number || Number.NaN)] ?? [])
  const mark = place.querySelector('span')?.getAttribute('aria-label')
  const why =
    mark === null || mark === undefined
      ? 'the documents say nothing of this credential here.'
      : `${mark}; this page only counts cells as documented, record.json tells of each.`
  panel.replaceChildren(
    ...(behind.length > 0
      ? behind.map((cell) => evidenceOf(cell, true))
      : [make('p', {}, make('code', {}, row), ` with ${column}: ${why}`)]),
  )
}

/** @type {(target: EventTarget | null) => HTMLTableCellElement | undefined} */
function placeOf(target) {
  const place = target instanceof Element ? target.closest('td') : null
  return place?.closest('.marks') ? place : undefined
}

/**
 * The place that a key leads to; above and below a table stand those of the open tables next to it.
 * @type {(place: HTMLTableCellElement, key: string, far: boolean) => Element | undefined}
 */
function placeAfter(place, key, far) {
  const table = place.closest('table')
  const own = [...(table?.tBodies[0]?.rows ?? [])]
  const open = tables.filter(({ parentElement }) => parentElement?.hasAttribute('open'))
  const rows = open.flatMap(({ tBodies }) => [...(tBodies[0]?.rows ?? [])])
  const row = rows.findIndex(({ cells }) => [...cells].includes(place))
  const column = place.cellIndex
  const last = (rows[row]?.cells.length ?? 1) - 1
  /** @type {Record<string, Element | undefined>} */
  const leadsTo = {
    ArrowLeft: rows[row]?.cells[Math.max(1, column - 1)],
    ArrowRight: rows[row]?.cells[Math.min(last, column + 1)],
    ArrowUp: rows[row - 1]?.cells[column],
    ArrowDown: rows[row + 1]?.cells[column],
    Home: (far ? own[0] : rows[row])?.cells[1],
    End: (far ? own.at(-1) : rows[row])?.cells[last],
  }
  return leadsTo[key]
}

/** One place of each table is a stop of the tab key. */
function stopAt(/** @type {HTMLTableCellElement} */ place) {
  for (const stop of place.closest('table')?.querySelectorAll('td[tabindex="0"]') ?? [])
    stop.setAttribute('tabindex', '-1')
  place.tabIndex = 0
}

/** What a click keeps in the panel, wherever the pointer goes. @type {HTMLTableCellElement | undefined} */
let kept
/** Where the pointer was last: what scrolls away under it is not pointed at. */
let pointer = ''

addEventListener('pointermove', ({ screenX, screenY, target }) => {
  const moved = `${screenX} ${screenY}` !== pointer
  pointer = `${screenX} ${screenY}`
  const place = placeOf(target)
  if (moved && kept === undefined && place !== undefined) showPlace(place)
})

for (const table of tables) {
  table.setAttribute('role', 'grid')
  const places = [...table.querySelectorAll('td')]
  for (const place of places) place.tabIndex = -1
  const first = places.find(({ className }) => className !== '')
  if (first !== undefined) first.tabIndex = 0
  table.addEventListener('click', ({ target }) => {
    kept = placeOf(target)
  })
  table.addEventListener('focusin', ({ target }) => {
    const place = placeOf(target)
    if (place === undefined) return
    kept = undefined
    stopAt(place)
    showPlace(place)
    // The panel lies over the lower end of what is scrolled.
    const covered = place.getBoundingClientRect().bottom - (panel?.getBoundingClientRect().top ?? Infinity)
    if (covered > 0) scrollBy(0, covered + 4)
  })
  table.addEventListener('keydown', (event) => {
    const place = placeOf(event.target)
    if (place === undefined) return
    if (event.key === 'Escape') {
      kept = undefined
      return showPlace(undefined)
    }
    const [number] = (place.dataset.cells ?? '').split(' ')
    const cell = cells[Number(number || Number.NaN)]
    if (event.key === 'Enter' && cell !== undefined) {
      event.preventDefault()
      location.hash = fragmentOf(cell.id)
    }
    const next = placeAfter(place, event.key, event.ctrlKey)
    if (!(next instanceof HTMLElement)) return
    event.preventDefault()
    next.focus()
  })
}
if (panel !== null) {
  panel.hidden = false
  showPlace(undefined)
}

// The search of all cells.

const selected = byId('selected', HTMLElement)
const form = byId('filter', HTMLFormElement)
const rows = byId('rows', HTMLTableSectionElement)

/** @type {(label: string, control: HTMLElement) => void} */
const labelled = (label, control) => form.append(make('label', {}, label, control))

/** @type {(value: string, text: string) => HTMLElement} */
const option = (value, text) => make('option', { value }, text)

/** @type {(name: string, label: string, options: HTMLElement[]) => HTMLSelectElement} */
function choice(name, label, options) {
  const select = make('select', { name }, option('', 'any'), ...options)
  labelled(label, select)
  return select
}

/** @type {(all: string[]) => string[]} */
const inUse = (all) => [...new Set(all)].filter((one) => one !== '')

const words = make('input', { name: 'q', type: 'search', autocomplete: 'off', spellcheck: 'false' })
labelled('Search', words)

const apiSets = inUse(cells.map(({ apiSet }) => apiSet))
const operationIn = choice(
  'operation',
  'Operation',
  apiSets.map((apiSet) =>
    make(
      'optgroup',
      { label: apiSet },
      ...index.operations.filter(([id, own]) => own === apiSet && id !== '').map(([id]) => option(id, id)),
    ),
  ),
)
const scopeIn = choice(
  'scope',
  'Scope',
  inUse(cells.map(({ scope }) => scope)).map((scope) => option(scope, scope)),
)
const checkIn = choice(
  'check',
  'Check',
  index.checks.flatMap(([id]) => (id === '' ? [] : option(id, id))),
)
const verdictIn = choice(
  'verdict',
  'Verdict',
  index.verdicts.map(([id, glyph, word]) => option(id, `${glyph} ${word}`)),
)
const markIn = choice(
  'mark',
  'Marked',
  inUse(cells.flatMap(({ marks }) => marks)).map((mark) => option(mark, mark)),
)
if (markIn.options.length === 1) markIn.parentElement?.remove()
form.append(make('button', { type: 'reset' }, 'Clear'))

const fields = [words, operationIn, scopeIn, checkIn, verdictIn, markIn]
const haystacks = cells.map(({ answered, asked, id, observed, word }) =>
  `${id} ${asked} ${answered} ${word} ${observed}`.toLowerCase(),
)

/** @type {(cell: Cell, number: number) => boolean} */
const isWanted = (cell, number) =>
  [
    [operationIn.value, cell.operation],
    [scopeIn.value, cell.scope],
    [checkIn.value, cell.check],
    [verdictIn.value, cell.verdict],
  ].every(([wanted, own]) => wanted === '' || wanted === own) &&
  (markIn.value === '' || cell.marks.includes(markIn.value)) &&
  words.value
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystacks[number]?.includes(word))

/** @type {(cell: Cell) => HTMLElement} */
function rowOf(cell) {
  const about = `, ${cell.check}, ${cell.operation} with ${cell.asked}`
  const button = make(
    'button',
    { type: 'button', 'aria-expanded': 'false' },
    verdictOf(cell),
    make('span', { class: 'hidden' }, about),
  )
  const row = make(
    'tr',
    {},
    make('td', { class: 'verdict' }, button),
    make('td', { class: 'check' }, make('code', {}, cell.check)),
    make('td', { class: 'text' }, make('code', {}, ...breakable(cell.operation))),
    make('td', { class: 'text' }, cell.asked),
    make('td', {}, cell.answered),
    make('td', { class: 'number' }, String(cell.ms)),
  )
  button.addEventListener('click', () => {
    const isOpen = button.getAttribute('aria-expanded') === 'true'
    button.setAttribute('aria-expanded', String(!isOpen))
    if (isOpen) row.nextElementSibling?.remove()
    else row.after(make('tr', { class: 'evidence' }, make('td', { colspan: '6' }, evidenceOf(cell))))
  })
  return row
}

/** What needs reading stands before what is well. */
const URGENT = ['fail', 'error', 'inconclusive']
const urgency = (/** @type {Cell} */ { verdict }) =>
  URGENT.includes(verdict) ? URGENT.indexOf(verdict) : URGENT.length

function search() {
  const found = cells.filter(isWanted).sort((a, b) => urgency(a) - urgency(b))
  rows.replaceChildren(...found.slice(0, MOST_ROWS).map(rowOf))
  const hidden = index.total - cells.length
  byId('found', HTMLElement).textContent =
    `${found.length} of ${index.total} cells${hidden > 0 ? `, of which ${hidden} passed and are not listed here` : ''}`
  byId('more', HTMLElement).textContent =
    found.length > MOST_ROWS ? `and ${found.length - MOST_ROWS} more` : ''
  markScrollers()
}

/** Keeps the search in the address, where it can be linked. */
function remember() {
  const filled = fields.filter(({ value }) => value !== '').map(({ name, value }) => [name, value])
  const query = new URLSearchParams(filled).toString()
  history.replaceState(null, '', query === '' ? location.href.split('#')[0] : `#${query}`)
}

form.addEventListener('submit', (event) => event.preventDefault())
form.addEventListener('input', () => {
  remember()
  search()
})
form.addEventListener('reset', (event) => {
  event.preventDefault()
  for (const field of fields) field.value = ''
  remember()
  search()
})

// Links to cells and searches.

/** @type {(id: string) => void} */
function showCell(id) {
  const finding = document.getElementById(fragmentOf(id))
  if (finding instanceof HTMLDetailsElement) {
    for (let around = finding.parentElement; around !== null; around = around.parentElement)
      if (around instanceof HTMLDetailsElement) around.open = true
    finding.open = true
    finding.scrollIntoView()
    finding.querySelector('summary')?.focus({ preventScroll: true })
    return
  }
  const cell = cells[numbers.get(id.toWellFormed()) ?? -1]
  selected.replaceChildren(
    cell === undefined ? make('p', {}, `This page lists no cell ${id}; record.json may.`) : evidenceOf(cell),
  )
  selected.hidden = false
  selected.scrollIntoView()
  selected.focus({ preventScroll: true })
}

selected.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return
  selected.hidden = true
  words.focus()
})

/** Follows the address to a cell or a search; other fragments are headings, and the browser's own. */
function follow() {
  const wanted = new URLSearchParams(location.hash.slice(1))
  const id = wanted.get('cell')
  if (id !== null) return showCell(id)
  if (!fields.some(({ name }) => wanted.has(name))) return
  for (const field of fields) field.value = wanted.get(field.name) ?? ''
  search()
  byId('cells', HTMLElement).scrollIntoView()
}

// What is left to do once: links, copying, printing, scrolling.

for (const place of document.querySelectorAll('[data-link]')) {
  const link = make('a', { href: `#${place.getAttribute('data-link')}` })
  link.append(...place.childNodes)
  place.replaceChildren(link)
}

/** @type {(source: Element) => Promise<void>} */
async function copy(source) {
  const text = source.textContent ?? ''
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Pages from disk are not trusted with the clipboard everywhere; what is selected can be copied all the same.
    getSelection()?.selectAllChildren(source)
    document.execCommand('copy')
  }
}

for (const source of document.querySelectorAll('.copyable')) {
  const button = make('button', { type: 'button', 'aria-label': 'Copy the command' }, 'Copy')
  button.addEventListener('click', async () => {
    await copy(source)
    button.textContent = 'Copied'
    said.textContent = 'Copied the command'
    setTimeout(() => {
      button.textContent = 'Copy'
      said.textContent = ''
    }, COPIED_MS)
  })
  source.after(button)
}

/** What scrolls can be reached with the tab key. */
function markScrollers() {
  for (const part of document.querySelectorAll('.scroll, .matrix, pre')) {
    if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight)
      part.setAttribute('tabindex', '0')
    else part.removeAttribute('tabindex')
  }
}
addEventListener('resize', markScrollers)
// What was folded had no size.
document.addEventListener('toggle', markScrollers, { capture: true })

/** @type {HTMLDetailsElement[]} */
let unfolded = []
addEventListener('beforeprint', () => {
  unfolded = [...document.querySelectorAll('details')].filter(({ open }) => !open)
  for (const part of unfolded) part.open = true
})
addEventListener('afterprint', () => {
  for (const part of unfolded) part.open = false
})

byId('explorer', HTMLElement).hidden = false
search()
// Until the page has loaded, the browser itself goes to what the address names, and takes the focus there.
addEventListener('load', () => setTimeout(follow))
addEventListener('hashchange', follow)
