/** The record as results for Allure, a file for each cell. The one importer of Allure's libraries. */
import { createHash } from 'node:crypto'
import {
  type Label,
  LabelName,
  type Parameter,
  Severity,
  Stage,
  Status,
  type TestResult,
} from 'allure-js-commons'
import type { Level, Verdict } from '../suites/model.js'
import type { Deviation } from '../suites/verdict.js'
import {
  apiSetOf,
  type TestCase,
  testCases,
  WAIVERS,
  type WaiverCase,
  waivedInWords,
  waiverCases,
} from './cases.js'
import type { RecordedCell, RunRecord } from './record.js'
import { contractInWords } from './summary.js'
import type { Rendered } from './write.js'

/** What was not decided is broken, and never shown as passed. */
const STATUS: Readonly<Record<Verdict, Status>> = {
  pass: Status.PASSED,
  fail: Status.FAILED,
  inconclusive: Status.BROKEN,
  unsupported: Status.SKIPPED,
  excluded: Status.SKIPPED,
  error: Status.BROKEN,
}

/** What is put up with fails nothing; advice has no status, which Allure calls unknown. Neither is shown as passed. */
function statusOf({ level, verdict, waived }: RecordedCell): Status | undefined {
  if (waived !== undefined) return Status.SKIPPED
  return verdict === 'fail' && level === 'advisory' ? undefined : STATUS[verdict]
}

const SEVERITY: Readonly<Record<Level, Severity>> = {
  required: Severity.CRITICAL,
  advisory: Severity.MINOR,
}

