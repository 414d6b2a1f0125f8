/** The record as JUnit XML, in the form that Jenkins' schema describes. */

import { grouped } from '../suites/group.js'
import type { Level, Verdict } from '../suites/model.js'
import {
  apiSetOf,
  type TestCase,
  testCases,
  WAIVERS,
  type WaiverCase,
  waivedInWords,
  waiverCases,
} from './cases.js'
import { deviationsInWords, failures } from './findings.js'
import type { RunRecord } from './record.js'
import { measurements } from './summary.js'

/** What XML 1.0 cannot hold in any form, and control characters that it can. */
const UNFIT = /[^\t\n\r\u{20}-\u{7E}\u{85}\u{A0}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

const escaped = (text: string, meaningful: RegExp): string =>
  text.replaceAll(UNFIT, '').replaceAll(meaningful, (character) => ENTITIES[character] ?? '')

type Attributes = Readonly<Record<string, string | number>>

const attributes = (named: Attributes): string =>
  Object.entries(named)
    .map(([name, value]) => ` ${name}="${escaped(String(value), /[&<>"\t\n\r]/g)}"`)
    .join('')

const element = (name: string, named: Attributes, text = ''): string =>
  text === ''
    ? `<${name}${attributes(named)}/>`
    : `<${name}${attributes(named)}>${escaped(text, /[&<>\r]/g)}</${name}>`

/** The lines of an element with others inside. */
function* container(name: string, named: Attributes, children: Iterable<string>): Generator<string> {
  let isOpen = false
  for (const line of children) {
    if (!isOpen) yield `<${name}${attributes(named)}>`
    isOpen = true
    yield `  ${line}`
  }
  yield isOpen ? `</${name}>` : `<${name}${attributes(named)}/>`
}

/** What a test case holds; `note` passes and says so, `nothing` just passes, `excused` is skipped with all details. */
type Told = 'failure' | 'error' | 'skipped' | 'excused' | 'note' | 'nothing'

/** Advice fails no build, but what was not decided is not shown as passed either. */
const TOLD: Readonly<Record<Level, Readonly<Record<Verdict, Told>>>> = {
  required: {
    pass: 'nothing',
    fail: 'failure',
    inconclusive: 'error',
    unsupported: 'skipped',
    excluded: 'skipped',
    error: 'error',
  },
  advisory: {
    pass: 'nothing',
    fail: 'note',
    inconclusive: 'skipped',
    unsupported: 'skipped',
    excluded: 'skipped',
    error: 'error',
  },
}

interface Case {
  readonly classname: string
  readonly name: string
  readonly seconds: number
  readonly told: Told
  readonly type: string
  readonly message: string
  readonly text: string
}

const CASE_CHILDREN: Readonly<Record<Told, (test: Case) => readonly string[]>> = {
  nothing: ({ text }) => (text === '' ? [] : [element('system-out', {}, text)]),
  note: ({ message, text }) => [element('system-out', {}, `advisory: ${message}\n${text}`)],
  skipped: ({ message }) => [element('skipped', { message })],
  excused: ({ message, text }) => [element('skipped', { message }, text)],
  failure: ({ message, type, text }) => [element('failure', { message, type }, text)],
  error: ({ message, type, text }) => [element('error', { message, type }, text)],
}

const inSeconds = (seconds: number): string => seconds.toFixed(3)

const total = (cases: readonly Case[], ...told: readonly Told[]): number =>
  cases.filter((test) => told.includes(test.told)).length

/** Jenkins cuts class names into packages at their dots. */
const undotted = (name: string): string => name.replaceAll('.', '_')

/** Why what failed fails no build: it is waived, or was so before. */
function excuseOf({ cell: { waived }, knownSince }: TestCase): string | undefined {
  if (waived !== undefined) return waivedInWords(waived)
  return knownSince === undefined ? undefined : `known since run ${knownSince}`
}

function caseOf(one: TestCase): Case {
  const { cell, message, name, text } = one
  const { check, durationMs, finding, level, verdict } = cell
  const excuse = excuseOf(one)
  return {
    classname: `${undotted(apiSetOf(cell))}.${undotted(check)}`,
    name,
    seconds: durationMs / 1000,
    type: finding?.clause.id ?? verdict,
    ...(excuse === undefined
      ? { told: TOLD[level][verdict], message, text }
      : { told: 'excused', message: excuse, text: `${message}\n${text}` }),
  }
}

const waiverCase = ({ fails, message, name, state }: WaiverCase): Case => ({
  classname: `${WAIVERS}.waiver`,
  name,
  seconds: 0,
  type: state,
  ...(fails ? { told: 'failure', message, text: '' } : { told: 'nothing', message: '', text: message }),
})

function casesOf(record: RunRecord): Map<string, Case[]> {
  const byApiSet = grouped([...testCases(record)], ({ cell }) => apiSetOf(cell))
  const suites = new Map([...byApiSet].map(([apiSet, tests]) => [apiSet, tests.map(caseOf)]))
  const waivers = waiverCases(record).map(waiverCase)
  return waivers.length === 0 ? suites : suites.set(WAIVERS, waivers)
}

/** A run that decided nothing must not look like one in which all was well but skipped. */
const NOTHING_RAN: Case = {
  classname: 'run.verdict',
  name: 'something required was decided',
  seconds: 0,
  told: 'error',
  type: 'error',
  message: 'no required cell of this run was decided',
  text: '',
}

function properties(record: RunRecord): Iterable<string> {
  const { certifying, contract, run, suite, target, verdict } = record
  const values: Attributes = {
    verdict,
    certifying: String(certifying),
    suite: `${suite.name} ${suite.version}`,
    commit: suite.commit ?? 'none',
    release: contract.release,
    contract: contract.sha256,
    gateway: target.gateway,
    domain: target.domain,
    mode: run.mode,
    profile: run.profile,
    matrix: run.matrix,
    seed: run.seed,
    findings: deviationsInWords(failures(record, 'required')) || 'none',
    ...Object.fromEntries(measurements(record).map(({ took, what }) => [`key life: ${what}`, took])),
  }
  const children = Object.entries(values).map(([name, value]) => element('property', { name, value }))
  return container('properties', {}, children)
}

function* casesLines(cases: readonly Case[]): Generator<string> {
  for (const test of cases) {
    const { classname, name, seconds } = test
    yield* container(
      'testcase',
      { classname, name, time: inSeconds(seconds) },
      CASE_CHILDREN[test.told](test),
    )
  }
}

function* suiteLines(name: string, cases: readonly Case[], record: RunRecord): Generator<string> {
  const counts: Attributes = {
    name,
    tests: cases.length,
    failures: total(cases, 'failure'),
    errors: total(cases, 'error'),
    skipped: total(cases, 'skipped', 'excused'),
    time: inSeconds(cases.reduce((sum, { seconds }) => sum + seconds, 0)),
    timestamp: record.run.startedAt.slice(0, 'yyyy-mm-ddThh:mm:ss'.length),
  }
  const children = function* () {
    yield* properties(record)
    yield* casesLines(cases)
  }
  yield* container('testsuite', counts, children())
}

/** The record as a JUnit document, piece by piece: a suite for each API set, a case for each cell. */
export function* renderJunit(record: RunRecord): Generator<string> {
  const suites = casesOf(record)
  if (record.verdict === 'error' && record.counts.error === 0) suites.set('run', [NOTHING_RAN])
  const all = [...suites.values()].flat()
  const took = Date.parse(record.run.finishedAt) - Date.parse(record.run.startedAt)
  const counts: Attributes = {
    name: record.suite.name,
    tests: all.length,
    failures: total(all, 'failure'),
    errors: total(all, 'error'),
    time: inSeconds(Math.max(0, took || 0) / 1000),
  }
  const children = function* () {
    for (const [name, cases] of suites) yield* suiteLines(name, cases, record)
  }
  yield '<?xml version="1.0" encoding="UTF-8"?>\n'
  for (const line of container('testsuites', counts, children())) yield `${line}\n`
}
