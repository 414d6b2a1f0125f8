import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { Validator } from '../fixtures/validator.js'
import { text } from '../openapi/json.js'
import schema from '../reporters/record.schema.json' with { type: 'json' }
import {
  answering,
  ask,
  filesUnder,
  nvcf,
  type Passed,
  proxyTo,
  readRecord,
  remaining,
  scratch,
  serve,
} from './testing.js'

const LIST = 'GET /v2/nvcf/functions'
const REMOVE = 'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'
const CLUSTER_GROUPS = 'GET /v2/nvcf/clusterGroups'

/** Two cells, a second or two. */
const NARROW = ['--check', 'scope-grants', '--operation', LIST]

/** The operations that matter most, an eighth of all. */
const CORE = ['--profile', 'core']

/** The arguments of a command line without anything but double quotes in it. */
const argumentsOf = (line: string): string[] =>
  (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''))

const ids = (cells: readonly { readonly id?: unknown }[]) => cells.map(({ id }) => String(id)).sort()

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway()
  return gateway.close
})

afterAll(() => expect(remaining(gateway.census())).toEqual({}))

describe.concurrent('run', () => {
  test('against nothing but itself: exit 0, and a record that its schema accepts beside its reports', async () => {
    const cwd = scratch()
    const { code, stdout, stderr } = await nvcf(['run', ...NARROW, '--seed', '7'], { cwd })
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^✔ conformant: 2 passed/)
    expect(filesUnder(cwd)).toEqual(
      ['junit.xml', 'record.json', 'report.html', 'summary.md'].map((file) =>
        join('conformance-report', file),
      ),
    )
    const out = join(cwd, 'conformance-report')
    const { json, ran, run } = readRecord(out)
    expect(new Validator().violations(schema, json)).toEqual([])
    expect(json).toMatchObject({ verdict: 'conformant', certifying: false, target: { embedded: true } })
    expect(run).toMatchObject({ seed: 7, interrupted: false })
    expect(ran.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
    expect(await readFile(join(out, 'junit.xml'), 'utf8')).toMatch(/^<\?xml[\s\S]*<\/testsuites>\s*$/)
    expect(await readFile(join(out, 'summary.md'), 'utf8')).toContain('conformant')
  })

  test('against a gateway in its own process, started and stopped by serve: exit 0', async () => {
    const cwd = scratch()
    const served = await serve([], cwd)
    const { code, stdout } = await nvcf(['run', '--gateway', served.url, ...NARROW], { cwd })
    served.kill('SIGTERM')
    expect(code, stdout).toBe(0)
    expect(stdout).toContain(served.url)
    expect((await served.ended).code).toBe(0)
  })

  test('leaves nothing of what it made, and the ledger goes with the last of it', async () => {
    const cwd = scratch()
    const own = await startGateway()
    const proxy = await proxyTo(own.url)
    const { code, stdout } = await nvcf(['run', '--gateway', proxy.url, '--operation', REMOVE], { cwd })
    await Promise.all([proxy.close(), own.close()])
    expect(code, stdout).toBe(0)
    expect(
      proxy.passed.filter(({ method, path }) => method === 'POST' && path === '/v2/nvcf/functions').length,
    ).toBeGreaterThan(1)
    expect(remaining(own.census())).toEqual({})
    expect(filesUnder(cwd).filter((file) => file.includes('ledger'))).toEqual([])
  })

  test('against a broken gateway: exit 1, what is wrong in words, and a line that shows it again', async () => {
    const cwd = scratch()
    const served = await serve(['--fault', 'one-cell-over-grant'], cwd)
    const first = await nvcf(['run', '--gateway', served.url, '--check', 'scope-denies', ...CORE], { cwd })
    const replay = /^ {2}replay +(.*)$/m.exec(first.stdout)?.[1] ?? ''
    const [program, ...args] = argumentsOf(replay)
    const again = await nvcf(args, { cwd })
    served.kill('SIGTERM')

    expect(first.code, first.stdout).toBe(1)
    expect(first.stdout).toMatch(/^✗ nonconformant/)
    expect(first.stdout).toMatch(
      /^✗ scope-denies {2}(GET|POST|PUT|DELETE|PATCH) \/v2\/\S+ {2}with key \[\w+\]$/m,
    )
    expect(first.stdout).toMatch(/^ {2}expected +403/m)
    expect(first.stdout).toMatch(/^ {2}observed +2\d\d/m)
    expect(program).toBe('nvcf-conformance')
    expect(again.code, again.stdout).toBe(1)
    expect(readRecord(join(cwd, 'conformance-report')).ran.length).toBeLessThan(15)
    const finding = /^✗ scope-denies .*$/m
    expect(finding.exec(again.stdout)?.[0]).toBe(finding.exec(first.stdout)?.[0])
  })

  test('against a gateway that throttles an operation for good: exit 3, and not one pass for it', async () => {
    const cwd = scratch()
    const proxy = await proxyTo(gateway.url, {
      instead: ({ path }) =>
        path === '/v2/nvcf/clusterGroups' ? { status: 429, headers: { 'retry-after': '0' } } : undefined,
    })
    const { code, stdout } = await nvcf(
      [
        'run',
        '--gateway',
        proxy.url,
        '--operation',
        CLUSTER_GROUPS,
        '--check',
        'scope-grants',
        '--check',
        'scope-denies',
      ],
      { cwd },
    )
    await proxy.close()
    expect(code, stdout).toBe(3)
    const { json, ran } = readRecord(join(cwd, 'conformance-report'))
    expect(json).toMatchObject({ verdict: 'inconclusive', certifying: false })
    expect(new Set(ran.map(({ verdict }) => verdict))).toEqual(new Set(['inconclusive']))
    expect(ran.every(({ because }) => String(because).includes('429'))).toBe(true)
  })

  test('read-only: changes nothing but keys of its own, and says what it left out', async () => {
    const cwd = scratch()
    const proxy = await proxyTo(gateway.url)
    const { code, stdout } = await nvcf(
      [
        'run',
        '--gateway',
        proxy.url,
        ...['--mode', 'read-only'],
        ...['--check', 'scope-denies', '--check', 'response-status'],
      ],
      { cwd },
    )
    await proxy.close()
    const changing = proxy.passed.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
    expect(changing.length).toBeGreaterThan(0)
    // Token issue and what is asked for by POST change nothing either.
    const reading = /^\/v2\/nvcf\/tokens\/|^\/v1\/nvct\/tasks\/bulk$/
    expect(changing.filter(({ host, path }) => !host.startsWith('api-keys.') && !reading.test(path))).toEqual(
      [],
    )
    const { cells, counts, json } = readRecord(join(cwd, 'conformance-report'))
    expect(json.certifying).toBe(false)
    expect(json.notCertifyingBecause).toContain('the mode is read-only, not full')
    expect(counts).toMatchObject({ fail: 0, error: 0 })
    const removals = cells.filter(({ operation }) => operation === REMOVE)
    expect(new Set(removals.map(({ verdict }) => verdict))).toEqual(new Set(['excluded']))
    expect([0, 3], stdout).toContain(code)
  })

  test('in two shards: every cell in exactly one of them', async () => {
    const shards = await Promise.all(
      ['1/2', '2/2'].map(async (shard) => {
        const cwd = scratch()
        const { code, stdout } = await nvcf(
          [
            'run',
            '--gateway',
            gateway.url,
            '--check',
            'unknown-path-absent',
            '--shard',
            shard,
            '--seed',
            '7',
          ],
          { cwd },
        )
        expect(code, stdout).toBe(0)
        return readRecord(join(cwd, 'conformance-report'))
      }),
    )
    const whole = shards[0]?.cells.filter((cell) => cell.check === 'unknown-path-absent') ?? []
    expect(shards.every(({ ran }) => ran.length > 0)).toBe(true)
    expect(ids(shards.flatMap(({ ran }) => ran))).toEqual(ids(whole))
    expect(shards.every(({ json }) => json.certifying === false)).toBe(true)
  })

  test('again with the same seed: the same cells, and the same requests for what is not there', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const cwd = scratch()
        const proxy = await proxyTo(gateway.url)
        const selection = ['--check', 'absent-resource-not-found', '--mode', 'read-only', '--seed', '11']
        await nvcf(['run', '--gateway', proxy.url, ...selection], { cwd })
        await proxy.close()
        const missing = proxy.passed.filter(({ host, status }) => host.startsWith('api.') && status === 404)
        const { cells, run } = readRecord(join(cwd, 'conformance-report'))
        return {
          seed: run.seed,
          cells: ids(cells),
          missing: [...new Set(missing.map(({ path }) => path))].sort(),
        }
      }),
    )
    expect(runs[0]?.missing.length).toBeGreaterThan(0)
    expect(runs[0]?.seed).toBe(11)
    expect(runs[1]).toEqual(runs[0])
  })
})

