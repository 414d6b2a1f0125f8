/** The record in the Common Test Report Format (ctrf.io). */
import type { Verdict } from '../suites/model.js'
import {
  apiSetOf,
  type TestCase,
  testCases,
  WAIVERS,
  type WaiverCase,
  waivedInWords,
  waiverCases,
} from './cases.js'
import { newVerdict, type RecordedCell, type RunRecord } from './record.js'
import { isFaulty } from './waivers.js'

/** Of the format. */
const SPEC_VERSION = '0.0.0'

const STATUSES = ['passed', 'failed', 'skipped', 'pending', 'other'] as const
type Status = (typeof STATUSES)[number]

const STATUS: Readonly<Record<Verdict, Status>> = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'other',
  unsupported: 'skipped',
  excluded: 'skipped',
  error: 'other',
}

/** Advice fails no build, nor does what was so before; what is waived is put up with. None is shown as passed. */
function statusOf({ id, level, verdict, waived }: RecordedCell, old: ReadonlySet<string>): Status {
  if (waived !== undefined) return 'skipped'
  return verdict === 'fail' && (level === 'advisory' || old.has(id)) ? 'other' : STATUS[verdict]
}

const oldIn = ({ baseline }: RunRecord): ReadonlySet<string> => new Set(baseline?.old)

const waiverStatus = ({ fails }: WaiverCase): Status => (fails ? 'failed' : 'passed')

const waiverTest = (waiver: WaiverCase) => ({
  name: waiver.name,
  status: waiverStatus(waiver),
  rawStatus: waiver.state,
  duration: 0,
  suite: [WAIVERS],
  message: waiver.message,
})

function test({ cell, knownSince, message, name, proofs, text }: TestCase, old: ReadonlySet<string>) {
  const { check, credential, disguise, finding, level, operation, path, scope, waived } = cell
  const answered = proofs.find(({ role }) => role === 'answer')?.seen
  const start = answered === undefined ? undefined : Date.parse(answered.startedAt)
  const told = waived === undefined ? message : `${waivedInWords(waived)}; ${message}`
  return {
    testId: cell.id,
    name: `${check}: ${name}`,
    status: statusOf(cell, old),
    rawStatus: cell.verdict,
    duration: Math.round(cell.durationMs),
    ...(start !== undefined && { start, stop: start + Math.round(cell.durationMs) }),
    suite: [apiSetOf(cell), operation],
    ...(told !== '' && { message: told }),
    ...(text !== '' && { trace: text }),
    tags: [
      level,
      ...(waived === undefined ? [] : ['waived']),
      ...(knownSince === undefined ? [] : ['known']),
    ],
    labels: { check, level },
    parameters: {
      credential,
      ...(scope !== undefined && { scope }),
      path,
      ...(disguise !== undefined && { disguise }),
    },
    extra: {
      cell: cell.id,
      ...(scope !== undefined && { scope }),
      ...(finding !== undefined && {
        clause: finding.clause,
        deviation: finding.deviation,
        replay: finding.replay,
      }),
      ...(waived !== undefined && { waived }),
      ...(knownSince !== undefined && { knownSince }),
    },
  }
}

function summary(record: RunRecord) {
  const { cells, run } = record
  const old = oldIn(record)
  const all = [...cells.map((cell) => statusOf(cell, old)), ...waiverCases(record).map(waiverStatus)]
  const count = (wanted: Status) => all.filter((status) => status === wanted).length
  const [start, stop] = [Date.parse(run.startedAt), Date.parse(run.finishedAt)]
  return {
    tests: all.length,
    ...Object.fromEntries(STATUSES.map((status) => [status, count(status)])),
    suites:
      new Set(cells.map((cell) => `${apiSetOf(cell)} ${cell.operation}`)).size +
      (record.waivers.length > 0 ? 1 : 0),
    start,
    stop,
    duration: Math.max(0, stop - start),
  }
}

function environment(record: RunRecord) {
  const { certifying, contract, notCertifyingBecause, run, suite, target, verdict } = record
  const { environment: where, name, version } = target.product ?? {}
  return {
    reportName: suite.name,
    ...(name !== undefined && { appName: name }),
    ...(version !== undefined && { appVersion: version }),
    ...(where !== undefined && { testEnvironment: where }),
    ...(run.shard !== null && { shardId: `${run.shard.index}/${run.shard.count}` }),
    healthy: newVerdict(record) === 'conformant' && !record.waivers.some(isFaulty),
    extra: {
      verdict,
      certifying,
      notCertifyingBecause,
      gateway: target.gateway,
      domain: target.domain,
      contract,
      mode: run.mode,
      profile: run.profile,
      matrix: run.matrix,
      seed: run.seed,
    },
  }
}

/** The record as a CTRF document, test by test: one for each cell and waiver. */
export function* renderCtrf(record: RunRecord): Generator<string> {
  const { run, suite } = record
  const { name, version } = suite
  const head = {
    reportFormat: 'CTRF',
    specVersion: SPEC_VERSION,
    runId: run.id,
    timestamp: run.finishedAt,
    generatedBy: `${name} ${version}`,
  }
  const results = {
    tool: { name, version, extra: { commit: suite.commit, dirty: suite.dirty } },
    summary: summary(record),
    environment: environment(record),
  }
  // Each begins an object that the next one goes on with.
  yield `${JSON.stringify(head).slice(0, -1)},"results":${JSON.stringify(results).slice(0, -1)},"tests":[`
  const old = oldIn(record)
  const tests = function* () {
    for (const one of testCases(record)) yield test(one, old)
    yield* waiverCases(record).map(waiverTest)
  }
  let before = '\n'
  for (const one of tests()) {
    yield before + JSON.stringify(one)
    before = ',\n'
  }
  yield '\n]}}\n'
}
