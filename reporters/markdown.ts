/** A summary for the page of a CI job, from the record: GitHub-flavoured Markdown. */

import { grouped } from '../suites/group.js'
import { type Level, VERDICTS } from '../suites/model.js'
import { DIMENSIONS, dimensions, fraction, missingInWords, totalsInWords } from './coverage.js'
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
import { code, inline, table } from './markdown-text.js'
import { asDocumentedInWords, examined, folded, MARKS, scopeMatrix, tallied } from './matrix.js'
import type { RecordedCell, RunRecord } from './record.js'
import {
  baselineInWords,
  COUNTED_AS,
  certifyingInWords,
  contractInWords,
  countsInWords,
  durationInWords,
  measurements,
  type Proof,
  proofInWords,
  proofsOf,
  ROLES,
  reasons,
  targetInWords,
  VERDICT_GLYPHS,
  waiverInWords,
} from './summary.js'
import { counted, inSeconds, singleLine } from './text.js'
import { isFaulty } from './waivers.js'

/** Job pages refuse long summaries: GitHub's limit is 1 MiB. */
const FULL_FINDINGS = 50
const FULL_REASONS = 20
/** Of a proof; a course of many steps is read at its ends. */
const FIRST_EXCHANGES = 6
const LAST_EXCHANGES = 4
const FULL_BODY = 1000
const NAMED_OPERATIONS = 50
const SHARED_ROWS = 100
/** API sets with more rows do not show those that are as documented. */
const FULL_ROWS = 100

/** A fenced block that its content cannot end. */
function fenced(language: string, text: string): string[] {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  const lines = text.split(/\r\n|\r|\n/).map((line) => singleLine(line))
  return [`${fence}${language}`, ...lines, fence]
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, '', ...lines, '']

function message(first: string, headers: Readonly<Record<string, string>>, body: string | undefined): string {
  const cut =
    (body?.length ?? 0) > FULL_BODY ? `${body?.slice(0, FULL_BODY)}… (the rest is in record.json)` : body
  const lines = [first, ...Object.entries(headers).map(([name, value]) => singleLine(`${name}: ${value}`))]
  return [...lines, ...(cut === undefined || cut === '' ? [] : ['', cut])].join('\n')
}

function exchangeLines({ role, seen }: Proof): string[] {
  const { attempts, credential, request, response, silence } = seen
  const tries = attempts > 1 ? `, sent ${attempts} times` : ''
  const answer =
    response === undefined
      ? [`No answer: ${inline(silence ?? 'unknown')}`]
      : fenced('http', message(String(response.status), response.headers, response.body))
  return [
    `**${ROLES[role]}**, ${inline(credential)}${tries}`,
    '',
    ...fenced('http', message(`${request.method} ${request.url}`, request.headers, request.body)),
    '',
    ...answer,
    '',
  ]
}

const headOf = (check: string, marks: readonly string[]): string =>
  `${code(check)}${marks.length === 0 ? '' : ` (${inline(marks.join(', '))})`}`

function findingLines({ cell, finding }: Failure, proofs: readonly Proof[], record: RunRecord): string[] {
  const proof = proofInWords(proofs)
  const { expected, observed, clause, replay } = finding
  const hidden = proofs.length - FIRST_EXCHANGES - LAST_EXCHANGES
  return [
    '<details>',
    `<summary>✗ ${headOf(cell.check, weights(cell, record))} ${inline(cell.operation)} with ${inline(requester(cell))}: ${inline(observed)}</summary>`,
    '',
    `- expected: ${inline(expected)}`,
    `- observed: ${inline(observed)}`,
    `- clause: ${inline(`${clause.source}: ${clause.text}`)}`,
    ...(proof === '' ? [] : [`- evidence: ${inline(proof)}`]),
    `- cell: ${code(cell.id)}`,
    '',
    ...fenced('sh', singleLine(replay)),
    '',
    ...proofs.slice(0, FIRST_EXCHANGES).flatMap(exchangeLines),
    ...(hidden > 0 ? [`and ${counted(hidden, 'exchange')} in record.json, then:`, ''] : []),
    ...proofs.slice(Math.max(FIRST_EXCHANGES, proofs.length - LAST_EXCHANGES)).flatMap(exchangeLines),
    '</details>',
    '',
  ]
}

