/**
 * The suite can fail: every named fault of the reference gateway, met by the command line as a user runs it,
 * is found by the checks that say so, and what the run created is gone afterwards.
 */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, type TestContext, test, vi } from 'vitest'
import { nvcf, remaining, SAMPLE, scratch } from '../cli/testing.js'
import { FAULTS } from '../fixtures/gateway/faults.js'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { Validator } from '../fixtures/validator.js'
import type { RunRecord } from '../reporters/record.js'
import schema from '../reporters/record.schema.json' with { type: 'json' }
import type { Check } from './check.js'
import { CHECKS } from './checks/index.js'

// Each run is a process of its own that waits about as long as it works.
vi.setConfig({ maxConcurrency: 5, testTimeout: 120_000 })

/** Faults that keep a run from cleaning up, and why; the record must then say what stayed. */
const PREVENT_CLEANING: ReadonlyMap<string, string> = new Map([
  ['admin-token-lacks-clusters', 'clusters can be neither listed nor removed'],
  ['delete-without-effect', 'what is deleted stays'],
  ['missing-required-field', 'a version that is listed without its versionId cannot be named to be deleted'],
  ['registry-scope-as-in-prose', 'registry credentials can be neither listed nor removed'],
  ['success-as-html', 'neither creations nor lists can be read, so no function is known by its identifier'],
])

const CANCEL = 'POST /v1/nvct/tasks/{taskId}/cancel'
const DEPLOYMENT = '/v2/nvcf/deployments/functions/{functionId}/versions/{functionVersionId}'

/** Faults of which the sample shows nothing, and where each shows; some need one operation alone to be told soon. */
const ELSEWHERE: ReadonlyMap<string, readonly string[]> = new Map([
  ['admin-token-lacks-clusters', ['POST /v1/accounts/{ncaId}/clusters']],
  ['cancel-without-effect', [CANCEL]],
  ['denial-executes-deploy', [`POST ${DEPLOYMENT}`]],
  ['direct-invocation-unauthenticated', ['POST {function-id}.invocation/{inferencePath}']],
  ['null-for-object', [`POST ${DEPLOYMENT}`]],
  ['many-scopes-close', ['GET /v2/nvcf/clusterGroups']],
  ['one-cell-under-grant', ['POST /v2/nvcf/functions/{functionId}/versions']],
  ['only-first-scope-read', ['GET /v2/nvcf/clusterGroups']],
  ['one-task-cell-under-grant', ['GET /v1/nvct/tasks/{taskId}/events']],
  ['repeated-scope-void', ['GET /v2/nvcf/clusterGroups']],
  ['registry-scope-as-in-prose', ['POST /v2/nvcf/registry-credentials']],
  ['task-denial-executes', [CANCEL]],
  ['wrong-type', ['GET /v2/nvcf/queues/functions/{functionId}']],
])

/** Runs beside checks that only advise: by advice alone no run is conformant. */
const REQUIRED_COMPANION = 'versioned-path-answers'

const SEED = '42'

/** One fault keeps functions from ever being seen ACTIVE; the default patience is for real deployments. */
const CONFIG = 'function:\n  readyTimeoutMs: 3000\n'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const validator = new Validator()

/** A folder to run in, with the settings of these tests. */
function workFolder(): string {
  const folder = scratch()
  writeFileSync(join(folder, 'nvcf-conformance.yaml'), CONFIG)
  return folder
}

async function gatewayWith(
  faults: readonly string[],
  onTestFinished: TestContext['onTestFinished'],
): Promise<RunningGateway> {
  const gateway = await startGateway({ faults })
  onTestFinished(() => gateway.close())
  return gateway
}

function readRecord(folder: string): RunRecord {
  const record: RunRecord = JSON.parse(readFileSync(join(folder, 'report', 'record.json'), 'utf8'))
  expect(validator.violations(schema, record)).toEqual([])
  return record
}

/** Short enough that what never takes effect is soon told, and long enough for what does. */
const PROPAGATION_S = '2'

const run = (
  gateway: RunningGateway,
  cwd: string,
  checks: readonly string[],
  operations: readonly string[] = [],
) =>
  nvcf(
    [
      ...['run', '--gateway', gateway.url, '--out', 'report', '--seed', SEED],
      ...['--propagation-timeout', PROPAGATION_S],
      ...checks.flatMap((check) => ['--check', check]),
      ...operations.flatMap((operation) => ['--operation', operation]),
    ],
    { cwd },
  )

