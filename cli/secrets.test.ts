/**
 * No secret that the suite is given or sees is in anything that it leaves or shows: reports, records, bundles,
 * ledgers, temporary files, both outputs, command lines of processes; not in another encoding either.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { unpack } from '../certification/archive.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { isRecord, text } from '../openapi/json.js'
import { REPORTER_NAMES } from '../reporters/write.js'
import { ask, closedPort, filesUnder, nvcf, type Passed, proxyTo, remaining, scratch } from './testing.js'

/** So much of a secret, in a row, gives it away: 16 characters hold a window of 12 at every fifth place. */
const WINDOW = 12
const STRIDE = 5

/** How often files and processes are looked at while a run goes on, in requests. */
const LOOK_EVERY = 200

/** Every so many characters of a text. */
function* windowsOf(whole: string, stride: number): Generator<string> {
  for (let at = 0; at + WINDOW <= whole.length; at += stride) yield whole.slice(at, at + WINDOW)
}

/** The secret in base64, wherever in a longer text it stood; without the characters that its ends share. */
const inBase64 = (secret: string): string[] =>
  [0, 1, 2].map((offset) => Buffer.from(secret.slice(offset)).toString('base64').slice(0, -4))

const forms = (secret: string): string[] => [
  secret,
  ...inBase64(secret),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
  [...secret].reverse().join(''),
]

/** What the secrets look like in any form, cut into windows. */
const traces = (secrets: Iterable<string>): ReadonlySet<string> =>
  new Set([...secrets].flatMap(forms).flatMap((form) => [...windowsOf(form, 1)]))

/** The windows of the text that give a secret away. */
const found = (haystack: string, known: ReadonlySet<string>): string[] =>
  [...windowsOf(haystack, STRIDE)].filter((window) => known.has(window))

/** The random part of a key, the payload and signature of a token: what stands behind the common start. */
const randomPart = (secret: string): string =>
  secret.startsWith('nvapi-') ? secret.slice(secret.lastIndexOf('-', 20) + 1) : secret.replace(/^[^.]*\./, '')