describe.concurrent('an admin token in NVCF_TOKEN', () => {
  const mints = (passed: readonly Passed[]) => passed.filter(({ path }) => path === '/v1/admin/keys')

  test('is used instead of minting one; only the check of that operation asks for another', async () => {
    const { value } = await ask(gateway.url, 'api-keys', 'POST /v1/admin/keys')
    const token = text(value) ?? ''
    const selections = [
      { args: ['--operation', LIST, '--check', 'admin-token-grants'], mints: 0 },
      { args: ['--check', 'admin-token-issued'], mints: 1 },
    ]
    for (const { args, mints: expected } of selections) {
      const recorder = await proxyTo(gateway.url)
      const { code, stdout } = await nvcf(['run', '--gateway', recorder.url, ...args], {
        cwd: scratch(),
        env: { NVCF_TOKEN: token },
      })
      await recorder.close()
      expect(code, stdout).toBe(0)
      expect(mints(recorder.passed)).toHaveLength(expected)
      expect(
        expected === 1 || recorder.passed.some(({ headers }) => headers.authorization === `Bearer ${token}`),
      ).toBe(true)
    }
  })
})

/** Where each setting of a plan comes from, and what the plan then says. */
interface Source {
  readonly from: string
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
  readonly says: string
}

// biome-ignore format: a table
const SOURCES: readonly Source[] = [
  { from: 'the flag before all',              flags: ['--seed', '1'], env: { NVCF_CONFORMANCE_SEED: '2' }, config: 'seed: 3', says: 'seed 1,' },
  { from: 'the environment before the file',  env: { NVCF_CONFORMANCE_SEED: '2' }, config: 'seed: 3',       says: 'seed 2,' },
  { from: 'the file before the default',      config: 'concurrency: 3',                                     says: 'at most 3 at once' },
  { from: 'the default',                                                                                    says: 'at most 8 at once' },
  { from: 'an empty variable, which is none', env: { NVCF_CONFORMANCE_CONCURRENCY: '' }, config: 'concurrency: 3', says: 'at most 3 at once' },
  { from: 'NVCF_CONFORMANCE_MODE',            env: { NVCF_CONFORMANCE_MODE: 'read-only' },                  says: 'mode read-only' },
  { from: 'NVCF_CONFORMANCE_PROFILE',         env: { NVCF_CONFORMANCE_PROFILE: 'core' },                    says: 'profile core' },
  { from: 'NVCF_CONFORMANCE_RELEASE',         env: { NVCF_CONFORMANCE_RELEASE: 'initial' },                 says: 'Release initial' },
  { from: 'NVCF_CONFORMANCE_OPERATION',       env: { NVCF_CONFORMANCE_OPERATION: `${LIST},${CLUSTER_GROUPS}` }, says: 'on 2 operations' },
  { from: 'NVCF_CONFORMANCE_CHECK',           env: { NVCF_CONFORMANCE_CHECK: 'key-values-differ' },         says: 'on 1 operation' },
  { from: 'a list in the file',               config: 'check: [key-values-differ]',                         says: 'on 1 operation' },
  { from: 'NVCF_CONFORMANCE_CONFIG',          env: { NVCF_CONFORMANCE_CONFIG: 'other.yaml' },               says: 'seed 99,' },
  { from: 'the embedded gateway, by default',                                                               says: 'against the embedded reference gateway' },
  { from: 'GATEWAY_ADDR as host and port',    env: { GATEWAY_ADDR: 'gw.test:8080' },                        says: 'against http://gw.test:8080 (domain gw.test)' },
  { from: 'GATEWAY_ADDR as a host',           env: { GATEWAY_ADDR: 'gw.test' },                             says: 'against http://gw.test (domain gw.test)' },
  { from: 'NVCF_CONFORMANCE_GATEWAY before GATEWAY_ADDR', env: { GATEWAY_ADDR: 'b.test', NVCF_CONFORMANCE_GATEWAY: 'https://a.test/' }, says: 'against https://a.test (domain a.test)' },
  { from: 'GATEWAY_ADDR before the file',     env: { GATEWAY_ADDR: 'b.test' }, config: 'gateway: http://c.test', says: 'against http://b.test' },
  { from: 'NVCF_CONFORMANCE_DOMAIN',          env: { GATEWAY_ADDR: 'gw.test:80', NVCF_CONFORMANCE_DOMAIN: 'NVCF.test' }, says: '(domain nvcf.test)' },
]

