import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { closedPort, filesUnder, nvcf, proxyTo, remaining, scratch, selfSigned } from './testing.js'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway()
  return gateway.close
})

afterAll(() => expect(remaining(gateway.census())).toEqual({}))

interface Options {
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
}

/** What doctor says of each step: its mark, the detail and the mend. */
interface Step {
  readonly mark: string
  readonly step: string
  readonly detail: string
  readonly mend: string
}

const STEP = /^([✓✗!-]) (.{12}) (.*)$/

function stepsIn(stdout: string): Step[] {
  const steps: Step[] = []
  for (const line of stdout.split('\n').filter((one) => one !== '')) {
    const [, mark, step = '', detail = ''] = STEP.exec(line) ?? []
    const last = steps.at(-1)
    if (mark !== undefined) steps.push({ mark, step: step.trim(), detail, mend: '' })
    else if (last !== undefined && line.startsWith('    '))
      steps[steps.length - 1] = { ...last, mend: line.trim() }
    else throw new Error(`what is '${line}'?`)
  }
  return steps
}

async function examined(url: string | undefined, { config, env = {}, flags = [] }: Options = {}) {
  const cwd = scratch()
  if (config !== undefined) writeFileSync(join(cwd, 'nvcf-conformance.yaml'), config)
  const where = url === undefined ? [] : ['--gateway', url]
  const { code, stderr, stdout } = await nvcf(['doctor', ...where, ...flags], { cwd, env })
  const steps = stepsIn(stdout)
  const of = (name: string) => steps.filter(({ step }) => step === name)
  return { code, stderr, stdout, steps, of, bad: steps.filter(({ mark }) => mark === '✗'), cwd }
}

const without = (config: string | undefined): string[] =>
  config === undefined ? [] : ['nvcf-conformance.yaml']

/** Marks of the steps named, in the order in which they are told. */
const marks = (steps: readonly Step[]): string => steps.map(({ mark }) => mark).join('')