/** Key values, tokens and the secret ends of upload URLs in answers, and whatever a request carried to say who asks. */
function secretsOf(passed: readonly Passed[]): Set<string> {
  const secrets = new Set<string>()
  for (const { answered, headers } of passed) {
    // The scheme is no secret, and all that there is where the bearer is empty.
    const [, bearer] = /^\S+ +(\S.*)$/.exec(headers.authorization ?? '') ?? []
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

/** What a file says, and what is packed or encoded in it. */
function told(name: string, bytes: Buffer): string[] {
  if (name.endsWith('.zip')) return [...unpack(bytes)].flatMap(([file, own]) => told(file, Buffer.from(own)))
  if (name.endsWith('.gz')) return [gunzipSync(bytes).toString()]
  const plain = bytes.toString()
  const payloads = [...plain.matchAll(/"payload": ?"([\w+/=]+)"/g)].map(([, payload = '']) =>
    Buffer.from(payload, 'base64').toString(),
  )
  return [plain, ...payloads]
}

/** The command lines of all processes. */
const commandLines = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')

/** Folders of a run that nobody else uses, and what is seen in them. */
function watched() {
  const cwd = scratch()
  const places = { work: join(cwd, 'work'), temporary: join(cwd, 'tmp'), home: join(cwd, 'home') }
  for (const place of Object.values(places)) mkdirSync(place)
  const seen = new Map<string, string[]>()
  const keep = (name: string, texts: readonly string[]) =>
    seen.set(name, [...(seen.get(name) ?? []), ...texts])
  return {
    cwd: places.work,
    env: { TMPDIR: places.temporary, HOME: places.home },
    keep,
    /** Looks at files that come and go, and at processes. */
    look() {
      keep('processes', [commandLines()])
      for (const file of filesUnder(cwd).filter((name) => !name.endsWith('.pem')))
        if (existsSync(join(cwd, file))) keep(`passing ${file}`, [readFileSync(join(cwd, file), 'utf8')])
    },
    /** Everything that is there at the end, but what is a secret by itself. */
    everything(): ReadonlyMap<string, readonly string[]> {
      for (const file of filesUnder(cwd).filter((name) => !name.endsWith('.pem')))
        keep(file, told(file, readFileSync(join(cwd, file))))
      return seen
    },
  }
}

function expectNone(seen: ReadonlyMap<string, readonly string[]>, secrets: Iterable<string>): void {
  const known = traces([...secrets].map(randomPart))
  for (const [name, texts] of seen) {
    const leaked = texts.flatMap((one) => found(one, known))
    expect(leaked, `${name} holds parts of secrets`).toEqual([])
  }
  // The search finds what it is meant to find.
  for (const secret of [...secrets].slice(0, 5)) {
    const hidden = randomPart(secret).slice(1, 25)
    expect(found(`{"a":"${hidden}"}`, known)).not.toEqual([])
    expect(found(Buffer.from(`user:${randomPart(secret)}`).toString('base64'), known)).not.toEqual([])
    expect(found(Buffer.from(randomPart(secret)).toString('hex'), known)).not.toEqual([])
  }
}

/** Of the key that signs. */
const PASSPHRASE = 'Zq7-passphrase-of-the-signing-key-Zq7'

const PRODUCT = ['--name', 'N', '--product-version', '1', '--vendor', 'V', '--contact', 'c@v.example']

describe('no secret is in anything that is written or shown', () => {
  test('by a full run, every report, a bundle and its verification', { timeout: 240_000 }, async () => {
    const places = watched()
    const gateway = await startGateway()
    const { value } = await ask(gateway.url, 'api-keys', 'POST /v1/admin/keys')
    const token = text(value) ?? ''
    let requests = 0
    const proxy = await proxyTo(gateway.url, {
      before() {
        if (++requests % LOOK_EVERY === 0) places.look()
      },
    })
    const env = { ...places.env, NVCF_TOKEN: token, NVCF_CONFORMANCE_KEY_PASSPHRASE: PASSPHRASE }
    const asked: readonly (readonly string[])[] = [
      ['init', '--gateway', proxy.url, ...PRODUCT, '--environment', 'E'],
      ['run', ...REPORTER_NAMES.flatMap((name) => ['--reporter', name])],
      ['keygen', '--out', 'key.pem'],
      ['bundle', 'conformance-report/record.json', '--key', 'key.pem', '--out', 'bundle.zip'],
      ['verify', 'bundle.zip', '--key', 'key.pem.pub'],
      ['doctor'],
      ['diff', 'conformance-report/record.json', 'conformance-report/record.json', '--json'],
    ]
    for (const args of asked) {
      const { code, stderr, stdout } = await nvcf(args, { cwd: places.cwd, env })
      expect(code, stdout + stderr).toBe(0)
      places.keep(`outputs of ${args[0]}`, [stdout, stderr])
    }
    await Promise.all([proxy.close(), gateway.close()])
    expect(remaining(gateway.census())).toEqual({})

    const secrets = secretsOf(proxy.passed)
    expect(secrets).toContain(token)
    expect([...secrets].filter((secret) => secret.startsWith('nvapi-')).length).toBeGreaterThan(15)
    const pem = readFileSync(join(places.cwd, 'key.pem'), 'utf8')
      .split('\n')
      .filter((line) => line.length > 40)
    expect(pem.join('')).not.toBe('')
    const seen = places.everything()
    const names = [...seen.keys()].join('\n')
    for (const name of [
      'record.json',
      'report.html',
      'allure-results',
      'bundle.zip',
      'passing work',
      'processes',
    ])
      expect(names).toContain(name)
    const all = [...seen.values()].flat().join('')
    // A ledger as it was passing, and a record and a statement out of the bundle.
    for (const part of ['"intended"', '"schemaVersion"', '"predicateType"'])
      expect(all.includes(part)).toBe(true)
    expectNone(seen, [...secrets, PASSPHRASE, ...pem])
  })

  test('by a run against a gateway that repeats them in every form', async () => {
    const places = watched()
    const gateway = await startGateway()
    const { value } = await ask(gateway.url, 'api-keys', 'POST /v1/admin/keys')
    const token = text(value) ?? ''
    const canary = 'canary-5f0c2b9ae17d4486'
    const proxy = await proxyTo(gateway.url, {
      alter(answer, { headers }) {
        const bearer = headers.authorization?.replace(/^\S+ /, '') ?? ''
        if (answer.status < 400 || bearer === '') return answer
        const body = JSON.stringify({
          ...{ type: 'about:blank', title: bearer, detail: `Denied: Bearer ${bearer}`, apiKey: canary },
          instance: Buffer.from(`user:${bearer}`).toString('base64'),
          hex: Buffer.from(bearer).toString('hex'),
          url: `https://gateway.example/?key=${encodeURIComponent(bearer)}`,
        })
        const { 'content-length': _, ...rest } = answer.headers ?? {}
        return {
          ...answer,
          headers: {
            ...rest,
            'set-cookie': `session=${canary}`,
            'x-auth-token': canary,
            'www-authenticate': `Bearer realm="${bearer}"`,
            location: `https://gateway.example/?token=${bearer}`,
          },
          body,
        }
      },
    })
    const env = { ...places.env, NVCF_TOKEN: token }
    const narrowed = ['--operation', 'GET /v2/nvcf/functions', '--operation', 'POST /v1/keys']
    const reporters = REPORTER_NAMES.flatMap((name) => ['--reporter', name])
    const options = { cwd: places.cwd, env }
    const run = await nvcf(['run', '--gateway', proxy.url, ...narrowed, ...reporters, '--debug'], options)
    const unreachable = await nvcf(['--debug', 'run', '--gateway', await closedPort()], options)
    await Promise.all([proxy.close(), gateway.close()])
    expect([0, 1, 3], run.stderr).toContain(run.code)
    expect(unreachable.code).toBe(2)
    places.keep('outputs', [run.stdout, run.stderr, unreachable.stdout, unreachable.stderr])
    const seen = places.everything()
    // The echoes are there, without what they echo.
    expect([...seen.values()].flat().join('')).toContain('Denied: Bearer [redacted]')
    expectNone(seen, [...secretsOf(proxy.passed), canary])
  })
})