describe.concurrent('a setting comes from', () => {
  test.each(SOURCES)('$from', async ({ config, env, flags = [], says }) => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'other.yaml'), 'seed: 99\n')
    if (config !== undefined) writeFileSync(join(cwd, 'nvcf-conformance.yaml'), `${config}\n`)
    const { code, stdout, stderr } = await nvcf(['plan', ...flags], { cwd, ...(env && { env }) })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(says)
  })

  test('the environment for a whole run: GATEWAY_ADDR, the selection, the folder', async () => {
    const cwd = scratch()
    const { code, stderr } = await nvcf(['run'], {
      cwd,
      env: {
        GATEWAY_ADDR: new URL(gateway.url).host,
        NVCF_CONFORMANCE_CHECK: 'scope-grants',
        NVCF_CONFORMANCE_OPERATION: LIST,
        NVCF_CONFORMANCE_SEED: '5',
        NVCF_CONFORMANCE_OUT: 'elsewhere',
      },
    })
    expect(code, stderr).toBe(0)
    const { json, run } = readRecord(join(cwd, 'elsewhere'))
    expect(json.target).toMatchObject({ gateway: gateway.url, embedded: false })
    expect(run).toMatchObject({ seed: 5, selection: { checks: ['scope-grants'], operations: [LIST] } })
  })
})

describe('plan', () => {
  test('prints every request and sends none', async () => {
    let requests = 0
    const counting = await answering((_request, response) => {
      requests++
      response.end()
    })
    const cwd = scratch()
    const { code, stdout } = await nvcf(
      [
        'plan',
        '--gateway',
        counting.url,
        '--check',
        'scope-denies',
        '--check',
        'scope-grants',
        '--seed',
        '3',
      ],
      { cwd },
    )
    await counting.close()
    expect(code).toBe(0)
    expect(requests).toBe(0)
    expect(filesUnder(cwd)).toEqual([])
    expect(stdout).toContain(`grant    ${LIST}  with key [list_functions]`)
    expect(stdout).toContain(`denial   ${REMOVE}  with key [queue_details]`)
    expect(stdout).toMatch(/^Nothing was sent\.$/m)
  })
})
