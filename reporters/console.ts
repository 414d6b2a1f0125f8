/** The readable end of a run, from its record. */
import { styleText } from 'node:util'
import { type Coverage, DIMENSIONS, dimensions, fraction, missingInWords, totalsInWords } from './coverage.js'
import {
  examined,
  folded,
  MARKS,
  type Mark,
  type MatrixRow,
  type ScopeMatrix,
  scopeMatrix,
} from './matrix.js'
import type { RunRecord, RunVerdict } from './record.js'
import {
  certifyingInWords,
  contractInWords,
  countsInWords,
  durationInWords,
  type Failure,
  failures,
  proofInWords,
  proofsOf,
  reasons,
  targetInWords,
  VERDICT_GLYPHS,
} from './summary.js'
import { counted, singleLine } from './text.js'

interface ConsoleOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly colour: boolean
  /** Paths of the reports that were written. */
  readonly reports: readonly string[]
}

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold'
type Paint = (style: Style, text: string) => string

/** The caller has decided on colour; Node's own guess about standard output stays out of it. */
const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })
const plain: Paint = (_style, text) => text

const VERDICT_STYLES: Readonly<Record<RunVerdict, Style>> = {
  conformant: 'green',
  nonconformant: 'red',
  inconclusive: 'yellow',
  error: 'red',
}

const MARK_STYLES: Readonly<Record<Mark, Style>> = {
  granted: 'green',
  denied: 'dim',
  'not-denied': 'red',
  'not-granted': 'red',
  inconclusive: 'yellow',
  'not-run': 'dim',
  error: 'red',
}

const FULL_FINDINGS = 20
const FULL_REASONS = 10
const NAMED_CELLS = 3
const NAMED_OPERATIONS = 5
const NARROWEST = 40
/** What a row needs to be told by. */
const NARROWEST_LABEL = 30
/** Of an API set in a table; where there is less room, there is none. */
const NARROWEST_NAME = 20
const LABEL_WIDTH = 10
const METHOD_WIDTH = 7
/** In place of the paths of rows that are shown as one. */
const ALIKE = 'operations alike'
/** Of a mark and the space before it. */
const MARK_WIDTH = 2

/** Lines of whole words; a word longer than the width keeps a line of its own, so that it can be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of singleLine(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `  label     text`, with the lines after the first under the text. */
const labelled = (label: string, text: string, width: number): string[] =>
  wrapped(text, width - LABEL_WIDTH - 2).map(
    (line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`,
  )

/** Items kept whole, as many on a line as fit. */
function packed(items: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 2 + item.length <= width)
      lines[lines.length - 1] = `${last}  ${item}`
    else lines.push(`  ${item}`)
  }
  return lines
}

/** The text with its middle left out where it is too long. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text
  const kept = Math.max(width - 1, 2)
  const head = Math.ceil(kept / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (kept - head))}`
}

/** Names of path parameters go before anything that tells one path from another. */
const shortenedPath = (path: string, width: number): string =>
  path.length <= width ? path : shortened(path.replaceAll(/\{[^}]*\}/g, '{}'), width)

function verdictLines(record: RunRecord, width: number, paint: Paint): string[] {
  const { verdict, run, suite } = record
  const head = `${VERDICT_GLYPHS[verdict]} ${verdict}`
  const [first = '', ...rest] = wrapped(`${head}: ${countsInWords(record)}`, width)
  const facts: [string, string][] = [
    [
      'run',
      `${counted(run.requests, 'request')} in ${durationInWords(record)}${run.interrupted ? ', interrupted' : ''}, mode ${run.mode}, seed ${run.seed}`,
    ],
    ['target', targetInWords(record)],
    ['contract', `${contractInWords(record)}, ${suite.name} ${suite.version}`],
  ]
  return [
    paint(VERDICT_STYLES[verdict], head) + first.slice(head.length),
    ...rest.map((line) => `  ${line}`),
    ...facts.flatMap(([label, text]) => labelled(label, text, width)),
    ...wrapped(certifyingInWords(record), width - 2).map((line) => `  ${line}`),
  ]
}

function findingLines(
  { cell, finding }: Failure,
  proof: string,
  record: RunRecord,
  width: number,
  paint: Paint,
): string[] {
  const { expected, observed, clause, replay } = finding
  const advisory = cell.level === 'advisory' ? ' (advisory)' : ''
  const glyph = paint(cell.level === 'advisory' ? 'yellow' : 'red', '✗')
  const facts: [string, string][] = [
    ['expected', expected],
    ['observed', observed],
    ['clause', `${clause.source} (release ${record.contract.release}): ${clause.text}`],
    ['evidence', proof],
  ]
  return [
    `${glyph} ${paint('bold', cell.check)}${advisory}  ${singleLine(`${cell.operation}  with ${cell.credential}`)}`,
    ...facts.flatMap(([label, text]) => (text === '' ? [] : labelled(label, text, width))),
    `  ${'replay'.padEnd(LABEL_WIDTH)}${singleLine(replay)}`,
  ]
}

