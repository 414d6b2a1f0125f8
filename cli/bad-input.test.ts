import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import {
  answering,
  closedPort,
  filesUnder,
  nvcf,
  proxyTo,
  remaining,
  scratch,
  selfSigned,
  takenPort,
} from './testing.js'

/** A mistake, and what its one message must say: the thing that is wrong, and the mend. */
interface Mistake {
  readonly what: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly names: string
  readonly mend: string
}

/** Files of the working directory before the command starts. */
const CONFIGS = {
  'tasks.yaml': 'taskServiceId: somebody-else',
  'not-yaml.yaml': 'gateway: [http://gateway.example',
  'twice.yaml': 'seed: 1\nseed: 2\n',
  'tab.yaml': 'services:\n\tapi: http://gateway.example\n',
  'list.yaml': '- gateway\n',
  'unknown-key.yaml': 'gatway: http://gateway.example\n',
  'wrong-type.yaml': 'operation:\n  method: GET\n',
  'services-text.yaml': 'services: http://gateway.example\n',
  'services-ftp.yaml': 'services:\n  api: ftp://gateway.example\n',
  'function-key.yaml': 'function:\n  image: echo\n',
  'function-type.yaml': 'function:\n  readyTimeoutMs: soon\n',
  'unsupported.yaml': 'unsupported: [Telepathy]\n',
  'number.yaml': 'concurrency: 1000\n',
}

const USAGE = 'nvcf-conformance --help'
const CHECKS = 'scope-grants, scope-denies'
const FAULTS = 'one-cell-over-grant'

