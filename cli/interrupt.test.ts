import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startGateway } from '../fixtures/gateway/server.js'
import { expiryFrom } from '../fixtures/keys.js'
import { readLedger } from '../fixtures/ledger.js'
import { records, text } from '../openapi/json.js'
import {
  ask,
  filesUnder,
  nvcf,
  type Passed,
  proxyTo,
  readRecord,
  remaining,
  scratch,
  start,
} from './testing.js'

const LIST = 'GET /v2/nvcf/functions'
const REMOVE = 'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'
const UPDATE = 'PUT /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'

const CREATE_ACCOUNT = 'POST /v2/nvcf/accounts/{ncaId}'

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/** Makes and removes functions for as long as an interruption needs. */
const WRITING = ['--operation', REMOVE, '--operation', UPDATE]

const SERVICE_ID = 'nvidia-cloud-functions-ncp-service-id-aketm'

/** "A few seconds", on a machine that has other things to do. */
const SOON_MS = 20_000

const isCreation = ({ method, path }: Passed): boolean => method === 'POST' && path === '/v2/nvcf/functions'

/** Resolves when it is asked to for the n-th time. */
function nth(count: number): { readonly reached: Promise<void>; again(): boolean } {
  let seen = 0
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return {
    reached,
    again() {
      seen++
      if (seen === count) reach()
      return seen >= count
    },
  }
}

const never = (): Promise<void> => new Promise(() => undefined)

const ledgersIn = (cwd: string): string[] => filesUnder(cwd).filter((file) => file.includes('ledger'))

/** A gateway behind a proxy that, from the third function made, no longer says what became of it. */
async function mutedGateway() {
  const gateway = await startGateway()
  const third = nth(3)
  let muted = true
  const proxy = await proxyTo(gateway.url, {
    before: (passed) => (muted && isCreation(passed) && third.again() ? never() : undefined),
  })
  return {
    gateway,
    proxy,
    /** Resolves when a function exists whose maker does not know its id. */
    muted: third.reached,
    unmute() {
      muted = false
    },
    async close() {
      await Promise.all([proxy.close(), gateway.close()])
    },
  }
}