describe.concurrent('doctor', () => {
  test('finds nothing wrong with the reference gateway, says what it is, and leaves it as it was', async () => {
    const proxy = await proxyTo(gateway.url)
    const { bad, code, cwd, of, stderr, stdout, steps } = await examined(proxy.url)
    await proxy.close()
    expect({ code, bad }).toEqual({ code: 0, bad: [] })
    expect(steps.map(({ step }) => step)).toEqual([
      ...['suite', 'settings', 'release', 'plan', 'output', 'address', 'TLS', 'clock', 'Host', 'target'],
      ...['Host', 'Host', 'Host', 'Host', 'admin token', 'key', 'task key', 'clean-up'],
    ])
    expect(of('Host').map(({ detail }) => detail.split(' ')[0])).toEqual(
      ['api', 'api-keys', 'invocation', 'tasks', 'sis'].map((service) => `${service}.127.0.0.1`),
    )
    expect(of('settings')[0]?.detail).toBe('gateway from --gateway; all else by default')
    expect(of('release')[0]?.detail).toMatch(/^current: \d+ operations$/)
    expect(of('suite')[0]?.detail).toMatch(/^nvcf-conformance \d/)
    expect(of('target')[0]).toMatchObject({
      mark: '-',
      detail: 'the reference gateway of the suite: no record of it certifies',
    })
    expect(stderr).toMatch(/^Sends what a run begins with and no more: [^\n]*\n$/)
    expect(filesUnder(cwd)).toEqual([])
    // What it makes are keys, which it looks for and revokes.
    const changing = proxy.passed.filter(({ method }) => method !== 'GET')
    expect(changing.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}$/, '{id}')}`)).toEqual(
      [
        ...['POST /v1/admin/keys', 'POST /v1/keys', 'POST /v1/keys'],
        ...['DELETE /v1/keys/{id}', 'DELETE /v1/keys/{id}'],
      ],
    )
    const secrets = changing.flatMap(({ answered }) => /"value":"([^"]+)"/.exec(answered)?.[1] ?? [])
    expect(secrets).toHaveLength(3)
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret)
  })

  test('examines the embedded gateway where none is named', async () => {
    const { bad, code, of } = await examined(undefined)
    expect({ code, bad }).toEqual({ code: 0, bad: [] })
    expect(of('settings')[0]?.detail).toBe('all by default')
    expect(of('target')).toHaveLength(1)
  })

  test('tells of runs that left something, and of the command that removes it', async () => {
    const out = scratch()
    mkdirSync(join(out, 'ledger'))
    writeFileSync(join(out, 'ledger', '0badcafe.jsonl'), 'cut short')
    const { code, steps } = await examined(undefined, { config: `out: ${out}` })
    expect(code).toBe(0)
    expect(steps.at(-1)).toEqual({
      ...{ mark: '!', step: 'clean-up' },
      detail: `${out} tells of 1 run that left something, or is still under way`,
      mend: `'nvcf-conformance sweep --out "${out}"' removes it once the target lets it.`,
    })
  })

  test('says that nothing listens, and what it could not ask for that', async () => {
    const { bad, code, of, steps } = await examined(await closedPort())
    expect(code).toBe(2)
    expect(bad).toMatchObject([{ step: 'address', mend: 'Start the gateway, or correct --gateway.' }])
    expect(
      marks([...of('clock'), ...of('Host'), ...of('admin token'), ...of('key'), ...of('task key')]),
    ).toBe('---------')
    expect(steps.at(-1)).toMatchObject({ mark: '✓', step: 'clean-up' })
  })

  test('names the services that a gateway lacks, and goes on', async () => {
    const initial = await startGateway({ release: 'initial' })
    const lacking = await examined(initial.url)
    expect(lacking.code).toBe(2)
    expect(lacking.bad).toMatchObject([
      { step: 'Host', detail: expect.stringContaining('the Host tasks.127.0.0.1 (404)') },
    ])
    expect(lacking.bad[0]?.mend).toContain('unsupported: ["Task Management"')
    expect(marks([...lacking.of('admin token'), ...lacking.of('key'), ...lacking.of('task key')])).toBe('✓✓✓')
    // The mend, made.
    const unsupported = /unsupported: \[.*\]/.exec(lacking.bad[0]?.mend ?? '')?.[0] ?? ''
    const mended = await examined(initial.url, { config: unsupported })
    expect(remaining(initial.census())).toEqual({})
    await initial.close()
    expect({ code: mended.code, bad: mended.bad }).toEqual({ code: 0, bad: [] })
    expect(mended.of('Host')[3]).toMatchObject({
      mark: '-',
      detail: 'tasks.127.0.0.1 is not asked: left out by these settings',
    })
  })

  test('tells another domain from a gateway that is not there', async () => {
    const elsewhere = await startGateway({ domain: 'a.example' })
    const wrong = await examined(elsewhere.url, { flags: ['--domain', 'b.example'] })
    const right = await examined(elsewhere.url, { config: 'domain: a.example' })
    await elsewhere.close()
    expect(wrong.code).toBe(2)
    expect(marks(wrong.of('Host'))).toBe('✗✗✗✗✗')
    expect(wrong.of('Host')[0]?.mend).toContain('--domain')
    expect(wrong.of('address')[0]?.mark).toBe('✓')
    expect(wrong.of('key')[0]).toMatchObject({
      mark: '-',
      detail: 'not tried: api-keys.b.example does not answer',
    })
    expect({ code: right.code, bad: right.bad }).toEqual({ code: 0, bad: [] })
    expect(right.of('settings')[0]?.detail).toBe(
      'gateway from --gateway, domain from nvcf-conformance.yaml; all else by default',
    )
  })

  test('refuses a token that the gateway does not accept, and still has a key issued', async () => {
    const { bad, code, of, stdout } = await examined(gateway.url, {
      env: { NVCF_TOKEN: 'stale-token-of-tests' },
    })
    expect(code).toBe(2)
    expect(bad).toMatchObject([
      { step: 'admin token', mend: 'Renew it, or unset NVCF_TOKEN to have one minted.' },
    ])
    expect(of('key')[0]?.mark).toBe('✓')
    expect(of('settings')[0]?.detail).toContain('admin token from NVCF_TOKEN')
    expect(stdout).not.toContain('stale-token-of-tests')
  })

  test('refuses issuers that the gateway does not know', async () => {
    const { bad, code } = await examined(gateway.url, {
      env: { SERVICE_ID: 'somebody-else' },
      config: 'taskServiceId: somebody-else',
    })
    expect(code).toBe(2)
    expect(bad).toMatchObject([
      { step: 'key', mend: expect.stringContaining('SERVICE_ID') },
      { step: 'task key', mend: expect.stringContaining('taskServiceId') },
    ])
  })

  test('says what stays where a key cannot be revoked', async () => {
    const own = await startGateway()
    const proxy = await proxyTo(own.url, {
      instead: ({ method }) => (method === 'DELETE' ? { status: 500 } : undefined),
    })
    const { bad, code, cwd } = await examined(proxy.url)
    await Promise.all([proxy.close(), own.close()])
    expect(code).toBe(2)
    expect(bad).toMatchObject([
      { step: 'clean-up', detail: expect.stringMatching(/^still there: key 'nvcf-conformance /) },
    ])
    expect(bad[0]?.mend).toContain('nvcf-conformance sweep')
    expect(filesUnder(cwd)).toEqual([expect.stringMatching(/^conformance-report\/ledger\/\w+\.jsonl$/)])
  })

  test.each([
    { what: 'ahead of', by: 5 * 60_000 },
    { what: 'behind', by: -5 * 60_000 },
  ])('warns of a clock that is $what ours', async ({ by, what }) => {
    const proxy = await proxyTo(gateway.url, {
      instead: ({ path }) =>
        path === '/v2/nvcf/functions'
          ? { status: 401, headers: { date: new Date(Date.now() + by).toUTCString() } }
          : undefined,
    })
    const { code, of } = await examined(proxy.url)
    await proxy.close()
    expect(code).toBe(0)
    expect(of('clock')[0]).toMatchObject({ mark: '!', mend: expect.stringContaining('NTP') })
    const [, seconds] = /^the target's is (\d+) seconds /.exec(of('clock')[0]?.detail ?? '') ?? []
    expect(Math.abs(Number(seconds) - 300)).toBeLessThan(5)
    expect(of('clock')[0]?.detail).toContain(` ${what} this machine's`)
    // It did not say what it is.
    expect(of('target')).toEqual([])
  })

  test('tells a web page from an API', async () => {
    const proxy = await proxyTo(gateway.url, {
      instead: ({ host }) =>
        host.startsWith('api.')
          ? { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }
          : undefined,
    })
    const { bad, code, of } = await examined(proxy.url)
    await proxy.close()
    expect(code).toBe(2)
    expect(bad).toMatchObject([
      {
        step: 'Host',
        detail: expect.stringContaining('HTML'),
        mend: expect.stringContaining('proxy or login page'),
      },
    ])
    expect(marks([...of('clock'), ...of('admin token'), ...of('key')])).toBe('-✓✓')
  })
})

