/**
 * The scope matrix on a terminal: a table where all columns fit beside a readable path; elsewhere the whole
 * path of each operation that has something to tell, with its marks below.
 */
import { grouped } from '../suites/group.js'
import {
  asDocumentedInWords,
  deviates,
  examined,
  folded,
  MARKS,
  type Mark,
  type MatrixRow,
  type MatrixSet,
  type ScopeMatrix,
  scopeMatrix,
  tallied,
} from './matrix.js'
import type { RunRecord } from './record.js'
import { indented, type Paint, packed, type Style, shortenedPath, wrappedPath } from './terminal.js'
import { counted, singleLine } from './text.js'

const MARK_STYLES: Readonly<Record<Mark, Style>> = {
  granted: 'green',
  denied: 'dim',
  'denied-together': 'dim',
  'not-run': 'dim',
  inconclusive: 'yellow',
  error: 'red',
  'refused-otherwise': 'red',
  'under-granted': 'red',
  'over-granted': 'red',
}

/** In front of a row that deviates. */
const POINTER = '>'
/** API sets with more rows do not show those that are as documented. */
const READ_ONE_BY_ONE = 12
/** What a row of the table needs to be told by. */
const NARROWEST_LABEL = 28
const METHOD_WIDTH = 7
/** Of a mark and the space before it. */
const MARK_WIDTH = 2
/** In front of a row, and of what stands below its path. */
const INDENT = 2
const DEEP_INDENT = 4

/** An API set, with the rows that are shown and those that are only counted. */
interface Folded extends MatrixSet {
  readonly asDocumented: readonly MatrixRow[]
}

const foldedSets = ({ apiSets }: ScopeMatrix, readOneByOne: number): Folded[] =>
  apiSets.map(({ name, rows }) => ({ name, ...folded(rows, readOneByOne) }))

const pointerOf = (row: MatrixRow): string => (deviates(row) ? POINTER : '').padEnd(INDENT)

/** Marks from left to right, each behind a space, and blanks where the documents say nothing. */
const glyphsOf = (marks: MatrixRow['marks'], paint: Paint): string =>
  marks
    .map((mark) => ` ${mark === undefined ? ' ' : paint(MARK_STYLES[mark], MARKS[mark].glyph)}`)
    .join('')
    .trimEnd()

/** An API set: a line where all of it is folded, else its name, its rows, and how many more there are. */
function setLines(
  { asDocumented, name, rows }: Folded,
  linesOf: (row: MatrixRow) => readonly string[],
  width: number,
  paint: Paint,
): string[] {
  const title = singleLine(name)
  if (rows.length === 0)
    return indented(`${title}: ${asDocumentedInWords(asDocumented, false)}`, width, INDENT)
  return [
    ...indented(title, width).map((line) => paint('bold', line)),
    ...rows.flatMap(linesOf),
    ...(asDocumented.length === 0 ? [] : indented(asDocumentedInWords(asDocumented, true), width, INDENT)),
  ]
}

/** Column numbers, read downwards. */
function numberLines(columns: number, indent: number): string[] {
  const digits = String(columns).length
  return Array.from({ length: digits }, (_line, digit) => {
    const figures = Array.from(
      { length: columns },
      (_column, index) => ` ${String(index + 1).padStart(digits)[digit] ?? ' '}`,
    )
    return ' '.repeat(indent) + figures.join('')
  })
}

/** Heads of whole segments, longest first, each before as many whole segments of the end as still fit. */
function cutsOf(path: string, room: number): string[] {
  const segments = path.replaceAll(/\{[^}]*\}/g, '{}').split(/(?=\/)/)
  return segments
    .map((_segment, kept) => {
      const head = `${segments.slice(0, kept).join('')}…`
      const tails = segments.map((_first, from) => segments.slice(from).join(''))
      const tail = tails.slice(kept + 1).find((end) => head.length + end.length <= room)
      return tail === undefined ? [] : [head + tail]
    })
    .reverse()
    .flat()
}

/** What each path is called in a table: no two alike. Paths that no cut tells apart are left out. */
function labelsOf(paths: readonly string[], room: number): ReadonlyMap<string, string> {
  const byLabel = grouped([...new Set(paths)], (path) => shortenedPath(path, room))
  const labels = new Map([...byLabel].flatMap(([label, own]) => own.map((path) => [path, label] as const)))
  for (const alike of byLabel.values()) {
    if (alike.length === 1) continue
    for (const path of alike) labels.delete(path)
    for (const path of alike) {
      const taken = new Set(labels.values())
      const others = new Set(paths.filter((other) => other !== path).flatMap((other) => cutsOf(other, room)))
      const cut = cutsOf(path, room).find((label) => !taken.has(label) && !others.has(label))
      if (cut !== undefined) labels.set(path, cut)
    }
  }
  return labels
}