describe.concurrent('a run that is told to stop', () => {
  test('by SIGINT: writes what was decided, leaves nothing, exit 3', async () => {
    const cwd = scratch()
    const gateway = await startGateway({ variations: ['delayed'] })
    const run = start(['run', '--gateway', gateway.url], { cwd })
    await run.says(/^20% /m)
    const asked = performance.now()
    run.kill('SIGINT')
    const { code, stdout, stderr } = await run.ended
    await gateway.close()

    expect(performance.now() - asked).toBeLessThan(SOON_MS)
    expect(code, stderr).toBe(3)
    expect(stderr).toContain('Stopping')
    expect(stdout).toMatch(/^\? inconclusive: [1-9]\d* passed, /)
    expect(remaining(gateway.census())).toEqual({})
    expect(ledgersIn(cwd)).toEqual([])
    const { json, run: particulars, counts, ran } = readRecord(join(cwd, 'conformance-report'))
    expect(particulars.interrupted).toBe(true)
    expect(json).toMatchObject({ certifying: false, leftBehind: [] })
    expect(counts).toMatchObject({ fail: 0, error: 0, excluded: 0 })
    const undecided = ran.filter(({ verdict }) => verdict === 'inconclusive')
    expect(undecided.length).toBeGreaterThan(0)
    expect(undecided.every(({ because }) => text(because) !== undefined)).toBe(true)
  })

  test.each(['SIGTERM', 'SIGHUP'] as const)(
    'by %s while a function is being made: finds it by its name and removes it',
    async (signal) => {
      const cwd = scratch()
      const target = await mutedGateway()
      const run = start(['run', '--gateway', target.proxy.url, ...WRITING], { cwd })
      await run.sees(target.muted)
      run.kill(signal)
      const { code, stderr } = await run.ended
      await target.close()

      expect(code, stderr).toBe(3)
      expect(remaining(target.gateway.census())).toEqual({})
      expect(ledgersIn(cwd)).toEqual([])
      expect(readRecord(join(cwd, 'conformance-report')).run.interrupted).toBe(true)
    },
  )

  test('before accounts were asked for: none was made, and none is said to be left', async () => {
    const cwd = scratch()
    const gateway = await startGateway()
    const first = nth(1)
    let answer = (): void => undefined
    const stopped = new Promise<void>((resolve) => {
      answer = resolve
    })
    const proxy = await proxyTo(gateway.url, {
      before({ method, path }) {
        if (method !== 'POST' || !path.includes('/accounts/')) return
        first.again()
        return stopped
      },
    })
    const run = start(['run', '--gateway', proxy.url, '--operation', CREATE_ACCOUNT, '--concurrency', '1'], {
      cwd,
    })
    await run.sees(first.reached)
    run.kill('SIGINT')
    await run.says(/Stopping/)
    // Between the process that is told and the thread that sends.
    await sleep(500)
    answer()
    const { code, stderr, stdout } = await run.ended
    await Promise.all([proxy.close(), gateway.close()])
    // Nothing was decided.
    expect(code, stderr).toBe(2)
    expect(stdout).not.toContain('Left behind')
    expect(remaining(gateway.census())).toEqual({})
    expect(ledgersIn(cwd)).toEqual([])
  })

  test('by whom nobody reads any more: goes on to its end', async () => {
    const cwd = scratch()
    const gateway = await startGateway()
    const narrowed = `--check scope-denies --operation "${LIST}" --out report`
    const shell = `"${process.execPath}" "${MAIN}" run --gateway ${gateway.url} ${narrowed} 2>&1 | head -n 1; exit "\${PIPESTATUS[0]}"`
    const { stdout } = await promisify(execFile)('bash', ['-c', shell], { cwd })
    await gateway.close()
    expect(stdout.split('\n')).toHaveLength(2)
    expect(readRecord(join(cwd, 'report')).json.verdict).toBe('conformant')
    expect(remaining(gateway.census())).toEqual({})
  })

  test('twice: ends at once with exit 2, and sweep removes what is left', async () => {
    const cwd = scratch()
    const target = await mutedGateway()
    let stopped = false
    const proxy = await proxyTo(target.proxy.url, { before: () => (stopped ? never() : undefined) })
    const run = start(['run', '--gateway', proxy.url, '--out', 'elsewhere', ...WRITING], { cwd })
    await run.sees(target.muted)
    stopped = true
    run.kill('SIGINT')
    await run.says(/Stopping/)
    run.kill('SIGINT')
    const { code, stderr } = await run.ended
    expect(code, stderr).toBe(2)
    expect(stderr).toContain(`'nvcf-conformance sweep --out "elsewhere"'`)

    stopped = false
    target.unmute()
    const swept = await nvcf(['sweep', '--out', 'elsewhere'], { cwd })
    await Promise.all([proxy.close(), target.close()])
    expect(swept.code, swept.stdout).toBe(0)
    expect(remaining(target.gateway.census())).toEqual({})
  })

  test('when everything is decided already: keeps the verdict and still cleans up', async () => {
    const cwd = scratch()
    const gateway = await startGateway()
    const revocation = nth(1)
    const proxy = await proxyTo(gateway.url, {
      before: ({ method }) => void (method === 'DELETE' && revocation.again()),
    })
    const run = start(['run', '--gateway', proxy.url, '--check', 'scope-grants', '--operation', LIST], {
      cwd,
    })
    await run.sees(revocation.reached)
    run.kill('SIGINT')
    const { code, stderr } = await run.ended
    await Promise.all([proxy.close(), gateway.close()])
    expect(code, stderr).toBe(0)
    expect(remaining(gateway.census())).toEqual({})
    expect(ledgersIn(cwd)).toEqual([])
  })
})

describe.concurrent('a run that is killed', () => {
  test('leaves a ledger without secrets, by which sweep removes its things and nobody else’s', async () => {
    const cwd = scratch()
    const target = await mutedGateway()
    const { url } = target.gateway
    const { value: token } = await ask(url, 'api-keys', 'POST /v1/admin/keys')
    const bearer = text(token) ?? ''
    const makeFunction = (name: string) =>
      ask(url, 'api', 'POST /v2/nvcf/functions', {
        bearer,
        body: { name, inferenceUrl: '/echo', containerImage: 'registry.example/echo:1' },
      })
    const makeKey = (owner: string, description: string) =>
      ask(url, 'api-keys', 'POST /v1/keys', {
        headers: { 'key-issuer-id': SERVICE_ID, 'key-issuer-service': 'nvcf-api', 'key-owner-id': owner },
        body: { description, expires_at: expiryFrom(new Date()), authorizations: {} },
      })
    await makeFunction('nvcf-conformance-1')
    await makeKey('nvcf-conformance-0-1@nvcf-api.local', 'nvcf-conformance 1')

    const run = start(['run', '--gateway', target.proxy.url, ...WRITING], { cwd })
    await run.sees(target.muted)
    run.kill('SIGKILL')
    expect((await run.ended).code).toBeNull()
    target.unmute()

    const [file = '', ...more] = ledgersIn(cwd)
    expect(more).toEqual([])
    const left = (readLedger(join(cwd, file))?.left ?? []).map(({ thing }) => thing)
    const functions = left.filter((thing) => thing.kind === 'function')
    const keys = left.filter((thing) => thing.kind === 'key')
    expect(functions.some(({ functionId }) => functionId === undefined)).toBe(true)
    expect(keys.length).toBeGreaterThan(0)
    const ledger = readFileSync(join(cwd, file), 'utf8')
    const issued = target.proxy.passed.flatMap(({ answered, path }) => {
      const answer: unknown = path.endsWith('/keys') ? JSON.parse(answered) : undefined
      return records([answer]).flatMap(({ value }) => text(value) ?? [])
    })
    // Those asked for last were not answered any more; of each that was, the value has crossed the wire.
    const known = keys.filter(({ keyId }) => keyId !== undefined)
    expect(known.length).toBeGreaterThan(0)
    expect(issued.length).toBeGreaterThan(known.length - 1)
    expect(issued.filter((secret) => ledger.includes(secret.slice(-16)))).toEqual([])

    // Others may have names that begin like the run's, or the same in another owner's hands.
    await Promise.all(functions.map(({ name }) => makeFunction(`${name}x`)))
    const [key] = keys
    await makeKey(`${key?.ownerId}x`, key?.description ?? '')
    const others = { functions: 1 + functions.length, keys: 2 }

    const swept = await nvcf(['sweep'], { cwd })
    expect(swept.code, swept.stdout + swept.stderr).toBe(0)
    expect(swept.stdout).toContain(`against ${target.proxy.url}: ${left.length} to remove`)
    expect(swept.stdout).toContain('Nothing is left.')
    expect(target.gateway.census()).toMatchObject(others)
    const listed = await ask(url, 'api', LIST, { bearer })
    expect(
      records(listed.functions)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['nvcf-conformance-1', ...functions.map(({ name }) => `${name}x`)].sort())
    expect(ledgersIn(cwd)).toEqual([])

    const again = await nvcf(['sweep'], { cwd })
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('Nothing to sweep')
    expect(target.gateway.census()).toMatchObject(others)
    await target.close()
  })
})

