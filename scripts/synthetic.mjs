// The matrix of synthetic contracts, of operations that only read × 100 scopes, at three sizes and in both
// plans: that time grows with the cells and memory stays bounded. Each run is a process of its own, and so
// are the gateway, which only looks at scopes, and the bare loop of undici that sends the same requests.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SIZES = [250, 500, 1000]
const MATRICES = ['exhaustive', 'grouped']
const SCOPES = 100
const CONCURRENCY = 8
/** As many say how fast the bare loop is. */
const BARE_REQUESTS = 20_000
const CHECKS = [
  'scope-grants',
  'scope-denies',
  'scopeless-key-denies',
  'no-credential-denies',
  'scopes-deny-together',
]

const scopeNamed = (index) => `scope_${String(index).padStart(2, '0')}`
const pathOf = (index) => `/v2/nvcf/synthetic/${String(index).padStart(4, '0')}`
const ADMIN = 'nvapi-stg-admin'
/** The documented operation that lends them its answers. */
const MODEL = 'GET /v2/nvcf/functions'

/** The documented contract with so many operations more, each opened by one of scopes that are all theirs. */
async function synthetic(operations) {
  const { loadContract } = await import('../dist/openapi/load.js')
  const contract = await loadContract()
  const model = contract.operations.find(({ id }) => id === MODEL)
  const made = Array.from({ length: operations }, (_, index) => ({
    ...model,
    id: `GET ${pathOf(index)}`,
    path: pathOf(index),
    operationId: `synthetic${index}`,
    scopes: [scopeNamed(index % SCOPES)],
    parameters: [],
  }))
  return {
    ...contract,
    operations: [...contract.operations, ...made],
    scopes: Array.from({ length: SCOPES }, (_, index) => ({
      name: scopeNamed(index),
      meaning: 'Opens what it opens.',
      keyKind: 'apiKey',
    })),
  }
}

