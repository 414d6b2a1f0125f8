/**
 * The suite can fail: every named fault of the reference gateway is found by the checks that say so, and what
 * the run created is gone afterwards. The command line finds what its engine finds.
 */
import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, type TestContext, test, vi } from 'vitest'
import { nvcf, remaining, SAMPLE, scratch } from '../cli/testing.js'
import { runHere } from '../cli/testing-run.js'
import { FAULTS } from '../fixtures/gateway/faults.js'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { Validator } from '../fixtures/validator.js'
import type { RunRecord } from '../reporters/record.js'
import schema from '../reporters/record.schema.json' with { type: 'json' }
import type { Check } from './check.js'
import { CHECKS } from './checks/index.js'

// Each run waits about as long as it works.
vi.setConfig({ maxConcurrency: 4, testTimeout: 120_000 })

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
const READY_MS = 3000

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const validator = new Validator()

/** A folder to run in, with the settings of these tests. */
function workFolder(): string {
  const folder = scratch()
  writeFileSync(join(folder, 'nvcf-conformance.yaml'), `function:\n  readyTimeoutMs: ${READY_MS}\n`)
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

/** Where a run goes, and what it asks. */
interface Asked {
  readonly gateway: RunningGateway
  readonly checks: readonly string[]
  readonly operations: readonly string[]
}

const runInFull = ({ checks, gateway, operations }: Asked, cwd: string) =>
  nvcf(
    [
      ...['run', '--gateway', gateway.url, '--out', 'report', '--seed', SEED],
      ...['--propagation-timeout', PROPAGATION_S],
      ...checks.flatMap((check) => ['--check', check]),
      ...operations.flatMap((operation) => ['--operation', operation]),
    ],
    { cwd },
  )

async function run({ checks, gateway, operations }: Asked) {
  const made = await runHere(
    {
      ...{ gateway: gateway.url, out: scratch(), seed: SEED, propagationTimeout: PROPAGATION_S },
      ...{ check: checks, operation: operations },
    },
    { function: { readyTimeoutMs: READY_MS } },
  )
  expect([...validator.violations(schema, made.record), ...made.troubles]).toEqual([])
  return made
}

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

/** The checks that have to find the fault, and where. */
function askedOf(id: string, gateway: RunningGateway): Asked & { readonly required: boolean } {
  const catchers = catchersOf(id)
  const required = catchers.some(isRequired)
  return {
    ...{ gateway, required, operations: ELSEWHERE.get(id) ?? SAMPLE },
    checks: [...catchers.map((check) => check.id), ...(required ? [] : [REQUIRED_COMPANION])],
  }
}

describe.concurrent('with the fault', () => {
  const named = FAULTS.map(({ id, sentence }) => [id, sentence] as const)
  test.for(named)('%s: %s', async ([id], { onTestFinished }) => {
    const catchers = catchersOf(id)
    const gateway = await gatewayWith([id], onTestFinished)
    const { required, ...asked } = askedOf(id, gateway)

    const { code, record, stdout } = await run(asked)

    expect(code).toBe(required ? 1 : 0)
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
})

/** Of each sort one: found by a probe, by a story, only advised, and one that leaves things behind. */
const AS_A_USER = [
  'denial-executes-delete',
  'revocation-without-effect',
  'timestamps-in-words',
  'delete-without-effect',
]

describe.concurrent('the command line finds what its engine finds', () => {
  test.for(AS_A_USER)('with the fault %s', async (id, { onTestFinished }) => {
    const gateway = await gatewayWith([id], onTestFinished)
    const { required, ...asked } = askedOf(id, gateway)
    const folder = workFolder()

    const { code, stderr, stdout } = await runInFull(asked, folder)

    expect(code, stderr).toBe(required ? 1 : 0)
    const record = readRecord(folder)
    const found = ({ cells }: RunRecord) =>
      cells.map((cell) => [cell.id, cell.verdict, cell.finding?.deviation])
    expect(found(record)).toEqual(found((await run(asked)).record))
    for (const check of asked.checks.filter((one) => one !== REQUIRED_COMPANION))
      expect(stdout).toContain(`--check ${check}`)
    expect(record.leftBehind.length > 0).toBe(PREVENT_CLEANING.has(id))
  })

  test('and the replay of a finding finds the same again', async ({ onTestFinished }) => {
    const gateway = await gatewayWith(['one-cell-over-grant'], onTestFinished)
    const folder = workFolder()
    const failures = () =>
      readRecord(folder).cells.flatMap(({ finding, id }) =>
        finding === undefined ? [] : [{ id, replay: finding.replay }],
      )
    await runInFull({ gateway, checks: ['scope-denies'], operations: SAMPLE }, folder)
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
  const excepted = [...PREVENT_CLEANING.keys(), ...ELSEWHERE.keys(), ...AS_A_USER]
  expect(excepted.filter((id) => !faults.includes(id))).toEqual([])
})