function findingsLines(record: RunRecord, width: number, paint: Paint): string[][] {
  const all = failures(record)
  const evidence = proofsOf(record)
  const full = all.slice(0, FULL_FINDINGS)
  const rest = all.length - full.length
  return [
    ...full.map((failure) =>
      findingLines(failure, proofInWords(evidence(failure.cell)), record, width, paint),
    ),
    ...(rest > 0 ? [[`and ${rest} more in record.json`]] : []),
  ]
}

/** The undecided, by reason, so that one cause reads as one. */
function reasonLines(
  record: RunRecord,
  verdict: 'inconclusive' | 'error',
  title: string,
  width: number,
  paint: Paint,
): string[] {
  const all = reasons(record, verdict)
  if (all.length === 0) return []
  const told = all.slice(0, FULL_REASONS).flatMap(({ because, cells }) => {
    const named = cells.slice(0, NAMED_CELLS).map(({ id }) => `    ${singleLine(id)}`)
    const unnamed = cells.length - named.length
    const lines = wrapped(`${cells.length} × ${because}`, width - 4)
    return [
      ...lines.map((line, index) => `${index === 0 ? '  ' : '    '}${line}`),
      ...named.map((line) => paint('dim', line)),
      ...(unnamed > 0 ? [`    and ${unnamed} more`] : []),
    ]
  })
  const rest = all.length - FULL_REASONS
  return [
    paint('bold', title),
    ...told,
    ...(rest > 0 ? [`  and ${counted(rest, 'more reason')} in record.json`] : []),
  ]
}

/** Column numbers, read downwards. */
function numberLines(columns: readonly number[], indent: number): string[] {
  const digits = String(Math.max(...columns)).length
  return Array.from({ length: digits }, (_, line) => {
    const figures = columns.map((column) => ` ${String(column).padStart(digits)[line] ?? ' '}`)
    return ' '.repeat(indent) + figures.join('')
  })
}

function rowLine(
  { method, path, marks }: MatrixRow,
  columns: readonly number[],
  label: number,
  paint: Paint,
): string {
  const glyphs = columns.map((column) => {
    const mark = marks[column - 1]
    return ` ${mark === undefined ? ' ' : paint(MARK_STYLES[mark], MARKS[mark].glyph)}`
  })
  const room = label - METHOD_WIDTH
  const name = singleLine(method).padEnd(METHOD_WIDTH) + shortenedPath(singleLine(path), room).padEnd(room)
  return `  ${name}${glyphs.join('')}`.trimEnd()
}

/** Rows that are alike, as one. */
function alikeLines(
  alike: readonly MatrixRow[],
  { columns, label }: Block,
  width: number,
  paint: Paint,
): string[] {
  const [first] = alike
  if (first === undefined) return []
  if (first.marks.includes('granted')) {
    return [rowLine({ ...first, method: `${alike.length} ×`, path: ALIKE }, columns, label, paint)]
  }
  const text = `${alike.length} operations, denied as documented to every credential tried`
  return wrapped(text, width - 2).map((line) => `  ${line}`)
}

interface Block {
  readonly columns: readonly number[]
  /** Columns of the terminal for what names a row. */
  readonly label: number
}

/** As many columns side by side as leave room for a readable path; the others below. */
function blocks(matrix: ScopeMatrix, width: number): Block[] {
  const paths = matrix.apiSets.flatMap(({ rows }) => folded(rows).rows.map(({ path }) => path.length))
  const longest = METHOD_WIDTH + Math.max(ALIKE.length, ...paths)
  const perBlock = Math.max(1, Math.floor((width - 2 - Math.min(longest, NARROWEST_LABEL)) / MARK_WIDTH))
  const numbers = matrix.columns.map((_, index) => index + 1)
  return Array.from({ length: Math.ceil(numbers.length / perBlock) }, (_, block) => {
    const columns = numbers.slice(block * perBlock, (block + 1) * perBlock)
    return { columns, label: Math.min(longest, width - 2 - columns.length * MARK_WIDTH) }
  })
}