describe.concurrent('over TLS, doctor', () => {
  const NAMES = ['api', 'api-keys', 'invocation', 'tasks', 'sis'].map((service) => `${service}.nvcf.test`)

  async function overTls(names: readonly string[], trusted: boolean) {
    const certificate = selfSigned(names)
    const proxy = await proxyTo(gateway.url, { certificate })
    const authority = join(scratch(), 'authority.pem')
    writeFileSync(authority, certificate.cert)
    const found = await examined(proxy.url, {
      flags: ['--domain', 'nvcf.test'],
      ...(trusted && { env: { NODE_EXTRA_CA_CERTS: authority } }),
    })
    await proxy.close()
    return found
  }

  test('sees what the certificate covers, and when it ends', async () => {
    const { bad, code, of } = await overTls(NAMES, true)
    expect({ code, bad }).toEqual({ code: 0, bad: [] })
    // Of the tests' certificates, one is left an hour.
    expect(of('TLS')).toMatchObject([{ mark: '!', mend: expect.stringContaining('Renew the certificate') }])
    expect(of('TLS')[0]?.detail).toMatch(
      /^trusted, and covers api\.nvcf\.test, api-keys\.nvcf\.test, .*; expires in 0 days$/,
    )
  })

  test('refuses one of nobody known, once for all services', async () => {
    const { bad, code, of } = await overTls(NAMES, false)
    expect(code).toBe(2)
    expect(bad).toMatchObject([{ step: 'TLS', mend: expect.stringContaining('NODE_EXTRA_CA_CERTS') }])
    expect(marks(of('Host'))).toBe('-----')
  })

  test('names the services that one does not cover, and asks the others', async () => {
    const { bad, code, of } = await overTls(NAMES.slice(0, 3), true)
    expect(code).toBe(2)
    expect(bad).toMatchObject([{ step: 'TLS', mend: expect.stringContaining('--domain') }])
    expect(bad[0]?.detail).toContain('is not for tasks.nvcf.test')
    expect(bad[0]?.detail).toContain('So for sis.nvcf.test.')
    expect(marks(of('Host'))).toBe('✓✓✓--')
    expect(marks(of('key'))).toBe('✓')
  })
})

describe.concurrent('settings that make no run are told, and the target is looked at all the same:', () => {
  // biome-ignore format: a table
  const SETTINGS: readonly { readonly what: string; readonly step: string; readonly says: string; readonly options: Options; readonly gone?: string }[] = [
    { what: 'an unknown release',   step: 'plan',   says: "'99.9'",       options: { flags: ['--release', '99.9'] }, gone: 'release' },
    { what: 'an unknown check',     step: 'plan',   says: 'nope',         options: { config: 'check: nope' } },
    { what: 'a file that is not there', step: 'plan', says: 'absent.yaml', options: { config: 'waivers: absent.yaml' } },
    { what: 'a folder that is a file', step: 'output', says: 'nvcf-conformance.yaml', options: { config: 'out: nvcf-conformance.yaml' } },
  ]
  test.each(SETTINGS)('$what', async ({ gone, options, says, step }) => {
    const { bad, code, cwd, of } = await examined(gateway.url, options)
    expect(code).toBe(2)
    expect(bad).toMatchObject([{ step, detail: expect.stringContaining(says) }])
    expect(marks([...of('Host'), ...of('admin token'), ...of('key'), ...of('clean-up')])).toBe('✓✓✓✓✓✓✓✓')
    expect(of('release')).toHaveLength(gone === 'release' ? 0 : 1)
    expect(filesUnder(cwd)).toEqual(without(options.config))
  })

  test('not where it is not known which', async () => {
    const { bad, code, steps } = await examined(gateway.url, { env: { NVCF_CONFORMANCE_DOMIAN: 'x' } })
    expect(code).toBe(2)
    expect(bad).toMatchObject([
      { step: 'settings', detail: expect.stringContaining('NVCF_CONFORMANCE_DOMAIN') },
    ])
    expect(steps.map(({ step }) => step)).toEqual(['suite', 'settings'])
  })
})
