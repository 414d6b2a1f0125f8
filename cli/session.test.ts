import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { Ledger, readLedger } from '../fixtures/ledger.js'
import type { Contract } from '../openapi/contract.js'
import { records, select, text } from '../openapi/json.js'
import { loadContract } from '../openapi/load.js'
import { type Cleanup, cleanUp } from './session.js'
import { ask, scratch } from './testing.js'

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

function clean(): Promise<Cleanup> {
  const open = readLedger(ledger.file)
  if (open === undefined) throw new Error('the ledger has no head')
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