/** One block for what many operations share, with a row for each; `more` where others of it are told above. */
function sharedLines(shared: Shared, more: boolean): string[] {
  const { check, clause, expected, level, lines, replay, asker: who } = shared
  const rest = toldBy(lines.slice(SHARED_ROWS))
  const count = counted(toldBy(lines), more ? 'more finding' : 'finding')
  const asked = who === '' ? '' : ` with ${inline(who)}`
  return [
    '<details>',
    `<summary>✗ ${headOf(check, level === 'advisory' ? ['advisory'] : [])} ${count}${asked}</summary>`,
    '',
    ...(expected === '' ? [] : [`- expected: ${inline(expected)}`]),
    `- clause: ${inline(`${clause.source}: ${clause.text}`)}`,
    '',
    ...fenced('sh', singleLine(replay)),
    '',
    ...table(
      ['request', 'observed'],
      lines.slice(0, SHARED_ROWS).map(({ observed, request }) => [code(request), inline(observed)]),
    ),
    ...(rest > 0 ? ['', `and ${rest} more in record.json`] : []),
    '',
    '</details>',
    '',
  ]
}

function findingsLines(record: RunRecord, level: Level): string[] {
  const findings = digest(record, level, FULL_FINDINGS)
  const evidence = proofsOf(record)
  const rest = restInWords(findings)
  if (findings.all.length === 0) return []
  return [
    `${deviationsInWords(findings.all)}.`,
    '',
    ...findings.checks.flatMap(({ full, shared }) => [
      ...full.flatMap((failure) => findingLines(failure, evidence(failure.cell), record)),
      ...(shared === undefined ? [] : sharedLines(shared, full.length > 0)),
    ]),
    ...(rest === '' ? [] : [inline(rest)]),
  ]
}

function checksTable({ cells }: RunRecord): string[] {
  const count = (own: readonly RecordedCell[]) =>
    VERDICTS.map((wanted) => String(own.filter(({ verdict }) => verdict === wanted).length))
  const rows = [...grouped(cells, ({ check }) => check)].map(([check, own]) => [
    code(check),
    own[0]?.level ?? '',
    ...count(own),
  ])
  return table(
    ['check', 'level', ...VERDICTS.map((verdict) => COUNTED_AS[verdict])],
    [...rows, ['all', '', ...count(cells)]],
  )
}

function reasonsTable(record: RunRecord): string[] {
  const rows = (['inconclusive', 'error'] as const).flatMap((verdict) =>
    reasons(record, verdict).map(({ because, cells }) => [
      verdict,
      String(cells.length),
      inline(because),
      code(cells[0]?.id ?? ''),
    ]),
  )
  const rest = rows.length - FULL_REASONS
  return [
    ...(rows.length === 0
      ? []
      : table(['verdict', 'cells', 'because', 'first of them'], rows.slice(0, FULL_REASONS))),
    ...(rest > 0 ? ['', `and ${counted(rest, 'more reason')} in record.json`] : []),
  ]
}

const waiversTable = ({ waivers }: RunRecord): string[] =>
  waivers.length === 0
    ? []
    : table(
        ['cells', 'state', 'waived', 'reason', 'owner', 'until'],
        waivers.map(({ cells, expires, owner, reason, state, waived }) => [
          cells.map(code).join(' '),
          isFaulty({ state }) ? `**${state}**` : state,
          String(waived),
          inline(reason),
          inline(owner),
          expires,
        ]),
      )

