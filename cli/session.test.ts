import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { Ledger, readLedger } from '../fixtures/ledger.js'
import type { Contract } from '../openapi/contract.js'
import { records, select, text } from '../openapi/json.js'
import { loadContract } from '../openapi/load.js'
import { type Cleanup, cleanUp, openSession, planFor } from './session.js'
import { type Flags, resolveSettings } from './settings.js'
import { ask, closedPort, nvcf, type Passed, proxyTo, remaining, scratch } from './testing.js'

const OWN = 'nvcf-conformance-abcd1234-1'
const FOREIGN = 'production-llm'
const PATIENCE = { timeoutMs: 2000, concurrency: 4 }

let gateway: RunningGateway
let contract: Contract
let bearer: string
let ledger: Ledger

beforeEach(async () => {
  gateway = await startGateway()
  contract = await loadContract()
  bearer = text((await ask(gateway.url, 'api-keys', 'POST /v1/admin/keys')).value) ?? ''
  ledger = Ledger.open(join(scratch(), 'out'), {
    run: 'abcd1234',
    gateway: gateway.url,
    domain: gateway.domain,
    services: {},
    startedAt: new Date().toISOString(),
    pid: process.pid,
    host: hostname(),
    embedded: false,
  })
})

afterEach(() => gateway.close())

async function register(name: string): Promise<string> {
  const body = { name, inferenceUrl: '/echo', containerImage: 'registry.example/echo:1' }
  const answer = await ask(gateway.url, 'api', 'POST /v2/nvcf/functions', { bearer, body })
  return text(select(answer, '/function/id')[0]) ?? ''
}

async function names(): Promise<unknown[]> {
  const { functions } = await ask(gateway.url, 'api', 'GET /v2/nvcf/functions', { bearer })
  return records(functions).map(({ name }) => name)
}

function clean(through?: string): Promise<Cleanup> {
  const found = readLedger(ledger.file)
  if (found === undefined) throw new Error('the ledger has no head')
  const open = { ...found, head: { ...found.head, gateway: through ?? found.head.gateway } }
  return cleanUp(open, contract, undefined, contract.keyIssue, PATIENCE)
}

test('what the ledger lists is removed, and the ledger with it', async () => {
  ledger.made(ledger.intend({ kind: 'function', name: OWN }), {
    kind: 'function',
    name: OWN,
    functionId: await register(OWN),
  })
  await register(FOREIGN)
  expect(await clean()).toMatchObject({ leftBehind: [] })
  expect(await names()).toEqual([FOREIGN])
  expect(existsSync(ledger.file)).toBe(false)
})

test('somebody else’s function stays, whatever the ledger was made to believe', async () => {
  const functionId = await register(FOREIGN)
  ledger.made(ledger.intend({ kind: 'function', name: OWN }), { kind: 'function', name: OWN, functionId })
  expect(await clean()).toMatchObject({ leftBehind: [`function ${OWN}`] })
  expect(await names()).toEqual([FOREIGN])
  expect(existsSync(ledger.file)).toBe(true)
})

test('a look-alike of another run stays', async () => {
  ledger.intend({ kind: 'function', name: OWN })
  await register('nvcf-conformance-ffff0000-1')
  expect(await clean()).toMatchObject({ leftBehind: [] })
  expect(await names()).toEqual(['nvcf-conformance-ffff0000-1'])
})

test('what was taken for gone and is still there is found and removed', async () => {
  const sequence = ledger.intend({ kind: 'function', name: OWN })
  await register(OWN)
  ledger.gone(sequence)
  expect(await clean()).toMatchObject({ leftBehind: [] })
  expect(await names()).toEqual([])
})

test('a creation that was not answered is not called gone by those who sent it', () => {
  const sequence = ledger.intend({ kind: 'function', name: OWN })
  ledger.unanswered(sequence)
  ledger.gone(sequence)
  expect(readLedger(ledger.file)?.left).toMatchObject([{ sequence, unanswered: true, thing: { name: OWN } }])
})