// biome-ignore format: a table
const MISTAKES: readonly Mistake[] = [
  // What is asked for does not exist.
  { what: 'an unknown command',     args: ['conform'],                         names: "'conform'",   mend: USAGE },
  { what: 'an unknown flag',        args: ['run', '--gatway', 'http://x'],     names: "'--gatway'",  mend: '--gateway' },
  { what: 'a flag without value',   args: ['run', '--check'],                  names: '--check',     mend: USAGE },
  { what: 'an argument too many',   args: ['run', 'scope-denies'],             names: 'run',         mend: USAGE },
  { what: 'an unknown check',       args: ['run', '--check', 'scope-denys'],   names: 'scope-denys', mend: CHECKS },
  { what: 'an unknown operation',   args: ['run', '--operation', 'GET /v9/x'], names: 'GET /v9/x',   mend: 'nvcf-conformance matrix' },
  { what: 'an unknown release',     args: ['run', '--release', '99.9'],        names: '99.9',        mend: 'initial' },
  { what: 'an unknown profile',     args: ['run', '--profile', 'most'],        names: 'most',        mend: 'full, core' },
  { what: 'an unknown mode',        args: ['run', '--mode', 'careful'],        names: 'careful',     mend: 'read-only, non-destructive, full' },
  { what: 'an unknown matrix',      args: ['run', '--matrix', 'sparse'],       names: 'sparse',      mend: 'exhaustive' },
  { what: 'an unknown check in the environment', args: ['run'], env: { NVCF_CONFORMANCE_CHECK: 'scope-denies,nope' }, names: 'nope', mend: CHECKS },
  { what: 'plan of an unknown check',      args: ['plan', '--check', 'nope'],          names: 'nope', mend: CHECKS },
  { what: 'explain of an unknown check',   args: ['explain', 'nope'],                  names: 'nope', mend: CHECKS },
  { what: 'explain of nothing',            args: ['explain'],                          names: 'CHECK-ID', mend: USAGE },
  { what: 'matrix of an unknown release',  args: ['matrix', '--release', '99.9'],      names: '99.9', mend: 'initial' },
  { what: 'matrix in two forms',           args: ['matrix', '--json', '--csv'],        names: '--csv', mend: '--json' },
  { what: 'serve with an unknown fault',   args: ['serve', '--fault', 'gremlins'],     names: 'gremlins', mend: FAULTS },
  { what: 'serve with an unknown variation', args: ['serve', '--variation', 'jazz'],   names: 'jazz', mend: 'reworded-errors' },
  { what: 'serve of an unknown release',   args: ['serve', '--release', '99.9'],       names: '99.9', mend: 'initial' },
  { what: 'a selection that leaves nothing', args: ['run', '--mode', 'read-only', '--operation', 'POST /v2/nvcf/functions'], names: 'nothing to run', mend: '--mode' },
  // Values out of their range.
  { what: 'no concurrency',         args: ['run', '--concurrency', '0'],  names: "'0'",     mend: 'from 1 to 64' },
  { what: 'timeout in words',       args: ['run', '--timeout', 'abc'],    names: "'abc'",   mend: 'from 100 to 600000' },
  { what: 'a negative seed',        args: ['run', '--seed', '-1'],        names: "'-1'",    mend: 'from 0 to 2147483647' },
  { what: 'half a seed',            args: ['run', '--seed', '0.5'],       names: "'0.5'",   mend: 'whole number' },
  { what: 'a port beyond all',      args: ['serve', '--port', '99999'],   names: "'99999'", mend: 'from 0 to 65535' },
  { what: 'a shard beyond its count', args: ['run', '--shard', '3/2'],    names: "'3/2'",   mend: 'such as 1/4' },
  { what: 'a shard before the first', args: ['run', '--shard', '0/2'],    names: "'0/2'",   mend: 'such as 1/4' },
  { what: 'a shard without a count', args: ['run', '--shard', '1'],       names: "'1'",     mend: 'such as 1/4' },
  { what: 'a shard without a seed', args: ['run', '--shard', '1/2'],      names: '--seed',  mend: 'the same number' },
  { what: 'an empty folder',        args: ['run', '--out', ''],           names: '--out',   mend: 'must not be empty' },
  { what: 'an empty check',         args: ['run', '--check', ''],         names: '--check', mend: 'must not be empty' },
  // Addresses.
  { what: 'no URL',                 args: ['run', '--gateway', 'http://[bad'],              names: 'http://[bad', mend: 'such as http://gateway.example' },
  { what: 'an FTP URL',             args: ['run', '--gateway', 'ftp://gateway.example'],    names: 'ftp:',        mend: 'http or https' },
  { what: 'a URL with a password',  args: ['run', '--gateway', 'http://me:hunter2@x.test'], names: '--gateway',   mend: 'must not hold a user or password' },
  { what: 'a domain that is a URL', args: ['run', '--domain', 'http://x.test/'],            names: 'http://x.test/', mend: 'such as nvcf.example' },
  { what: 'a name that does not resolve', args: ['run', '--gateway', 'http://nothing.invalid'], names: 'http://nothing.invalid', mend: 'DNS' },
  // Config files.
  { what: 'a config that is not there', args: ['run', '--config', 'absent.yaml'],     names: 'absent.yaml', mend: 'Check the path' },
  { what: 'a config that is a folder',  args: ['run', '--config', '.'],               names: '.',           mend: 'Check the path' },
  { what: 'a config in the environment that is not there', args: ['sweep'], env: { NVCF_CONFORMANCE_CONFIG: 'absent.yaml' }, names: 'absent.yaml', mend: 'Check the path' },
  { what: 'an open bracket',        args: ['run', '--config', 'not-yaml.yaml'],       names: 'not-yaml.yaml', mend: 'line' },
  { what: 'a setting twice',        args: ['run', '--config', 'twice.yaml'],          names: 'twice.yaml',    mend: 'line 2' },
  { what: 'a tab',                  args: ['run', '--config', 'tab.yaml'],            names: 'tab.yaml',      mend: 'line 2' },
  { what: 'a list of settings',     args: ['run', '--config', 'list.yaml'],           names: 'list.yaml',     mend: 'must hold a mapping' },
  { what: 'an unknown setting',     args: ['run', '--config', 'unknown-key.yaml'],    names: "'gatway'",      mend: 'gateway' },
  { what: 'a mapping for text',     args: ['run', '--config', 'wrong-type.yaml'],     names: "'operation'",   mend: 'must be text' },
  { what: 'text for a mapping',     args: ['run', '--config', 'services-text.yaml'],  names: "'services'",    mend: 'must be a mapping' },
  { what: 'a service over FTP',     args: ['run', '--config', 'services-ftp.yaml'],   names: 'services.api',  mend: 'http or https' },
  { what: 'an unknown function setting', args: ['run', '--config', 'function-key.yaml'], names: "'function.image'", mend: 'containerImage' },
  { what: 'a time in words',        args: ['run', '--config', 'function-type.yaml'],  names: "'function.readyTimeoutMs'", mend: 'milliseconds' },
  { what: 'an unknown API set',     args: ['run', '--config', 'unsupported.yaml'],    names: 'Telepathy',     mend: 'Function Management' },
  { what: 'a number out of range',  args: ['run', '--config', 'number.yaml'],         names: "'1000'",        mend: 'from 1 to 64' },
  { what: 'reports into a file',    args: ['run', '--out', 'list.yaml'],              names: 'list.yaml',     mend: '--out' },
]

function workplace(): string {
  const cwd = scratch()
  for (const [name, content] of Object.entries(CONFIGS)) writeFileSync(join(cwd, name), content)
  return cwd
}

