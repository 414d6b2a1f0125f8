// The scope matrix against the reference gateway in a process of its own, beside a bare loop of undici and
// ajv that sends the same requests at the same concurrency. The two take turns, so that their ratio holds
// on a noisy machine. Then synthetic contracts at three sizes: `documented` and `synthetic` choose one part.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Agent } from 'undici'
import { runEngine } from '../dist/cli/engine.js'
import { openSession, planFor } from '../dist/cli/session.js'
import { resolveSettings } from '../dist/cli/settings.js'
import { measure } from './synthetic.mjs'

const ROUNDS = 5
const CONCURRENCY = 8
const CHECKS = [
  'scope-grants',
  'scope-denies',
  'scopeless-key-denies',
  'admin-token-grants',
  'no-credential-denies',
  'garbage-bearer-denies',
]

const out = mkdtempSync(join(tmpdir(), 'nvcf-bench-'))

async function serve() {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) }
  throw new Error('serve ended before it was ready')
}

/** One run of the suite: milliseconds and requests of its working phase, with what it sent. */
async function suite(settings, contract, cells) {
  const session = await openSession(settings, contract, cells)
  const called = Date.now()
  const engine = await runEngine(session.setup, () => {})
  const reports = await engine.reports
  const wall = Date.now() - called
  await session.close()
  const exchanges = [...new Map(reports.flatMap((report) => report.exchanges.map((x) => [x.id, x]))).values()]
  const first = Math.min(...exchanges.map(({ startedAt }) => Date.parse(startedAt)))
  const last = Math.max(...exchanges.map(({ startedAt, durationMs }) => Date.parse(startedAt) + durationMs))
  const failed = reports.flatMap(({ results }) => results).filter(({ verdict }) => verdict !== 'pass')
  if (failed.length > 0) throw new Error(`${failed.length} cells did not pass: ${failed[0].observed}`)
  return {
    startUp: first - called,
    wall,
    active: last - first,
    requests: Math.max(...reports.map((report) => report.requests)),
    exchanges,
  }
}

const matcher = ({ id, path, method }) => ({
  id,
  method,
  pattern: new RegExp(`^${path.replaceAll(/\{[^}]*\}/g, '[^/]+')}$`),
})

/** A validator for each operation and status, compiled beforehand. */
function validators(contract) {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false })
  addFormats.default(ajv)
  const compiled = new Map()
  for (const { id, responses } of contract.operations) {
    for (const { status, content } of responses) {
      const [schema] = Object.values(content)
      if (schema !== undefined) compiled.set(`${id} ${status}`, ajv.compile(schema))
    }
  }
  const matchers = contract.operations.map(matcher)
  return (method, pathname, status) => {
    const operation = matchers.find(
      (candidate) => candidate.method === method && candidate.pattern.test(pathname),
    )
    return operation && compiled.get(`${operation.id} ${status}`)
  }
}

/** Credentials like those of the run, by the label that evidence gives them. */
async function credentials(url, domain, exchanges, serviceId) {
  const agent = new Agent()
  const post = async (path, headers, body) => {
    const sent = { host: `api-keys.${domain}`, 'content-type': 'application/json', ...headers }
    const { body: answer } = await agent.request({ origin: url, path, method: 'POST', headers: sent, body })
    return (await answer.json()).value
  }
  const bearers = new Map([['garbage bearer', 'garbage']])
  bearers.set('admin token', await post('/v1/admin/keys', {}, '{}'))
  const labels = [...new Set(exchanges.map(({ credential }) => credential))].filter((label) =>
    label.startsWith('key ['),
  )
  for (const [index, label] of labels.entries()) {
    const scopes = label.slice(5, -1).split(' ').filter(Boolean)
    const resources = ['account-functions', 'authorized-functions'].map((type) => ({ id: '*', type }))
    const policies = [{ aud: serviceId, auds: [serviceId], product: 'nv-cloud-functions', resources, scopes }]
    const headers = { 'key-issuer-id': serviceId, 'key-owner-id': `bench-${Date.now()}-${index}` }
    const expires = new Date(Date.now() + 3_600_000).toISOString()
    const body = {
      description: 'bench',
      expires_at: expires,
      authorizations: { policies },
      audience_service_ids: [serviceId],
    }
    bearers.set(label, await post('/v1/keys', headers, JSON.stringify(body)))
  }
  await agent.close()
  return bearers
}

/** The same requests with nothing around them: send, parse, validate. Milliseconds. */
async function bare(url, exchanges, bearers, validatorFor) {
  const agent = new Agent({ connections: CONCURRENCY })
  const queue = exchanges.map(({ credential, request }) => ({
    method: request.method,
    path: new URL(request.url).pathname + new URL(request.url).search,
    headers: {
      ...request.headers,
      ...(bearers.has(credential) && { authorization: `Bearer ${bearers.get(credential)}` }),
      'accept-encoding': 'identity',
    },
    body: request.body,
  }))
  const started = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let item = queue[next++]; item !== undefined; item = queue[next++]) {
        const response = await agent.request({ origin: url, ...item })
        const text = await response.body.text()
        const validate = validatorFor(item.method, item.path.split('?')[0], response.statusCode)
        if (validate !== undefined && text !== '') validate(JSON.parse(text))
      }
    }),
  )
  const elapsed = performance.now() - started
  await agent.close()
  return elapsed
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

async function documented(gateway) {
  const settings = await resolveSettings(
    { gateway: gateway.url, check: CHECKS, out, seed: '1', concurrency: String(CONCURRENCY) },
    {},
  )
  const { contract, cells } = await planFor(settings)
  const validatorFor = validators(contract)
  const rounds = []
  for (let round = 0; round <= ROUNDS; round++) {
    const run = await suite(settings, contract, cells)
    const bearers = await credentials(gateway.url, gateway.domain, run.exchanges, settings.serviceId)
    const bareMs = await bare(gateway.url, run.exchanges, bearers, validatorFor)
    const suiteRate = (run.requests / run.active) * 1000
    const bareRate = (run.exchanges.length / bareMs) * 1000
    // The first round warms both up.
    if (round > 0) rounds.push({ ...run, suiteRate, bareRate, ratio: suiteRate / bareRate })
  }
  const of = (member) => median(rounds.map((round) => round[member]))
  const planned = cells.filter(({ leftOut }) => leftOut === undefined).length
  process.stdout.write(
    [
      `${planned} cells, ${of('requests')} requests, concurrency ${CONCURRENCY}; medians of ${ROUNDS} rounds`,
      `suite      ${of('suiteRate').toFixed(0)} requests/s (${of('active').toFixed(0)} ms sending, ${of('startUp')} ms vitest start-up before, ${of('wall')} ms in all)`,
      `bare loop  ${of('bareRate').toFixed(0)} requests/s`,
      `ratio      ${of('ratio').toFixed(2)} (${Math.min(...rounds.map(({ ratio }) => ratio)).toFixed(2)} to ${Math.max(...rounds.map(({ ratio }) => ratio)).toFixed(2)})`,
      '',
    ].join('\n'),
  )
}

const [part = 'all'] = process.argv.slice(2)
try {
  if (part !== 'synthetic') {
    const gateway = await serve()
    try {
      await documented(gateway)
    } finally {
      gateway.child.kill()
    }
  }
  if (part !== 'documented') for await (const line of measure(out)) process.stdout.write(`${line}\n`)
} finally {
  rmSync(out, { recursive: true, force: true })
}