/** A row of the table; below its whole path where it has no label. */
function rowLines(row: MatrixRow, path: string | undefined, room: number, width: number, paint: Paint) {
  const head = pointerOf(row) + singleLine(row.method).padEnd(METHOD_WIDTH)
  const marks = glyphsOf(row.marks, paint)
  if (path !== undefined) return [head + path.padEnd(room) + marks]
  const [first = '', ...rest] = wrappedPath(singleLine(row.path), width - head.length)
  return [head + first, ...[...rest, ' '.repeat(room) + marks].map((line) => ' '.repeat(head.length) + line)]
}

/** The path whole, and below it the marks, each line of them behind the number of its first column. */
function tallRow(row: MatrixRow, width: number, paint: Paint): string[] {
  const digits = String(row.marks.length).length
  const fitting = Math.floor((width - DEEP_INDENT - digits) / MARK_WIDTH)
  const perLine = Math.max(1, fitting - (fitting >= 10 ? fitting % 10 : 0))
  const head = `${singleLine(row.method)} ${singleLine(row.path)}`
  const [first = '', ...rest] = wrappedPath(head, width - DEEP_INDENT)
  const lines = Array.from({ length: Math.ceil(row.marks.length / perLine) }, (_, index) => ({
    from: index * perLine,
    marks: row.marks.slice(index * perLine, (index + 1) * perLine),
  }))
  return [
    pointerOf(row) + first,
    ...rest.map((line) => ' '.repeat(DEEP_INDENT) + line),
    ...lines
      .filter(({ marks }) => marks.some((mark) => mark !== undefined))
      .map(({ from, marks }) => {
        const number = String(from + 1).padStart(DEEP_INDENT + digits)
        return paint('dim', number) + glyphsOf(marks, paint)
      }),
  ]
}

/** The table, where it fits. */
function tableLines(matrix: ScopeMatrix, width: number, paint: Paint): Picture | undefined {
  const sets = foldedSets(matrix, READ_ONE_BY_ONE)
  const rows = sets.flatMap((set) => set.rows)
  const longest = METHOD_WIDTH + rows.reduce((most, { path }) => Math.max(most, path.length), 0)
  const label = Math.min(longest, width - INDENT - matrix.columns.length * MARK_WIDTH)
  if (label < Math.min(longest, NARROWEST_LABEL)) return undefined
  const room = label - METHOD_WIDTH
  const labels = labelsOf(
    rows.map(({ path }) => singleLine(path)),
    room,
  )
  const linesOf = (row: MatrixRow) => rowLines(row, labels.get(singleLine(row.path)), room, width, paint)
  return {
    rows,
    lines: [
      ...(rows.length === 0 ? [] : numberLines(matrix.columns.length, INDENT + label)),
      ...sets.flatMap((set) => setLines(set, linesOf, width, paint)),
    ],
  }
}

function tallLines(matrix: ScopeMatrix, width: number, paint: Paint): Picture {
  const sets = foldedSets(matrix, 0)
  return {
    rows: sets.flatMap((set) => set.rows),
    lines: sets.flatMap((set) => setLines(set, (row) => tallRow(row, width, paint), width, paint)),
  }
}

interface Picture {
  /** Those whose marks are shown. */
  readonly rows: readonly MatrixRow[]
  readonly lines: readonly string[]
}

/** What the numbers of columns and the glyphs that are shown stand for. */
function legendLines(rows: readonly MatrixRow[], columns: readonly string[], width: number): string[] {
  if (rows.length === 0) return []
  const glyphs = [...tallied(rows).keys()].map((mark) => `${MARKS[mark].glyph} ${MARKS[mark].meaning}`)
  return [
    '',
    ...packed(
      columns.map((column, index) => `${index + 1} ${singleLine(column)}`),
      width,
    ),
    ...packed([...glyphs, ...(rows.some(deviates) ? [`${POINTER} not as documented`] : [])], width),
  ]
}

/** No line is longer than the width, which is 40 or more. */
export function matrixLines(record: RunRecord, width: number, paint: Paint): string[] {
  const { matrix, leftOut } = examined(scopeMatrix(record))
  if (matrix.apiSets.length === 0) return []
  const { lines, rows } = tableLines(matrix, width, paint) ?? tallLines(matrix, width, paint)
  return [
    paint('bold', 'Scope matrix'),
    ...lines,
    ...(leftOut > 0 ? indented(`and ${counted(leftOut, 'operation')} that this run left out`, width) : []),
    ...legendLines(rows, matrix.columns, width),
  ]
}