const catchersOf = (fault: string): Check[] => CHECKS.filter(({ catches }) => catches.includes(fault))
const isRequired = ({ level }: Pick<Check, 'level'>): boolean => level === 'required'

/** Everything that a finding has to say. */
const findingOf = (gateway: RunningGateway, check: Check, operation: string) => ({
  deviation: expect.stringMatching(/^(over-grant|under-grant|other)$/),
  expected: expect.stringMatching(/\S/),
  observed: expect.stringMatching(/\S/),
  clause: check.clause,
  message: expect.stringContaining(operation),
  replay: `nvcf-conformance run --gateway ${gateway.url} --check ${check.id} --operation "${operation}" --seed ${SEED}${'tells' in check ? ` --propagation-timeout ${PROPAGATION_S}` : ''}`,
})

describe.concurrent('with the fault', () => {
  const named = FAULTS.map(({ id, sentence }) => [id, sentence] as const)
  test.for(named)('%s: %s', async ([id], { onTestFinished }) => {
    const catchers = catchersOf(id)
    const required = catchers.some(isRequired)
    const gateway = await gatewayWith([id], onTestFinished)
    const folder = workFolder()
    const checks = [...catchers.map((check) => check.id), ...(required ? [] : [REQUIRED_COMPANION])]

    const { code, stdout, stderr } = await run(gateway, folder, checks, ELSEWHERE.get(id) ?? SAMPLE)

    expect(code, stderr).toBe(required ? 1 : 0)
    const record = readRecord(folder)
    expect(record.verdict).toBe(required ? 'nonconformant' : 'conformant')
    for (const check of catchers) {
      const failed = record.cells.filter((cell) => cell.check === check.id && cell.verdict === 'fail')
      expect(failed, `${check.id} finds it`).not.toEqual([])
      for (const { finding, operation } of failed) {
        expect(finding).toEqual(findingOf(gateway, check, operation))
      }
      expect(failed.some(({ operation }) => stdout.includes(operation))).toBe(true)
      expect(stdout).toContain(`--check ${check.id}`)
    }
    expect(record.counts.error).toBe(0)
    if (PREVENT_CLEANING.has(id)) {
      const { functions } = gateway.census()
      expect(record.leftBehind).not.toEqual([])
      expect(record.leftBehind.length).toBeGreaterThanOrEqual(functions)
    } else {
      expect(record.leftBehind).toEqual([])
      expect(remaining(gateway.census())).toEqual({})
    }
  })

  test('none: every check passes, but for the one that the reference gateway is known to fail', async ({
    onTestFinished,
  }) => {
    const known = CHECKS.filter(({ failsOnReference }) => failsOnReference !== undefined)
    const gateway = await gatewayWith([], onTestFinished)
    const folder = workFolder()

    const { code, stderr } = await run(gateway, folder, [])

    expect(code, stderr).toBe(0)
    const { cells } = readRecord(folder)
    const failed = cells.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check)
    expect(new Set(failed)).toEqual(new Set(known.map(({ id }) => id)))
    expect(cells.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'fail')).toEqual([])
    expect(new Set(cells.map(({ check }) => check))).toEqual(new Set(CHECKS.map(({ id }) => id)))
    expect(remaining(gateway.census())).toEqual({})
  })

  test('one-cell-over-grant: the replay finds the same again', async ({ onTestFinished }) => {
    const gateway = await gatewayWith(['one-cell-over-grant'], onTestFinished)
    const folder = workFolder()
    const failures = () =>
      readRecord(folder).cells.flatMap(({ finding, id }) =>
        finding === undefined ? [] : [{ id, replay: finding.replay }],
      )
    await run(gateway, folder, ['scope-denies'])
    const [first, ...others] = failures()
    expect(others).toEqual([])
    rmSync(join(folder, 'report'), { recursive: true })

    const shell = `nvcf-conformance() { '${process.execPath}' '${main}' "$@"; }\n${first?.replay} --out report`
    const replayed = promisify(execFile)('bash', ['-c', shell], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    })

    await expect(replayed).rejects.toMatchObject({ code: 1 })
    expect(failures()).toEqual([first])
  })
})

test('the exceptions are faults', () => {
  const faults = FAULTS.map(({ id }) => id)
  expect([...PREVENT_CLEANING.keys(), ...ELSEWHERE.keys()].filter((id) => !faults.includes(id))).toEqual([])
})