function matrixLines(record: RunRecord): string[] {
  const { matrix, leftOut } = examined(scopeMatrix(record))
  if (matrix.apiSets.length === 0) return []
  const apiSets = matrix.apiSets.map(({ name, rows }) => ({ name, ...folded(rows, FULL_ROWS) }))
  const shown = tallied(apiSets.flatMap(({ rows }) => rows))
  const legend = [...shown.keys()].map((mark) => `${inline(MARKS[mark].glyph)} ${MARKS[mark].meaning}`)
  const paragraphs = [
    ...apiSets.flatMap(({ asDocumented, name, rows }) => [
      [`### ${inline(name)}`],
      rows.length === 0
        ? []
        : table(
            ['operation', ...matrix.columns.map(code)],
            rows.map(({ operation, marks }) => [
              code(operation),
              ...marks.map((mark) => (mark === undefined ? '' : MARKS[mark].glyph)),
            ]),
          ),
      asDocumented.length === 0 ? [] : [asDocumentedInWords(asDocumented, rows.length > 0)],
    ]),
    leftOut > 0 ? [`and ${counted(leftOut, 'operation')} that this run left out`] : [],
    legend.length === 0 ? [] : [legend.join(', ')],
  ]
  return paragraphs
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

function coverageLines({ coverage }: RunRecord): string[] {
  const { apiSets, operations } = coverage
  if (operations.total === 0) return []
  const others = missingInWords(coverage)
  const unnamed = operations.missing.length - NAMED_OPERATIONS
  const rows = [...apiSets, { ...coverage, name: 'all' }].map((counts) => [
    inline(counts.name),
    ...dimensions.map((dimension) => fraction(counts[dimension])),
  ])
  return [
    `${totalsInWords(coverage).join(', ')}.`,
    '',
    ...table(['API set', ...dimensions.map((dimension) => `${DIMENSIONS[dimension]}s`)], rows),
    ...(operations.missing.length === 0 ? [] : ['', 'Operations not covered:', '']),
    ...operations.missing.slice(0, NAMED_OPERATIONS).map((id) => `- ${code(id)}`),
    ...(unnamed > 0 ? [`- and ${unnamed} more`] : []),
    ...(others === '' ? [] : ['', `Not covered: ${others}; record.json names them.`]),
  ]
}

const orAll = (names: readonly string[]): string =>
  names.length === 0 ? 'all' : names.map(inline).join(', ')

function particularsTable(record: RunRecord): string[] {
  const { contract, run, suite, target } = record
  const build =
    suite.commit === null
      ? 'no commit'
      : `commit ${suite.commit}${suite.dirty ? ' with uncommitted changes' : ''}`
  const product = Object.entries(target.product ?? {}).map(([name, value]) => `${name} ${value}`)
  const { checks, operations, unsupported } = run.selection
  const rows: [string, string][] = [
    ['suite', inline(`${suite.name} ${suite.version}, ${build}`)],
    ['contract', `${inline(contractInWords(record))}, sha256 ${code(contract.sha256)}`],
    ['target', inline(targetInWords(record))],
    ...(product.length === 0 ? [] : [['product', inline(product.join(', '))] satisfies [string, string]]),
    [
      'run',
      `${code(run.id)}, ${inline(run.startedAt)} to ${inline(run.finishedAt)}${run.interrupted ? ', interrupted' : ''}`,
    ],
    ['profile', inline(run.profile)],
    ['mode', inline(run.mode)],
    ['matrix', inline(run.matrix)],
    ['propagation timeout', inSeconds(run.propagationTimeoutMs)],
    ['checks', orAll(checks)],
    ['operations', orAll(operations)],
    ...(unsupported.length === 0 ? [] : [['unsupported', orAll(unsupported)] satisfies [string, string]]),
    ...(run.shard === null
      ? []
      : [['shard', `${run.shard.index} of ${run.shard.count}`] satisfies [string, string]]),
    ['seed', String(run.seed)],
    ['requests', String(run.requests)],
  ]
  return table(['particular', 'value'], rows)
}

/** The record as a Markdown page. */
export function renderMarkdown(record: RunRecord): string {
  const { verdict, run, leftBehind, waivers } = record
  const since = baselineInWords(record)
  return [
    `# ${VERDICT_GLYPHS[verdict]} ${verdict}`,
    '',
    `**${inline(certifyingInWords(record))}**`,
    '',
    ...(since === undefined ? [] : [`**${inline(since)}**`, '']),
    ...waivers
      .filter(isFaulty)
      .flatMap((waiver) => [`**✗ This run fails: ${inline(waiverInWords(waiver))}**`, '']),
    `${countsInWords(record)}; ${counted(run.requests, 'request')} in ${durationInWords(record)} to ${inline(targetInWords(record))}.`,
    '',
    ...LEVELS.flatMap((level) => section(FINDINGS[level], findingsLines(record, level))),
    ...section('Waivers', waiversTable(record)),
    ...section('Undecided', reasonsTable(record)),
    ...section(
      'Left behind on the target',
      leftBehind.map((thing) => `- ${inline(thing)}`),
    ),
    ...section(
      'Key life',
      measurements(record).map(({ took, what }) => `- ${inline(what)}: ${inline(took)}`),
    ),
    ...section('Scope matrix', matrixLines(record)),
    ...section('Coverage', coverageLines(record)),
    ...section('Checks', checksTable(record)),
    ...section('Particulars', particularsTable(record)),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