describe.concurrent('a target that dies in the middle of a run', () => {
  test('leaves it undecided, says what it could not remove, and keeps the list of it', async () => {
    const cwd = scratch()
    const target = await mutedGateway()
    const run = start(['run', '--gateway', target.proxy.url, ...WRITING], { cwd })
    await run.sees(target.muted)
    await target.close()
    const { code, stdout, stderr } = await run.ended
    expect(code, stderr).toBe(3)
    expect(stdout).toMatch(/^\? inconclusive/)
    const { json, counts, run: particulars } = readRecord(join(cwd, 'conformance-report'))
    expect(particulars.interrupted).toBe(false)
    expect(counts).toMatchObject({ fail: 0, error: 0 })
    expect(json.certifying).toBe(false)
    expect(json.leftBehind).not.toEqual([])
    expect(ledgersIn(cwd)).toHaveLength(1)

    const swept = await nvcf(['sweep'], { cwd })
    expect(swept.code).toBe(3)
    expect(swept.stdout).toMatch(/^ {2}not known to be gone: function nvcf-conformance-/m)
    expect(swept.stdout).toContain('Sweep again when the gateway is well')
    expect(swept.stderr).not.toMatch(/^ {4}at /m)
    expect(ledgersIn(cwd)).toHaveLength(1)
  })
})

describe.concurrent('sweep', () => {
  const ledgerOf = (pid: number, startedAt: Date) =>
    JSON.stringify({
      head: {
        ...{ run: '0badcafe', gateway: 'http://127.0.0.1:9', domain: 'gateway.example', services: {}, pid },
        ...{ startedAt: startedAt.toISOString(), host: hostname(), embedded: true },
      },
    })
  const withLedger = (text: string): string => {
    const cwd = scratch()
    mkdirSync(join(cwd, 'conformance-report', 'ledger'), { recursive: true })
    writeFileSync(join(cwd, 'conformance-report', 'ledger', '0badcafe.jsonl'), `${text}\n`)
    return cwd
  }

  test('leaves the ledger of a run that is under way alone', async () => {
    const cwd = withLedger(ledgerOf(process.pid, new Date()))
    const { code, stdout } = await nvcf(['sweep'], { cwd })
    expect(stdout).toContain('still under way')
    expect(code).toBe(3)
    expect(ledgersIn(cwd)).toHaveLength(1)
  })

  test('takes a process that started later than the run for another one', async () => {
    const cwd = withLedger(ledgerOf(process.pid, new Date(Date.now() - 7 * 24 * 60 * 60 * 1000)))
    const { code, stdout } = await nvcf(['sweep'], { cwd })
    expect(stdout).toContain('all is gone with it')
    expect(code).toBe(0)
    expect(ledgersIn(cwd)).toEqual([])
  })

  test.each(['', 'garbage', '{"head":{"run":1}}'])(
    'says of the ledger %j that it cannot be read',
    async (text) => {
      const cwd = withLedger(text)
      const { code, stdout } = await nvcf(['sweep'], { cwd })
      expect(stdout).toContain('0badcafe.jsonl cannot be read as a ledger')
      expect(stdout).not.toMatch(/Nothing (is left|to sweep)/)
      expect(code).toBe(3)
      expect(ledgersIn(cwd)).toHaveLength(1)
    },
  )
})