/** Issues keys, looks at their scopes, answers as documented. Prints its URL. */
function serve() {
  const keys = new Map()
  const json = (response, status, body, type = 'application/json') => {
    response.writeHead(status, { 'content-type': type })
    response.end(JSON.stringify(body))
  }
  const problem = (request, response, status, title) => {
    const body = { type: 'about:blank', title, status, detail: title, instance: request.url }
    json(response, status, body, 'application/problem+json')
  }
  const issue = (request, response, body) => {
    const id = crypto.randomUUID()
    const value = `nvapi-stg-${id}`
    const scopes = new Set(body.authorizations.policies.flatMap((policy) => policy.scopes))
    keys.set(value, { id, scopes, owner: request.headers['key-owner-id'] })
    json(response, 200, { id, value, status: 'ACTIVE' })
  }
  const ofKeys = (request, response, body) => {
    const id = request.url.split('/')[3]
    const found = [...keys].find(([, key]) => key.id === id)
    if (request.url === '/v1/admin/keys') return json(response, 200, { value: ADMIN })
    if (request.method === 'POST') return issue(request, response, JSON.parse(body))
    if (id === undefined) {
      const owned = [...keys.values()].filter(({ owner }) => owner === request.headers['key-owner-id'])
      return json(response, 200, { keys: owned.map((key) => ({ id: key.id })) })
    }
    if (found === undefined) return problem(request, response, 404, 'Not Found')
    if (request.method === 'GET') return json(response, 200, { id, status: 'ACTIVE' })
    keys.delete(found[0])
    response.writeHead(204).end()
  }
  const ofSynthetic = (request, response) => {
    const bearer = request.headers.authorization?.slice('Bearer '.length)
    const isOpen =
      bearer === ADMIN || keys.get(bearer)?.scopes.has(scopeNamed(Number(request.url.slice(-4)) % SCOPES))
    if (bearer === undefined) return response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    if (!isOpen) return problem(request, response, 403, 'Forbidden')
    json(response, 200, { functions: [] })
  }
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const isOfKeys = request.headers.host.startsWith('api-keys.')
      if (isOfKeys) ofKeys(request, response, Buffer.concat(chunks).toString())
      else ofSynthetic(request, response)
    })
  })
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`)
  })
}

async function prepared(gateway, operations, matrix, out) {
  const { resolveSettings } = await import('../dist/cli/settings.js')
  const { plan } = await import('../dist/suites/plan.js')
  const { CHECKS: all } = await import('../dist/suites/checks/index.js')
  const flags = { gateway, domain: 'localhost', matrix, out, seed: '1', concurrency: String(CONCURRENCY) }
  const settings = await resolveSettings(flags, {})
  const contract = await synthetic(operations)
  const checks = all.filter(({ id }) => CHECKS.includes(id))
  const examined = {
    ...contract,
    operations: contract.operations.filter(({ path }) => path.startsWith('/v2/nvcf/synthetic/')),
  }
  return { settings, contract, cells: plan(examined, checks, settings) }
}

/** One run, as `run` makes it. Prints what it took. */
async function run(gateway, operations, matrix, out) {
  const { runEngine } = await import('../dist/cli/engine.js')
  const { openSession } = await import('../dist/cli/session.js')
  const { recordOf } = await import('../dist/cli/run.js')
  const { writeReports } = await import('../dist/reporters/write.js')
  const { renderConsole } = await import('../dist/reporters/console.js')
  const started = performance.now()
  const { cells, contract, settings } = await prepared(gateway, operations, matrix, out)
  const session = await openSession(settings, contract, cells)
  const engine = await runEngine(session.setup, () => {})
  const reports = await engine.reports
  const examined = performance.now()
  const cleanup = await session.close()
  const record = recordOf(settings, session, { reports, interrupted: false, cleanup })
  const files = await writeReports(record, settings.out)
  renderConsole(record, { width: 100, colour: false, reports: files })
  const ended = performance.now()
  if (record.verdict !== 'conformant') {
    const [bad] = record.cells.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'excluded')
    throw new Error(`${record.verdict}: ${bad?.finding?.message ?? bad?.because}`)
  }
  const result = {
    cells: cells.length,
    requests: record.run.requests,
    examining: examined - started,
    wall: ended - started,
    megabytes: process.resourceUsage().maxRSS / 1024,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

/** The plan's requests, with nothing around them: milliseconds a request. */
async function bare(gateway, operations, matrix, out) {
  const { Agent } = await import('undici')
  const { cells, contract } = await prepared(gateway, operations, matrix, out)
  const agent = new Agent({ connections: CONCURRENCY })
  const values = new Map()
  for (const { probe, leftOut } of cells) {
    const scopes = probe.credential.scopes?.join(' ')
    if (scopes === undefined || leftOut !== undefined || values.has(scopes)) continue
    const { body } = await agent.request({
      origin: gateway,
      path: '/v1/keys',
      method: 'POST',
      headers: { host: 'api-keys.localhost', 'content-type': 'application/json', 'key-owner-id': 'bare' },
      body: JSON.stringify({ authorizations: { policies: [{ scopes: probe.credential.scopes }] } }),
    })
    values.set(scopes, (await body.json()).value)
  }
  const paths = new Map(contract.operations.map(({ id, path }) => [id, path]))
  const planned = cells.filter(({ leftOut }) => leftOut === undefined)
  const started = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < BARE_REQUESTS) {
        const { operation, probe } = planned[next++ % planned.length]
        const value = values.get(probe.credential.scopes?.join(' '))
        const { body } = await agent.request({
          origin: gateway,
          path: paths.get(operation),
          method: 'GET',
          headers: {
            host: 'api.localhost',
            ...(value !== undefined && { authorization: `Bearer ${value}` }),
          },
        })
        const text = await body.text()
        if (text !== '') JSON.parse(text)
      }
    }),
  )
  process.stdout.write(`${JSON.stringify({ rate: (next / (performance.now() - started)) * 1000 })}\n`)
  await agent.close()
}

const self = fileURLToPath(import.meta.url)

/** The process of one of the roles, and the line that it prints. */
async function start(...args) {
  const child = spawn(process.execPath, [self, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) }
  throw new Error(`synthetic ${args.join(' ')} ended without an answer`)
}

/** Makes all runs and answers what they took, line by line. */
export async function* measure(out) {
  const gateway = await start('serve')
  try {
    yield 'plan        operations   cells  requests  seconds  requests/s  of the bare loop  ms/cell  peak MB'
    for (const matrix of MATRICES) {
      for (const operations of SIZES) {
        const { rate } = await start('bare', gateway.url, operations, matrix, out)
        const one = await start('run', gateway.url, operations, matrix, out)
        const own = (one.requests / one.wall) * 1000
        yield [
          matrix.padEnd(10),
          String(operations).padStart(12),
          String(one.cells).padStart(8),
          String(one.requests).padStart(10),
          (one.wall / 1000).toFixed(1).padStart(9),
          own.toFixed(0).padStart(12),
          (own / rate).toFixed(2).padStart(18),
          (one.wall / one.cells).toFixed(3).padStart(9),
          one.megabytes.toFixed(0).padStart(9),
        ].join('')
      }
    }
  } finally {
    gateway.child.kill()
  }
}

const ROLES = { serve, run, bare }
if (process.argv[1] === self) {
  const [role, gateway, operations, matrix, out] = process.argv.slice(2)
  await ROLES[role](gateway, Number(operations), matrix, out)
}
