/** The readable end of a run, from its record. */
import type { Level } from '../suites/model.js'
import { type Coverage, DIMENSIONS, dimensions, fraction, missingInWords, totalsInWords } from './coverage.js'
import {
  deviationsInWords,
  digest,
  type Failure,
  FINDINGS,
  LEVELS,
  requester,
  restInWords,
  type Shared,
  toldBy,
  weights,
} from './findings.js'
import { matrixLines } from './matrix-picture.js'
import type { Finding, RunRecord, RunVerdict } from './record.js'
import {
  baselineInWords,
  certifyingInWords,
  contractInWords,
  countsInWords,
  durationInWords,
  measurements,
  proofInWords,
  proofsOf,
  reasons,
  targetInWords,
  VERDICT_GLYPHS,
  waiverInWords,
} from './summary.js'
import {
  coloured,
  indented,
  LABEL_WIDTH,
  labelled,
  type Paint,
  packed,
  plain,
  type Style,
  shortened,
  wrapped,
} from './terminal.js'
import { counted, singleLine } from './text.js'
import { isFaulty } from './waivers.js'

interface ConsoleOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly colour: boolean
  /** Paths of the reports that were written. */
  readonly reports: readonly string[]
}

const VERDICT_STYLES: Readonly<Record<RunVerdict, Style>> = {
  conformant: 'green',
  nonconformant: 'red',
  inconclusive: 'yellow',
  error: 'red',
}

const FULL_FINDINGS = 20
/** Of a block that many operations share. */
const SHARED_LINES: Readonly<Record<Level, number>> = { required: 12, advisory: 40 }
const FULL_REASONS = 10
const NAMED_CELLS = 3
const NAMED_OPERATIONS = 5
const NARROWEST = 40
/** Lines of a large terminal. */
const SCREEN = 50
/** Of an API set in a table; where there is less room, there is none. */
const NARROWEST_NAME = 20
/** The verdict, and what decides the exit code beside it. */
function headLines(record: RunRecord, width: number, paint: Paint): string[] {
  const { verdict } = record
  const head = `${VERDICT_GLYPHS[verdict]} ${verdict}`
  const [first = '', ...rest] = wrapped(`${head}: ${countsInWords(record)}`, width)
  const since = baselineInWords(record)
  return [
    paint(VERDICT_STYLES[verdict], head) + first.slice(head.length),
    ...rest.map((line) => `  ${line}`),
    ...(since === undefined ? [] : indented(since, width).map((line) => paint('bold', line))),
    ...faultyWaiverLines(record, width, paint),
  ]
}

function verdictLines(record: RunRecord, width: number, paint: Paint): string[] {
  const { run, suite } = record
  const facts: [string, string][] = [
    [
      'run',
      `${counted(run.requests, 'request')} in ${durationInWords(record)}${run.interrupted ? ', interrupted' : ''}${run.shard === null ? '' : `, shard ${run.shard.index} of ${run.shard.count}`}, mode ${run.mode}${run.matrix === 'grouped' ? ', grouped matrix' : ''}, seed ${run.seed}`,
    ],
    ['target', targetInWords(record)],
    ['contract', `${contractInWords(record)}, ${suite.name} ${suite.version}`],
  ]
  return [
    ...headLines(record, width, paint),
    ...facts.flatMap(([label, text]) => labelled(label, text, width)),
    ...indented(certifyingInWords(record), width),
  ]
}

const faultyWaiverLines = ({ waivers }: RunRecord, width: number, paint: Paint): string[] =>
  waivers.filter(isFaulty).flatMap((waiver) => {
    const [first = '', ...rest] = wrapped(`✗ this run fails: ${waiverInWords(waiver)}`, width - 4)
    return [`  ${paint('red', first)}`, ...rest.map((line) => `    ${line}`)]
  })

/** Every waiver, and what came of it. */
function waiverLines({ waivers }: RunRecord, width: number, paint: Paint): string[] {
  if (waivers.length === 0) return []
  return [
    paint('bold', 'Waivers'),
    ...waivers.flatMap(({ cells, expires, owner, reason, state, waived }) => [
      ...indented(
        `${state}, ${counted(waived, 'cell')} waived until ${expires} by ${owner}: ${reason}`,
        width,
      ),
      ...cells.map((pattern) => paint('dim', `    ${singleLine(pattern)}`)),
    ]),
  ]
}

/** What weighs nothing is not red. */
const headOf = (check: string, marks: readonly string[], paint: Paint): string =>
  marks.length === 0
    ? `${paint('red', '✗')} ${paint('bold', check)}`
    : `${paint('yellow', '✗')} ${paint('bold', check)} (${singleLine(marks.join(', '))})`

const clauseInWords = ({ source, text }: Finding['clause'], { contract }: RunRecord): string =>
  `${source} (release ${contract.release}): ${text}`

/** On one line, so that it can be copied. */
const replayLine = (replay: string): string => `  ${'replay'.padEnd(LABEL_WIDTH)}${singleLine(replay)}`

function findingLines(
  { cell, finding }: Failure,
  proof: string,
  record: RunRecord,
  width: number,
  paint: Paint,
): string[] {
  const { expected, observed, clause, replay } = finding
  const facts: [string, string][] = [
    ['expected', expected],
    ['observed', observed],
    ['clause', clauseInWords(clause, record)],
    ['evidence', proof],
  ]
  return [
    `${headOf(cell.check, weights(cell, record), paint)}  ${singleLine(`${cell.operation}  with ${requester(cell)}`)}`,
    ...facts.flatMap(([label, text]) => (text === '' ? [] : labelled(label, text, width))),
    replayLine(replay),
  ]
}

