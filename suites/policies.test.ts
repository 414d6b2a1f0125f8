/**
 * Two plans, one answer: random authorization policies, each a reference gateway over real HTTP, are examined
 * by the engine under both plans, and both must say of them exactly what is so.
 *
 * Replay: fast-check prints seed and path of a failure; they go into `REPLAYABLE`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { plantedPolicy } from '../fixtures/arbitraries/planted-policy.js'
import { Policy, policy } from '../fixtures/arbitraries/policy.js'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { mintAdminToken } from '../fixtures/keys.js'
import { Lab } from '../fixtures/lab.js'
import { Ledger } from '../fixtures/ledger.js'
import { Redactor } from '../fixtures/redact.js'
import { type Asker, Target, type TargetOptions } from '../fixtures/target.js'
import { Validator } from '../fixtures/validator.js'
import { type Contract, findOperation, type Operation, scopesOf } from '../openapi/contract.js'
import { loadContract } from '../openapi/load.js'
import type { ProbeCheck } from './check.js'
import { CHECKS } from './checks/index.js'
import { type Cell, credentialLabel } from './model.js'
import { type MatrixPlan, MODES, plan, running } from './plan.js'
import type { Judgement } from './verdict.js'

vi.setConfig({ testTimeout: 300_000 })

const REPLAYABLE = { seed: 42 }
const POLICIES = 500
const PLANTED = 120

const ALONE = ['scope-grants', 'scope-denies', 'scopeless-key-denies', 'no-credential-denies']
const TOGETHER = ['scopes-deny-together', 'scopes-grant-together', 'scope-sets-compose']

const contract = await loadContract()
const scopes = scopesOf(contract, 'apiKey')

// What a run asks grows with the scopes, and hundreds of runs ask much: these open nothing that is asked there.
const SPARED = ['register_function', 'update_function', 'delete_function', 'list_cluster_groups']
const withFewer: Contract = {
  ...contract,
  scopes: contract.scopes.filter(({ name }) => !SPARED.includes(name)),
}
const fewer = scopesOf(withFewer, 'apiKey')

const operation = (id: string): Operation => {
  const found = findOperation(contract, id)
  if (found === undefined) throw new RangeError(`There is no ${id}`)
  return found
}

// Each leaves to the keys that open it another operation, by which the engine can tell that they are alive.
const READING = [
  'GET /v2/nvcf/functions',
  'GET /v2/nvcf/recognized-registries',
  'GET /v2/nvcf/functions/{functionId}/versions',
  'GET /v2/nvcf/telemetries/{telemetryId}',
  'GET /v2/nvcf/queues/functions/{functionId}',
].map(operation)
const CHANGING = [
  'POST /v2/nvcf/telemetries',
  'DELETE /v2/nvcf/registry-credentials/{registryCredentialId}',
].map(operation)
/** Opened by the first of all scopes, and by the last. */
const AT_THE_ENDS = [
  'GET /v2/nvcf/assets/{assetId}',
  'GET /v2/nvcf/authorizations/functions/{functionId}/versions/{functionVersionId}',
].map(operation)