/** What a run says before it sends anything. */
const ANNOUNCEMENT = /^Release .*\n.* of its own\.\nThe exhaustive matrix .*\n/

/** One message and nothing else, and no file that was not there before. */
async function expectRefusal({ args, env = {}, names, mend }: Omit<Mistake, 'what'>): Promise<void> {
  const cwd = workplace()
  const { code, stdout, stderr } = await nvcf(args, { cwd, env })
  const messages = stderr.match(/^error: /gm)?.length
  const stack = /^ {4}at /m.test(stderr)
  expect({ code, stdout, messages, stack, files: filesUnder(cwd) }, stderr).toEqual({
    code: 2,
    stdout: '',
    messages: 1,
    stack: false,
    files: Object.keys(CONFIGS).sort(),
  })
  expect(stderr.replace(ANNOUNCEMENT, '')).toMatch(/^error: /)
  expect(stderr).toContain(names)
  expect(stderr).toContain(mend)
}

describe.concurrent('one clear message and exit 2 for', () => {
  test.each(MISTAKES)('$what', (mistake) => expectRefusal(mistake))

  test('a password in the URL, without showing it', async () => {
    const { stderr } = await nvcf(['run', '--gateway', 'http://me:hunter2@x.test'], { cwd: scratch() })
    expect(stderr).not.toContain('hunter2')
  })

  test('a port that somebody holds', async () => {
    const taken = await takenPort()
    await expectRefusal({
      args: ['serve', '--port', `${taken.port}`],
      names: `${taken.port}`,
      mend: '--port',
    })
    taken.close()
  })

  test('a mistake in nvcf-conformance.yaml, which nobody named', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'nvcf-conformance.yaml'), 'mode: careful\n')
    const { code, stderr } = await nvcf(['run'], { cwd })
    expect(stderr).toContain("'careful'")
    expect(code).toBe(2)
  })

  test.each([
    { what: 'a mistaken setting', args: ['--debug', 'run', '--mode', 'careful'], error: 'SettingsError' },
    {
      what: 'an unreadable file',
      args: ['run', '--debug', '--config', 'absent.yaml'],
      error: 'UnreadableFile',
    },
    {
      what: 'an unknown fault',
      args: ['serve', '--fault', 'gremlins', '--debug'],
      error: 'GatewayOptionError',
    },
  ])('$what, with a stack where --debug asks for it', async ({ args, error }) => {
    const { code, stderr } = await nvcf(args, { cwd: scratch() })
    expect(stderr.replace(ANNOUNCEMENT, '')).toMatch(/^error: /)
    expect(stderr).toMatch(new RegExp(`^${error}: `, 'm'))
    expect(stderr).toMatch(/^ {4}at /m)
    expect(code).toBe(2)
  })
})

/** A target that no run can be made against. */
interface BadTarget extends Omit<Mistake, 'args'> {
  readonly options?: readonly string[]
  /** Where it is; servers are closed after the test. */
  start(gateway: RunningGateway): Promise<{ url: string; close?: () => Promise<void> }>
}

const NAMES = ['api.nvcf.test', 'api-keys.nvcf.test']
const stranger = selfSigned(NAMES)
const trusted = selfSigned(['*.elsewhere.test'])

const instead = (path: string, status: number, body = '', type = 'application/json') => ({
  start: ({ url }: RunningGateway) =>
    proxyTo(url, {
      instead: (asked) =>
        asked.path === path && asked.method === 'POST'
          ? { status, headers: { 'content-type': type }, body }
          : undefined,
    }),
})

const PAGE = '<!doctype html><title>Sign in</title>'
const html: BadTarget['start'] = () =>
  answering((_request, response) => response.setHeader('content-type', 'text/html').end(PAGE))