/** One line where it fits, else the request on a line of its own. */
function requestLines(request: string, observed: string, width: number): string[] {
  const line = singleLine(`  ${request}  ${observed}`)
  return line.length <= width
    ? [line]
    : [`  ${request}`, ...wrapped(observed, width - 6).map((rest) => `      ${rest}`)]
}

/** One block for what many operations share, with a line for each; `more` where others of it are told above. */
function sharedLines(
  shared: Shared,
  more: boolean,
  record: RunRecord,
  width: number,
  paint: Paint,
): string[] {
  const { check, clause, expected, level, lines, replay } = shared
  const who = shared.asker === '' ? '' : ` with ${shared.asker}`
  const facts: [string, string][] = [
    ['expected', expected],
    ['clause', clauseInWords(clause, record)],
  ]
  const rest = toldBy(lines.slice(SHARED_LINES[level]))
  const count = counted(toldBy(lines), more ? 'more finding' : 'finding')
  const terms = facts.flatMap(([label, text]) => (text === '' ? [] : labelled(label, text, width)))
  return [
    `${headOf(check, level === 'advisory' ? ['advisory'] : [], paint)}  ${count}${singleLine(who)}`,
    ...(more ? [] : [...terms, replayLine(replay)]),
    ...lines
      .slice(0, SHARED_LINES[level])
      .flatMap(({ observed, request }) => requestLines(singleLine(request), observed, width)),
    ...(rest > 0 ? [`  and ${rest} more in record.json`] : []),
  ]
}

function findingsLines(record: RunRecord, level: Level, width: number, paint: Paint): string[][] {
  const evidence = proofsOf(record)
  const findings = digest(record, level, FULL_FINDINGS)
  const rest = restInWords(findings)
  if (findings.all.length === 0) return []
  return [
    wrapped(`${FINDINGS[level]}: ${deviationsInWords(findings.all)}`, width).map((line) =>
      paint('bold', line),
    ),
    ...findings.checks.flatMap(({ full, shared }) => [
      ...full.map((failure) =>
        findingLines(failure, proofInWords(evidence(failure.cell)), record, width, paint),
      ),
      ...(shared === undefined ? [] : [sharedLines(shared, full.length > 0, record, width, paint)]),
    ]),
    ...(rest === '' ? [] : [wrapped(rest, width)]),
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
    return [
      ...indented(`${cells.length} × ${because}`, width, 2),
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

/** How long changes to keys took. */
function keyLifeLines(record: RunRecord, width: number, paint: Paint): string[] {
  const all = measurements(record)
  if (all.length === 0) return []
  const longest = Math.max(...all.map(({ what }) => what.length))
  const lines = all.map(({ took, what }) => `  ${singleLine(what).padEnd(longest)}  ${took}`)
  return [
    paint('bold', 'Key life'),
    ...(lines.every((line) => line.length <= width)
      ? lines
      : all.flatMap(({ took, what }) => [
          ...indented(what, width),
          ...indented(took, width - 2).map((line) => `  ${line}`),
        ])),
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
  return [
    paint('bold', 'Coverage'),
    ...indented(totalsInWords(coverage).join(', '), width),
    '',
    ...apiSetLines(coverage, width, paint),
    ...(missing.length + others.length === 0 ? [] : ['']),
    ...(missing.length === 0 ? [] : indented(`Not covered: ${counted(missing.length, 'operation')}`, width)),
    ...missing.slice(0, NAMED_OPERATIONS).map((id) => paint('dim', `    ${singleLine(id)}`)),
    ...(unnamed > 0 ? [`    and ${unnamed} more`] : []),
    ...(others === '' ? [] : indented(`Not covered: ${others}; record.json names them.`, width)),
  ]
}

function leftBehindLines({ leftBehind }: RunRecord, paint: Paint): string[] {
  if (leftBehind.length === 0) return []
  return [
    paint(
      'yellow',
      "! Left behind on the target; 'nvcf-conformance sweep' with the --out of the run removes it:",
    ),
    ...leftBehind.map((thing) => `    ${singleLine(thing)}`),
  ]
}

/** The end of a run as text, without a newline at its end. Colour adds nothing that the text does not say. */
export function renderConsole(record: RunRecord, { width, colour, reports }: ConsoleOptions): string {
  const room = Math.max(width, NARROWEST)
  const paint = colour ? coloured : plain
  const sections = [
    verdictLines(record, room, paint),
    ...LEVELS.flatMap((level) => findingsLines(record, level, room, paint)),
    waiverLines(record, room, paint),
    reasonLines(record, 'inconclusive', 'Inconclusive', room, paint),
    reasonLines(record, 'error', 'Errors of the suite', room, paint),
    keyLifeLines(record, room, paint),
    matrixLines(record, room, paint),
    coverageLines(record, room, paint),
    leftBehindLines(record, paint),
    reports.length === 0 ? [] : [paint('bold', 'Reports'), ...reports.map((path) => `  ${path}`)],
  ]
  const told = sections.filter((section) => section.length > 0)
  const lines = told.reduce((sum, section) => sum + section.length + 1, 0)
  // What has scrolled away is said again.
  if (lines > SCREEN) told.push(headLines(record, room, paint))
  return told.map((section) => section.join('\n')).join('\n\n')
}