test('a target that cannot be reached leaves the ledger and says what may be there', async () => {
  ledger.intend({ kind: 'function', name: OWN })
  // Started first, so that it cannot be given the port of the one that ends.
  const next = await startGateway()
  await gateway.close()
  gateway = next
  expect(await clean()).toMatchObject({ leftBehind: [`function ${OWN}`] })
  expect(existsSync(ledger.file)).toBe(true)
})

/** One of each kind that has a name of its own, under names of the run; and one of somebody else's. */
async function makeThings(marker: string): Promise<void> {
  const post = (line: string, body: object) => ask(gateway.url, 'api', line, { bearer, body })
  const secret = { name: marker, value: 'nothing' }
  await post('POST /v2/nvcf/telemetries', {
    endpoint: `https://telemetry.example.com/${marker}`,
    protocol: 'HTTP',
    provider: 'DATADOG',
    types: ['LOGS'],
    secret,
  })
  await post('POST /v2/nvcf/registry-credentials', {
    registryHostname: `${marker}.example.com`,
    artifactTypes: ['CONTAINER'],
    secret,
  })
}

const intendThings = (name: string): void => {
  for (const kind of ['telemetry', 'registry-credential'] as const) {
    ledger.intend({ kind, name, account: 'nvcf-conformance-abcd1234' })
  }
}

test('things are found by the name in them; those of others stay', async () => {
  await makeThings(OWN)
  await makeThings('nvcf-conformance-ffff0000-1')
  intendThings(OWN)
  expect(await clean()).toMatchObject({ leftBehind: [] })
  expect(remaining(gateway.census())).toEqual({ telemetries: 1, registryCredentials: 1 })
})

test('a list that is none is not an empty one', async () => {
  await makeThings(OWN)
  intendThings(OWN)
  const proxy = await proxyTo(gateway.url, {
    instead: ({ method, path }) =>
      method === 'GET' && path === '/v2/nvcf/telemetries'
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"items":[]}' }
        : undefined,
  })
  const { leftBehind } = await clean(proxy.url)
  await proxy.close()
  expect(leftBehind).toEqual([
    `telemetry ${OWN}`,
    'unknown: whether there is a telemetry more: they could not all be listed',
  ])
  expect(existsSync(ledger.file)).toBe(true)
  expect(remaining(gateway.census())).toEqual({ telemetries: 1 })
})

test('what cannot be listed is removed by an identifier that leads to the name', async () => {
  await makeThings(OWN)
  const { telemetries } = await ask(gateway.url, 'api', 'GET /v2/nvcf/telemetries', { bearer })
  const id = text(records(telemetries)[0]?.telemetryId) ?? ''
  ledger.intend({ kind: 'telemetry', name: OWN, account: 'x', id })
  const asked: Passed[] = []
  const proxy = await proxyTo(gateway.url, {
    before: (passed) => void asked.push(passed),
    instead: ({ path }) => (path === '/v2/nvcf/telemetries' ? { status: 500 } : undefined),
  })
  await clean(proxy.url)
  await proxy.close()
  const removals = asked.filter(({ method, host }) => method === 'DELETE' && host.startsWith('api.'))
  expect(removals.map(({ path }) => path)).toEqual([`/v2/nvcf/telemetries/${id}`])
  expect(remaining(gateway.census())).toEqual({ registryCredentials: 1 })
})

test('tasks are looked for on every page, and pages that turn in circles end', async () => {
  const cursors: string[] = []
  const page = (cursor: string | null) => ({ tasks: [], limit: 100, cursor: cursor === null ? 'a' : 'b' })
  const proxy = await proxyTo(gateway.url, {
    instead: ({ method, path }) => {
      const url = new URL(path, gateway.url)
      if (method !== 'GET' || url.pathname !== '/v1/nvct/tasks') return undefined
      cursors.push(url.searchParams.get('cursor') ?? '')
      const body = JSON.stringify(page(url.searchParams.get('cursor')))
      return { status: 200, headers: { 'content-type': 'application/json' }, body }
    },
  })
  ledger.intend({ kind: 'task', name: OWN, account: 'x' })
  const { leftBehind } = await clean(proxy.url)
  await proxy.close()
  expect(leftBehind).toContain(`task ${OWN}`)
  expect(cursors.slice(0, 3)).toEqual(['', 'a', 'b'])
  expect(cursors.length).toBeLessThan(20)
})