// biome-ignore format: a table
const TARGETS: readonly BadTarget[] = [
  { what: 'nothing that listens', names: 'http://127.0.0.1:', mend: 'Start the gateway',
    start: async () => ({ url: await closedPort() }) },
  { what: 'another domain', options: ['--domain', 'b.example'], names: '.b.example', mend: '--domain',
    start: () => startGateway({ domain: 'a.example' }) },
  { what: 'a default domain that the gateway does not have', names: '.127.0.0.1', mend: '--domain',
    start: () => startGateway({ domain: 'a.example' }) },
  { what: 'a certificate of nobody known', options: ['--domain', 'nvcf.test'], names: 'https://127.0.0.1:', mend: 'NODE_EXTRA_CA_CERTS',
    start: ({ url }) => proxyTo(url, { certificate: stranger }) },
  { what: 'a certificate for other names', options: ['--domain', 'nvcf.test'], env: { NODE_EXTRA_CA_CERTS: 'trusted.pem' }, names: 'api.nvcf.test', mend: '--domain',
    start: ({ url }) => proxyTo(url, { certificate: trusted }) },
  { what: 'https where http is spoken', names: 'https://127.0.0.1:', mend: 'http://',
    start: async ({ url }) => ({ url: url.replace('http:', 'https:') }) },
  { what: 'http where TLS is spoken', names: 'http://127.0.0.1:', mend: 'https://',
    start: async ({ url }) => { const proxy = await proxyTo(url, { certificate: stranger }); return { ...proxy, url: proxy.url.replace('https:', 'http:') } } },
  { what: 'a web page', names: 'HTML', mend: '--gateway', start: html },
  { what: 'a server that never answers', options: ['--timeout', '300'], names: 'http://127.0.0.1:', mend: '--timeout',
    start: () => answering(() => undefined) },
  { what: 'a server that hangs up', names: 'http://127.0.0.1:', mend: 'Check that --gateway is an NVCF gateway',
    start: () => answering((request) => request.socket.destroy()) },
  { what: 'an admin key endpoint that forbids', names: 'POST /v1/admin/keys', mend: 'NVCF_TOKEN',            ...instead('/v1/admin/keys', 403) },
  { what: 'an admin key endpoint that is not there', names: 'answered 404', mend: 'NVCF_TOKEN',              ...instead('/v1/admin/keys', 404) },
  { what: 'an admin key endpoint that fails', names: 'answered 500', mend: 'NVCF_TOKEN',                     ...instead('/v1/admin/keys', 500) },
  { what: 'an admin key endpoint behind a page', names: '200 with HTML', mend: 'NVCF_TOKEN',                 ...instead('/v1/admin/keys', 200, PAGE, 'text/html') },
  { what: 'an admin key endpoint without a token', names: 'POST /v1/admin/keys', mend: 'NVCF_TOKEN',         ...instead('/v1/admin/keys', 200, '{}') },
  { what: 'a key endpoint that refuses', names: 'POST /v1/keys', mend: 'SERVICE_ID',                         ...instead('/v1/keys', 400) },
  { what: 'a service id that the gateway does not know', env: { SERVICE_ID: 'somebody-else' }, names: 'POST /v1/keys', mend: 'SERVICE_ID',
    start: async ({ url }) => ({ url }) },
  { what: 'a task service id that the gateway does not know', options: ['--config', 'tasks.yaml'], names: 'No task key', mend: 'taskServiceId',
    start: async ({ url }) => ({ url }) },
  { what: 'a gateway without tasks', names: 'tasks.127.0.0.1', mend: 'unsupported: ["Task Management"',
    start: () => startGateway({ release: 'initial' }) },
  { what: 'a token that the gateway does not accept', env: { NVCF_TOKEN: 'stale' }, names: 'NVCF_TOKEN', mend: 'Renew it',
    start: async ({ url }) => ({ url }) },
]

describe('one clear message, exit 2 and a target left as it was for', () => {
  let gateway: RunningGateway
  const authority = join(scratch(), 'trusted.pem')

  beforeAll(async () => {
    writeFileSync(authority, trusted.cert)
    gateway = await startGateway()
    return gateway.close
  })

  afterAll(() => expect(remaining(gateway.census())).toEqual({}))

  test.concurrent.each(TARGETS)('$what', async ({ env, mend, names, options = [], start }) => {
    const target = await start(gateway)
    const trust = env?.NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS: authority }
    await expectRefusal({
      args: ['run', '--gateway', target.url, ...options],
      env: { ...env, ...trust },
      names,
      mend,
    })
    if (target.url !== gateway.url) await target.close?.()
  })

  test('nothing that listens, with a stack where --debug asks for it', async () => {
    const { stderr } = await nvcf(['run', '--debug', '--gateway', await closedPort()], { cwd: scratch() })
    expect(stderr).toMatch(/^PreflightError: /m)
    expect(stderr).toMatch(/^ {4}at /m)
  })

  test('nothing once the mend is made: a certificate that covers the names and is trusted', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'authority.pem'), stranger.cert)
    const proxy = await proxyTo(gateway.url, { certificate: stranger })
    const { code, stderr } = await nvcf(
      [
        'run',
        ...['--gateway', proxy.url, '--domain', 'nvcf.test'],
        ...['--check', 'scope-grants', '--operation', 'GET /v2/nvcf/functions'],
      ],
      { cwd, env: { NODE_EXTRA_CA_CERTS: join(cwd, 'authority.pem') } },
    )
    await proxy.close()
    expect(stderr).not.toMatch(/^error/m)
    expect(code).toBe(0)
  })
})