const scratch = mkdtempSync(join(tmpdir(), 'nvcf-conformance-policies-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const validator = new Validator()
const checks = new Map(
  CHECKS.flatMap((check): [string, ProbeCheck][] => ('tells' in check ? [] : [[check.id, check]])),
)

interface Question {
  readonly of: Contract
  readonly checks: readonly string[]
  readonly operations: readonly Operation[]
  readonly matrix: MatrixPlan
  readonly seed: number
}

const cellsOf = ({ checks, matrix, of, operations, seed }: Question): Cell[] =>
  plan({ ...of, operations }, CHECKS, {
    ...{ profile: 'full', mode: 'full', operations: [], unsupported: [] },
    ...{ checks, matrix, seed },
  })

interface Result extends Judgement {
  readonly cell: Cell
}

interface Examined {
  readonly results: readonly Result[]
  readonly requests: number
}

/** A gateway that follows the policy, with an admin token, while something is asked of it. */
async function asGateway<T>(
  policy: Policy,
  work: (gateway: RunningGateway, admin: Asker) => Promise<T>,
): Promise<T> {
  const gateway = await startGateway({ decide: policy.decide })
  const target = new Target(optionsFor(gateway), new Redactor())
  try {
    return await work(gateway, await mintAdminToken(target, new Redactor()))
  } finally {
    await target.close()
    await gateway.close()
  }
}

const optionsFor = ({ domain, url }: RunningGateway): TargetOptions => ({
  ...{ gateway: url, domain, services: {} },
  ...{ timeoutMs: 10_000, concurrency: 8 },
})

let runs = 0

/** What the engine makes of the gateway, as a run does below vitest. */
async function examine(gateway: RunningGateway, admin: Asker, question: Question): Promise<Examined> {
  const cells = cellsOf(question)
  const runId = `${++runs}`.padStart(8, '0')
  const target = optionsFor(gateway)
  const ledger = Ledger.open(scratch, {
    ...{ run: runId, gateway: target.gateway, domain: target.domain, services: {} },
    ...{ startedAt: new Date().toISOString(), pid: process.pid, host: hostname(), embedded: true },
  })
  const lab = new Lab({
    ...{ contract: question.of, cells, target, admin, ledger: ledger.file, seed: question.seed },
    keys: { runId, issue: question.of.keyIssue },
    account: `nvcf-conformance-${runId}`,
    function: {
      ...{ containerImage: 'registry.example/echo:1', inferenceUrl: '/echo' },
      ...{ readyTimeoutMs: 5000, inFlightRequest: {} },
    },
    effects: MODES.full.effects,
    propagationTimeoutMs: 1000,
  })
  const judged = (some: readonly Cell[]): Promise<Result[]> =>
    Promise.all(
      some.map(async (cell) => {
        const check = checks.get(cell.check)
        if (check === undefined) throw new RangeError(`${cell.check} judges no request`)
        return { cell, ...check.judge(await lab.observe(cell), validator) }
      }),
    )
  try {
    const asked = await judged(running(cells))
    const alone = await Promise.all(question.operations.map(({ id }) => lab.newAlone(id)))
    return { results: [...asked, ...(await judged(alone.flat()))], requests: lab.requests }
  } finally {
    await lab.close()
    ledger.discard()
  }
}

/** How a table of results names what was asked: `GET /v2/… with key [list_functions]`. */
const nameOf = ({ operation: id, probe: { credential } }: Cell): string =>
  `${id} with ${credentialLabel(credential)}`

/** What the policy is, in the words of a verdict. A denial without any documented way in has no control. */
function soughtOf(policy: Policy, { operation: id, probe: { credential, expects } }: Cell): string {
  const asked = operation(id)
  const isOpen = credential.kind === 'key' && policy.opens(asked, credential.scopes)
  if (expects === 'grant') return isOpen ? 'pass' : 'under-grant'
  if (isOpen) return 'over-grant'
  return asked.scopes.some((scope) => policy.opens(asked, [scope])) ? 'pass' : 'inconclusive'
}

const wordFor = ({ deviation, verdict }: Result): string => deviation ?? verdict

const isBeyond = (word: string): boolean => word === 'over-grant' || word === 'under-grant'

/** Where access is not as documented. */
const beyond = (named: Readonly<Record<string, string>>): string[] =>
  Object.entries(named)
    .filter(([, word]) => isBeyond(word))
    .map(([name, word]) => `${word}: ${name}`)
    .sort()

test(`both plans say of ${POLICIES} monotone policies exactly what is so`, async () => {
  const words = new Set<string>()
  await fc.assert(
    fc.asyncProperty(policy(READING, CHANGING, 10, fewer), async (policy) => {
      const question = {
        ...{ of: withFewer, seed: 1, checks: [...ALONE, 'scopes-deny-together'] },
        operations: policy.rules.map((rule) => rule.operation),
      }
      const [exhaustive, grouped] = await asGateway(policy, async (gateway, admin) => [
        await examine(gateway, admin, { ...question, matrix: 'exhaustive' }),
        await examine(gateway, admin, { ...question, matrix: 'grouped' }),
      ])

      const found = ({ results }: Examined) =>
        Object.fromEntries(results.map((result) => [nameOf(result.cell), wordFor(result)]))
      const sought = ({ results }: Examined) =>
        Object.fromEntries(results.map(({ cell }) => [nameOf(cell), soughtOf(policy, cell)]))
      const everyCell = running(cellsOf({ ...question, matrix: 'exhaustive' }))
      for (const result of exhaustive.results) words.add(wordFor(result))
      expect(exhaustive.results).toHaveLength(everyCell.length)
      expect(found(exhaustive)).toEqual(sought(exhaustive))
      expect(found(grouped)).toEqual(sought(grouped))
      expect(beyond(found(grouped))).toEqual(beyond(found(exhaustive)))
    }),
    { ...REPLAYABLE, numRuns: POLICIES },
  )
  expect(words).toEqual(new Set(['pass', 'over-grant', 'under-grant', 'inconclusive']))
})

test(`what scopes do only together, planted ${PLANTED} times, is found by the checks of composition alone`, async () => {
  await fc.assert(
    fc.asyncProperty(
      plantedPolicy([...READING, ...CHANGING, ...AT_THE_ENDS], scopes),
      fc.nat(),
      async (policy, seed) => {
        const operations = policy.rules.map((rule) => rule.operation)
        const checks = [...ALONE, ...TOGETHER]
        const question = { of: contract, matrix: 'exhaustive', operations, checks, seed } as const
        const { results } = await asGateway(policy, (gateway, admin) => examine(gateway, admin, question))

        const failing = results.filter(({ verdict }) => verdict === 'fail')
        expect(failing).not.toEqual([])
        expect(failing.filter(({ cell }) => !TOGETHER.includes(cell.check))).toEqual([])
      },
    ),
    { ...REPLAYABLE, numRuns: PLANTED },
  )
})

/** The contract with so many scopes more that a key can hold and that open nothing. */
const withMore = (count: number): Contract => ({
  ...contract,
  scopes: [
    ...contract.scopes,
    ...Array.from({ length: count }, (_, index) => {
      return { name: `nothing_${index}`, meaning: '', keyKind: 'apiKey' } as const
    }),
  ],
})

/** Requests for each operation, its share of keys, subjects and proofs of life included. */
const GROUPED_REQUESTS = 20

test.each([
  { operations: READING.slice(0, 2), more: 1 },
  { operations: READING.slice(0, 2), more: 60 },
  { operations: [...READING, ...CHANGING], more: 1 },
  { operations: [...READING, ...CHANGING], more: 60 },
])(
  'the grouped plan of $operations.length operations and $more scopes more takes few requests',
  async ({ more, operations }) => {
    const question = {
      of: withMore(more),
      matrix: 'grouped',
      operations,
      checks: [...ALONE, 'scopes-deny-together'],
      seed: 1,
    } as const
    const documented = new Policy([])
    const { requests, results } = await asGateway(documented, (gateway, admin) =>
      examine(gateway, admin, question),
    )
    expect(results.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(requests).toBeLessThanOrEqual(GROUPED_REQUESTS * operations.length)
  },
)
