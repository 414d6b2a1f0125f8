/** The record in the Common Test Report Format (ctrf.io). */
import type { Verdict } from '../suites/model.js'
import { apiSetOf, type TestCase, testCases, waivedInWords } from './cases.js'
import { newVerdict, type RecordedCell, type RunRecord } from './record.js'

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

/** Advice fails no build; what is waived is put up with. Neither is shown as passed. */
function statusOf({ level, verdict, waived }: RecordedCell): Status {
  if (waived !== undefined) return 'skipped'
  return level === 'advisory' && verdict === 'fail' ? 'other' : STATUS[verdict]
}

function test({ cell, knownSince, message, name, proofs, text }: TestCase) {
  const { check, credential, disguise, finding, level, operation, path, scope, waived } = cell
  const answered = proofs.find(({ role }) => role === 'answer')?.seen
  const start = answered === undefined ? undefined : Date.parse(answered.startedAt)
  const told = waived === undefined ? message : `${waivedInWords(waived)}; ${message}`
  return {
    testId: cell.id,
    name: `${check}: ${name}`,
    status: statusOf(cell),
    rawStatus: cell.verdict,
    duration: Math.round(cell.durationMs),
    ...(start !== undefined && { start, stop: start + Math.round(cell.durationMs) }),
    suite: [apiSetOf(cell), operation],
    ...(told !== '' && { message: told }),
    ...(text !== '' && { trace: text }),
    tags: [level, ...(waived === undefined ? [] : ['waived'])],
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

function summary({ cells, run }: RunRecord) {
  const count = (wanted: Status) => cells.filter((cell) => statusOf(cell) === wanted).length
  const [start, stop] = [Date.parse(run.startedAt), Date.parse(run.finishedAt)]
  return {
    tests: cells.length,
    ...Object.fromEntries(STATUSES.map((status) => [status, count(status)])),
    suites: new Set(cells.map((cell) => `${apiSetOf(cell)} ${cell.operation}`)).size,
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
    healthy: newVerdict(record) === 'conformant',
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

/** The record as a CTRF document, test by test: one for each cell. */
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
  let before = '\n'
  for (const one of testCases(record)) {
    yield before + JSON.stringify(test(one))
    before = ',\n'
  }
  yield '\n]}}\n'
}
