import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startGateway } from '../fixtures/gateway/server.js'
import { isRecord, text } from '../openapi/json.js'
import { ask, filesUnder, nvcf, type Passed, proxyTo, remaining, scratch } from './testing.js'

/** So much of a secret, in a row, gives it away. */
const WINDOW = 16

/** How often the ledger is copied while the run goes on, in requests. */
const COPY_EVERY = 25

const windowsOf = (whole: string): string[] =>
  Array.from({ length: Math.max(0, whole.length - WINDOW + 1) }, (_, at) => whole.slice(at, at + WINDOW))

/** The secret in base64, wherever in a longer text it stood; without the characters that its ends share. */
const encoded = (secret: string): string[] =>
  [0, 1, 2].map((offset) => Buffer.from(secret.slice(offset)).toString('base64').slice(0, -4))

/** The random part of a key, the payload and signature of a token: what stands behind the common start. */
const randomPart = (secret: string): string =>
  secret.startsWith('nvapi-') ? secret.slice(secret.lastIndexOf('-', 20) + 1) : secret.replace(/^[^.]*\./, '')

/** Key values, tokens and the secret ends of upload URLs in answers, and whatever a request carried to say who asks. */
function secretsOf(passed: readonly Passed[]): Set<string> {
  const secrets = new Set<string>()
  for (const { answered, headers } of passed) {
    const bearer = headers.authorization?.replace(/^Bearer /, '')
    if (bearer !== undefined) secrets.add(bearer)
    const answer: unknown = /^\s*\{/.test(answered) ? JSON.parse(answered) : undefined
    for (const member of ['value', 'access_token', 'uploadUrl']) {
      const value = isRecord(answer) ? text(answer[member]) : undefined
      // Masked values are no secrets.
      if (value !== undefined && !value.includes('*')) secrets.add(value.replace(/^https:.*[/=]/, ''))
    }
  }
  return secrets
}

/** Every run of sixteen characters of the text that is in the set. */
const found = (haystack: string, windows: ReadonlySet<string>): string[] =>
  windowsOf(haystack).filter((window) => windows.has(window))

test('no secret that crossed the wire is in anything that a full run writes', async () => {
  const cwd = scratch()
  const gateway = await startGateway()
  const { value } = await ask(gateway.url, 'api-keys', 'POST /v1/admin/keys')
  const token = text(value) ?? ''
  const ledgers: string[] = []
  let requests = 0
  const proxy = await proxyTo(gateway.url, {
    before() {
      if (++requests % COPY_EVERY === 0)
        ledgers.push(...filesUnder(cwd).map((file) => readFileSync(join(cwd, file), 'utf8')))
    },
  })
  const { code, stdout, stderr } = await nvcf(['run', '--gateway', proxy.url], {
    cwd,
    env: { NVCF_TOKEN: token },
  })
  await Promise.all([proxy.close(), gateway.close()])
  expect(code, stdout + stderr).toBe(0)
  expect(remaining(gateway.census())).toEqual({})

  const secrets = secretsOf(proxy.passed)
  expect(secrets).toContain(token)
  expect([...secrets].filter((secret) => secret.startsWith('nvapi-')).length).toBeGreaterThan(15)
  const windows = new Set(
    [...secrets].flatMap((secret) => [randomPart(secret), ...encoded(randomPart(secret))].flatMap(windowsOf)),
  )
  const files = filesUnder(cwd)
  expect(files.map((file) => file.replace('conformance-report/', ''))).toEqual([
    'junit.xml',
    'record.json',
    'summary.md',
  ])
  expect(ledgers.join('')).toContain('"intended"')
  const written = new Map([
    ['stdout', stdout],
    ['stderr', stderr],
    ['ledger', ledgers.join('\n')],
    ...files.map((file): [string, string] => [file, readFileSync(join(cwd, file), 'utf8')]),
  ])
  for (const [name, content] of written) {
    const leaked = found(content, windows)
    expect(leaked, `${name} holds parts of secrets`).toEqual([])
  }

  // The search finds what it is meant to find.
  const [secret = ''] = secrets
  const hidden = randomPart(secret).slice(3, 30)
  expect(found(`{"a":"${hidden}"}`, windows)).not.toEqual([])
  expect(found(Buffer.from(`user:${randomPart(secret)}`).toString('base64'), windows)).not.toEqual([])
})