/** How messages begin, by which Allure sorts them into categories. */
const CATEGORIES: Readonly<Record<Deviation | 'undecided' | 'error', string>> = {
  'over-grant': 'Over-granted',
  'under-grant': 'Under-granted',
  other: 'Otherwise than documented',
  undecided: 'Undecided',
  error: 'Error of the suite',
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A UUID made of a text: the same for the same. */
function uuidOf(text: string): string {
  const hex = hash(text)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`]
  return [...parts, hex.slice(20, 32)].join('-')
}

function categoryOf({ finding, verdict }: RecordedCell): string | undefined {
  if (finding !== undefined) return CATEGORIES[finding.deviation]
  if (verdict === 'error') return CATEGORIES.error
  return verdict === 'inconclusive' ? CATEGORIES.undecided : undefined
}

function labelsOf({ cell, knownSince }: TestCase, { suite }: RunRecord): Label[] {
  const { check, level, operation, waived } = cell
  const tags = [
    level,
    ...(waived === undefined ? [] : ['waived']),
    ...(knownSince === undefined ? [] : ['known']),
  ]
  return [
    { name: LabelName.EPIC, value: apiSetOf(cell) },
    { name: LabelName.FEATURE, value: operation },
    { name: LabelName.STORY, value: check },
    { name: LabelName.PARENT_SUITE, value: apiSetOf(cell) },
    { name: LabelName.SUITE, value: check },
    { name: LabelName.SUB_SUITE, value: operation },
    { name: LabelName.SEVERITY, value: SEVERITY[level] },
    { name: LabelName.FRAMEWORK, value: suite.name },
    ...tags.map((value) => ({ name: LabelName.TAG, value })),
    ...(waived === undefined ? [] : [{ name: LabelName.OWNER, value: waived.owner }]),
  ]
}

const parametersOf = ({ credential, disguise, path, scope }: RecordedCell): Parameter[] => [
  { name: 'credential', value: credential },
  ...(scope === undefined ? [] : [{ name: 'scope', value: scope }]),
  { name: 'path', value: path },
  ...(disguise === undefined ? [] : [{ name: 'disguise', value: disguise }]),
]

/** Of Markdown in Allure's pages, nothing of the target's words is more than a letter. */
const fenced = (text: string): string => text.replaceAll(/^/gm, '    ')

function resultOf(one: TestCase, record: RunRecord): TestResult {
  const { cell, message, name, proofs, text } = one
  const answered = proofs.find(({ role }) => role === 'answer')?.seen ?? proofs[0]?.seen
  const start = Date.parse(answered?.startedAt ?? record.run.startedAt)
  const category = categoryOf(cell)
  const { waived } = cell
  const status = statusOf(cell)
  const told = [
    ...(waived === undefined ? [] : [waivedInWords(waived)]),
    ...(message === '' ? [] : [category === undefined ? message : `${category}: ${message}`]),
  ].join('\n')
  return {
    uuid: uuidOf(`${record.run.id} ${cell.id}`),
    historyId: hash(cell.id),
    testCaseId: hash(cell.id),
    fullName: cell.id,
    name: `${cell.check}: ${name}`,
    titlePath: [apiSetOf(cell), cell.operation, cell.check],
    ...(status !== undefined && { status }),
    statusDetails: {
      ...(waived !== undefined && { muted: true }),
      ...(one.knownSince !== undefined && { known: true }),
      ...(told !== '' && { message: told }),
      ...(text !== '' && { trace: text }),
      ...(cell.finding !== undefined && { expected: cell.finding.expected, actual: cell.finding.observed }),
    },
    stage: Stage.FINISHED,
    ...(text !== '' && { description: fenced(text) }),
    steps: [],
    attachments: [],
    parameters: parametersOf(cell),
    labels: labelsOf(one, record),
    links: [],
    start,
    stop: start + Math.round(cell.durationMs),
  }
}

function waiverResult({ fails, message, name }: WaiverCase, { run, suite }: RunRecord): TestResult {
  const start = Date.parse(run.finishedAt)
  return {
    uuid: uuidOf(`${run.id} ${name}`),
    historyId: hash(name),
    testCaseId: hash(name),
    fullName: name,
    name,
    titlePath: [WAIVERS],
    status: fails ? Status.FAILED : Status.PASSED,
    statusDetails: { message },
    stage: Stage.FINISHED,
    steps: [],
    attachments: [],
    parameters: [],
    labels: [
      { name: LabelName.EPIC, value: WAIVERS },
      { name: LabelName.PARENT_SUITE, value: WAIVERS },
      { name: LabelName.SEVERITY, value: SEVERITY.required },
      { name: LabelName.FRAMEWORK, value: suite.name },
    ],
    links: [],
    start,
    stop: start,
  }
}

const json = (name: string, value: unknown): Rendered => ({ name, pieces: [`${JSON.stringify(value)}\n`] })

const categories = () =>
  Object.values(CATEGORIES).map((name) => ({
    name,
    matchedStatuses: [Status.FAILED, Status.BROKEN, 'unknown'],
    messageRegex: `^${name}: .*`,
  }))

/** As Java reads properties: a line each, nothing of which goes on. */
function environment(record: RunRecord): string {
  const { certifying, run, suite, target, verdict } = record
  const values: Readonly<Record<string, string>> = {
    verdict,
    certifying: String(certifying),
    contract: contractInWords(record),
    gateway: target.gateway,
    domain: target.domain,
    suite: `${suite.name} ${suite.version}, commit ${suite.commit ?? 'unknown'}`,
    mode: run.mode,
    profile: run.profile,
    matrix: run.matrix,
    seed: String(run.seed),
    ...(target.product?.name !== undefined && {
      product: `${target.product.name} ${target.product.version ?? ''}`.trim(),
    }),
  }
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value.replaceAll(/[\\\r\n]/g, ' ')}\n`)
    .join('')
}

/** The files of an `allure-results` folder. */
export function* renderAllure(record: RunRecord): Generator<Rendered> {
  const { run, suite } = record
  yield json('executor.json', { name: suite.name, type: 'nvcf-conformance', buildName: `run ${run.id}` })
  yield json('categories.json', categories())
  yield { name: 'environment.properties', pieces: [environment(record)] }
  const results = function* () {
    for (const one of testCases(record)) yield resultOf(one, record)
    for (const waiver of waiverCases(record)) yield waiverResult(waiver, record)
  }
  for (const result of results()) yield json(`${result.uuid}-result.json`, result)
}