/** What a run of one operation would begin with; it is ended at once. */
async function opened(flags: Flags) {
  const settings = await resolveSettings(
    { operation: ['GET /v2/nvcf/functions'], out: join(scratch(), 'out'), ...flags },
    {},
  )
  const { cells, contract: planned } = await planFor(settings)
  const { close, identity, replayTarget } = await openSession(settings, planned, cells)
  expect(await close()).toMatchObject({ leftBehind: [] })
  return { identity, replayTarget }
}

const configOf = (...lines: readonly string[]): string => {
  const file = join(scratch(), 'my settings.yaml')
  writeFileSync(file, lines.join('\n'))
  return file
}

describe('a session', () => {
  test('knows the reference gateway by its word, wherever it is served', async () => {
    expect((await opened({ gateway: gateway.url })).identity).toEqual({
      ...{ gateway: gateway.url, domain: '127.0.0.1', embedded: false, reference: true },
    })
    const proxy = await proxyTo(gateway.url)
    expect((await opened({ gateway: proxy.url })).identity).toMatchObject({ reference: true })
    await proxy.close()
    expect((await opened({})).identity).toMatchObject({ embedded: true, reference: true })
  })

  test('takes a gateway that does not say so for another', async () => {
    const unnamed = await startGateway({ variations: ['unnamed-server'] })
    const { identity } = await opened({ gateway: unnamed.url })
    await unnamed.close()
    expect(identity).toMatchObject({ embedded: false, reference: false })
  })

  test('says how to come again: to the same target, by the same file', async () => {
    const config = configOf('account: shared')
    const { replayTarget } = await opened({ gateway: gateway.url, domain: 'a.test', config })
    expect(replayTarget).toBe(` --gateway ${gateway.url} --domain a.test --config "${config}"`)
    expect((await opened({ release: 'current' })).replayTarget).toBe(' --release current')
    expect((await opened({ mode: 'read-only' })).replayTarget).toBe(' --mode read-only')
  })

  test('names the address of a service that has one of its own, where nobody answers there', async () => {
    const tasks = await closedPort()
    const config = configOf('services:', `  tasks: ${tasks}`, 'operation: GET /v1/nvct/tasks')
    const failed = opened({ gateway: gateway.url, config, operation: undefined })
    await expect(failed).rejects.toThrow(
      `Nothing listens at ${tasks}. Start the gateway, or correct 'services.tasks' in the config.`,
    )
  })

  test('names the setting of a service whose own address serves something else', async () => {
    const page = await proxyTo(gateway.url, { instead: () => ({ status: 404, body: 'nothing here' }) })
    const config = configOf('services:', `  tasks: ${page.url}`)
    const failed = opened({ gateway: gateway.url, config, operation: ['GET /v1/nvct/tasks'] })
    await expect(failed).rejects.toThrow(
      `${page.url} answers, but not for the Host ${new URL(page.url).host} (404). Correct 'services.tasks' in the config. If this target`,
    )
    await page.close()
  })
})

test('a run that cannot be made leaves the record of an earlier one, and says whose it is', async () => {
  const cwd = scratch()
  const out = join(cwd, 'earlier')
  mkdirSync(out)
  writeFileSync(join(out, 'record.json'), 'of last night')
  const where = join('earlier', 'record.json')
  const asked = [
    ['--gateway', await closedPort()],
    ['--check', 'nope'],
    ['--waivers', 'absent.yaml'],
  ]
  for (const args of asked) {
    const { code, stderr } = await nvcf(['run', ...args, '--out', 'earlier'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(`${where} is of an earlier run; this one wrote none.\nerror: `)
  }
  expect(readFileSync(join(out, 'record.json'), 'utf8')).toBe('of last night')
  const { stderr } = await nvcf(['run', '--check', 'nope', '--out', 'other'], { cwd })
  expect(stderr).not.toContain('earlier run')
})