function matrixLines(record: RunRecord, width: number, paint: Paint): string[] {
  const { matrix, leftOut } = examined(scopeMatrix(record))
  if (matrix.apiSets.length === 0) return []
  const used = new Set(matrix.apiSets.flatMap(({ rows }) => rows.flatMap(({ marks }) => marks)))
  const glyphs = Object.entries(MARKS).filter(([mark]) => [...used].some((seen) => seen === mark))
  return [
    paint('bold', 'Scope matrix'),
    ...blocks(matrix, width).flatMap((block) => [
      ...numberLines(block.columns, block.label + 2),
      ...matrix.apiSets.flatMap((apiSet) => {
        const { rows, alike } = folded(apiSet.rows)
        return [
          `  ${paint('bold', singleLine(apiSet.name))}`,
          ...rows.map((row) => rowLine(row, block.columns, block.label, paint)),
          ...alikeLines(alike, block, width, paint),
        ]
      }),
    ]),
    ...(leftOut > 0 ? [`  and ${counted(leftOut, 'operation')} that this run left out`] : []),
    '',
    ...packed(
      matrix.columns.map((column, index) => `${index + 1} ${singleLine(column)}`),
      width,
    ),
    ...packed(
      glyphs.map(([, { glyph, meaning }]) => `${glyph} ${meaning}`),
      width,
    ),
  ]
}

/** What is counted of each API set: a table where it fits, else lists. */
function apiSetLines({ apiSets }: Coverage, width: number, paint: Paint): string[] {
  const names = apiSets.map(({ name }) => singleLine(name))
  const columns = dimensions.map((dimension) => {
    const [head, unit] = `${DIMENSIONS[dimension]}s`.split(' ')
    const heads = unit === undefined ? ['', head ?? ''] : [head ?? '', unit]
    const column = [...heads, ...apiSets.map((apiSet) => fraction(apiSet[dimension]))]
    const widest = Math.max(...column.map((text) => text.length))
    return column.map((text) => `  ${text.padStart(widest)}`)
  })
  const taken = columns.reduce((sum, [text = '']) => sum + text.length, 2)
  const longest = Math.max(...names.map((name) => name.length))
  const label = Math.min(longest, width - taken)
  if (label >= Math.min(longest, NARROWEST_NAME)) {
    return ['', '', ...names].map(
      (name, line) =>
        `  ${shortened(name, label).padEnd(label)}${columns.map((column) => column[line] ?? '').join('')}`,
    )
  }
  return apiSets.flatMap((apiSet, index) => [
    `  ${paint('bold', names[index] ?? '')}`,
    ...packed(
      dimensions
        .filter((dimension) => apiSet[dimension].total > 0)
        .map((dimension) => `${fraction(apiSet[dimension])} ${DIMENSIONS[dimension]}s`),
      width - 2,
    ).map((line) => `  ${line}`),
  ])
}

function coverageLines({ coverage }: RunRecord, width: number, paint: Paint): string[] {
  if (coverage.operations.total === 0) return []
  const { missing } = coverage.operations
  const others = missingInWords(coverage)
  const unnamed = missing.length - NAMED_OPERATIONS
  const indented = (text: string) => wrapped(text, width - 2).map((line) => `  ${line}`)
  return [
    paint('bold', 'Coverage'),
    ...indented(totalsInWords(coverage).join(', ')),
    '',
    ...apiSetLines(coverage, width, paint),
    ...(missing.length + others.length === 0 ? [] : ['']),
    ...(missing.length === 0 ? [] : indented(`Not covered: ${counted(missing.length, 'operation')}`)),
    ...missing.slice(0, NAMED_OPERATIONS).map((id) => paint('dim', `    ${singleLine(id)}`)),
    ...(unnamed > 0 ? [`    and ${unnamed} more`] : []),
    ...(others === '' ? [] : indented(`Not covered: ${others}; record.json names them.`)),
  ]
}

function leftBehindLines({ leftBehind }: RunRecord, paint: Paint): string[] {
  if (leftBehind.length === 0) return []
  return [
    paint('yellow', "! Left behind on the target; 'nvcf-conformance sweep' removes it:"),
    ...leftBehind.map((thing) => `    ${singleLine(thing)}`),
  ]
}

/** The end of a run as text, without a newline at its end. Colour adds nothing that the text does not say. */
export function renderConsole(record: RunRecord, { width, colour, reports }: ConsoleOptions): string {
  const room = Math.max(width, NARROWEST)
  const paint = colour ? coloured : plain
  const sections = [
    verdictLines(record, room, paint),
    ...findingsLines(record, room, paint),
    reasonLines(record, 'inconclusive', 'Inconclusive', room, paint),
    reasonLines(record, 'error', 'Errors of the suite', room, paint),
    matrixLines(record, room, paint),
    coverageLines(record, room, paint),
    leftBehindLines(record, paint),
    reports.length === 0 ? [] : [paint('bold', 'Reports'), ...reports.map((path) => `  ${path}`)],
  ]
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')
}
