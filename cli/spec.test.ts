import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { isRecord, records, text } from '../openapi/json.js'
import { answering, closedPort, filesUnder, nvcf, readRecord, scratch } from './testing.js'

const LISTING = "A key with 'list_functions' or 'list_functions_details' scope"
const READ = { description: LISTING, responses: { 200: { description: 'All' } } }

/** A document of one operation that answers with the schema `A`. */
const using = (schemas: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'A gateway', version: '1' },
  paths: {
    '/v2/nvcf/functions': {
      get: {
        ...READ,
        responses: {
          200: {
            description: 'All',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/A' } } },
          },
        },
      },
    },
  },
  components: { schemas },
  ...more,
})

const refersTo = ($ref: unknown) => JSON.stringify(using({ A: { $ref } }))

/** Each level holds the one before it ten times. */
const aliases = (levels: number): string =>
  Array.from({ length: levels }, (_, level) =>
    level === 0
      ? 'a0: &a0 [x]'
      : `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
  ).join('\n')

const doubling = Object.fromEntries(
  Array.from({ length: 40 }, (_, level) => {
    const $ref = `#/components/schemas/A${level + 1}`
    return [`A${level}`, { type: 'object', properties: { one: { $ref }, other: { $ref } } }]
  }),
)

interface Mistake {
  readonly what: string
  readonly file: string
  readonly holds?: string
  readonly says: string
  readonly mend: string
}

// biome-ignore format: a table
const MISTAKES: readonly Mistake[] = [
  { what: 'a file that is not there',   file: 'absent.json',  says: 'cannot be read (ENOENT)',   mend: 'Check the path' },
  { what: 'a folder',                   file: '.',            says: 'no regular file',           mend: 'Check the path' },
  { what: 'another scheme',             file: 'ftp://gateway.example/openapi.json', says: 'neither a file nor', mend: "or 'target'" },
  { what: 'a URL that is none',         file: 'http://[bad',  says: 'is no URL',                 mend: 'http://gateway.example/v3/openapi' },
  { what: 'a URL with a password',      file: 'http://me:hunter2@gateway.example/', says: 'user or password', mend: 'must not hold' },
  { what: 'an empty file',              file: 'empty.yaml',   holds: '',                         says: 'holds nothing',   mend: 'OpenAPI 3.1' },
  { what: 'text',                       file: 'text.yaml',    holds: 'hello',                    says: 'holds text',      mend: 'OpenAPI 3.1' },
  { what: 'a web page',                 file: 'page.html',    holds: '<!doctype html><p>x',      says: 'holds a web page', mend: 'OpenAPI 3.1' },
  { what: 'a list',                     file: 'list.json',    holds: '[]',                       says: 'holds a list',    mend: 'OpenAPI 3.1' },
  { what: 'some other mapping',         file: 'other.json',   holds: '{"a":1}',                  says: "no member 'openapi'", mend: 'OpenAPI 3.1' },
  { what: 'bytes',                      file: 'bytes.json',   holds: '\u0000\u0001\ufffd{',      says: 'bytes.json',      mend: '.' },
  { what: 'JSON cut short',             file: 'short.json',   holds: '{"openapi":"3.1.0",',      says: 'not valid JSON or YAML', mend: 'line 1' },
  { what: 'YAML cut short',             file: 'short.yaml',   holds: 'openapi: [3.1',            says: 'not valid JSON or YAML', mend: 'line 1' },
  { what: 'Swagger 2.0',                file: 'v2.json',      holds: '{"swagger":"2.0","paths":{}}', says: 'Swagger 2.0',  mend: 'Convert it to OpenAPI 3.1' },
  { what: 'OpenAPI 3.0',                file: 'v30.yaml',     holds: 'openapi: 3.0.3\npaths: {/a: {}}', says: 'OpenAPI "3.0.3"', mend: 'Convert it' },
  { what: 'OpenAPI 4',                  file: 'v4.json',      holds: '{"openapi":"4.0.0","paths":{"/a":{}}}', says: 'not 3.1', mend: 'Convert it' },
  { what: 'no paths',                   file: 'nopaths.json', holds: '{"openapi":"3.1.0"}',      says: 'describes no paths', mend: 'Give a document' },
  { what: 'no operations',              file: 'noops.json',   holds: '{"openapi":"3.1.0","paths":{"/a":{}}}', says: 'describes no operations', mend: 'Give the document' },
  { what: 'a reference to nothing',     file: 'broken.json',  holds: refersTo('#/components/schemas/B'), says: '#/components/schemas/B', mend: 'Correct it' },
  { what: 'a reference that is a number', file: 'number.json', holds: refersTo(5),               says: 'a $ref is 5',     mend: 'Correct it' },
  { what: 'a reference to another host', file: 'remote.json', holds: refersTo('http://elsewhere.example/a.json'), says: 'http://elsewhere.example/a.json', mend: '--allow-remote-refs' },
  { what: 'a reference to the folder above', file: 'above.json', holds: refersTo('../a.json#/A'), says: 'not beside it',   mend: 'Only files in its folder' },
  { what: 'a reference to the system',  file: 'system.json',  holds: refersTo('/etc/hostname'),  says: '/etc/hostname',   mend: 'Only files in its folder' },
  { what: 'a reference by a file URL',  file: 'fileurl.json', holds: refersTo('file:///etc/hostname'), says: '/etc/hostname', mend: 'Only files in its folder' },
  { what: 'a reference to a file that is not there', file: 'gone.json', holds: refersTo('absent.yaml#/A'), says: 'absent.yaml cannot be read', mend: 'Check the path' },
  { what: 'a YAML bomb',                file: 'bomb.yaml',    holds: `openapi: 3.1.0\n${aliases(12)}`, says: 'alias',      mend: 'bomb.yaml' },
  { what: 'too many aliases',           file: 'aliases.yaml', holds: `a: &a 1\nb: [${Array(6000).fill('*a').join(', ')}]`, says: 'aliases', mend: 'Write out' },
  { what: 'a bomb of references',       file: 'refs.json',    holds: JSON.stringify(using({ ...doubling, A40: { type: 'string' }, A: { $ref: '#/components/schemas/A0' } })), says: 'unfold', mend: 'Simplify' },
  { what: 'JSON nested without end',    file: 'deep.json',    holds: `{"openapi":"3.1.0","paths":{"/a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`, says: 'deeper than', mend: 'Correct it' },
  { what: 'YAML nested without end',    file: 'deep.yaml',    holds: `openapi: 3.1.0\npaths: ${'['.repeat(50_000)}${']'.repeat(50_000)}`, says: 'deeper than', mend: 'Flatten it' },
  { what: 'YAML of five MiB',           file: 'large.yaml',   holds: `openapi: 3.1.0\nx: ${'a'.repeat(5 * 1024 * 1024)}`, says: 'more than 4 MiB', mend: 'Give it as JSON' },
  { what: 'a file of seventeen MiB',    file: 'large.json',   holds: ' '.repeat(17 * 1024 * 1024), says: 'larger than 16 MiB', mend: 'Check the path' },
]

/** A new working directory with these files. */
function place(files: Readonly<Record<string, string>>): string {
  const cwd = scratch()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), content)
  }
  return cwd
}

const expectRefusal = (ended: Awaited<ReturnType<typeof nvcf>>, says: string, mend: string): void => {
  const { code, stderr, stdout } = ended
  expect({ code, stdout, messages: stderr.match(/^error: /gm)?.length }, stderr).toEqual({
    code: 2,
    stdout: '',
    messages: 1,
  })
  expect(stderr).not.toMatch(/^ {4}at /m)
  expect(stderr).toContain(says)
  expect(stderr).toContain(mend)
}

describe.concurrent('one clear message and exit 2 for', () => {
  test.each(MISTAKES)('$what', async ({ file, holds, mend, says }) => {
    const cwd = place(holds === undefined ? {} : { [file]: holds })
    expectRefusal(await nvcf(['matrix', '--spec', file], { cwd }), says, mend)
    expect(filesUnder(cwd)).toEqual(holds === undefined ? [] : [file])
  })

  test('a password in a URL, without showing it', async () => {
    const { stderr } = await nvcf(['matrix', '--spec', 'http://me:hunter2@gateway.example/'], {
      cwd: scratch(),
    })
    expect(stderr).not.toContain('hunter2')
  })

  test('nothing but what is wrong: the query of a URL, which may hold a secret, is never shown', async () => {
    const answers: Readonly<Record<string, string>> = {
      '/wrong': '{"swagger":"2.0"}',
      '/right': JSON.stringify(using({ A: { type: 'string' } })),
    }
    const server = await answering(({ url }, response) => response.end(answers[url?.split('?')[0] ?? '']))
    const asked = (path: string) =>
      nvcf(['drift', `${server.url}${path}?token=hunter2`, '--json'], { cwd: scratch() })
    const [wrong, right] = await Promise.all([asked('/wrong'), asked('/right')])
    await server.close()
    expectRefusal(wrong, `${server.url}/wrong?…`, 'Convert it')
    expect(right.stdout).toContain(`"source": "${server.url}/right?…"`)
    expect([wrong, right].map(({ stderr, stdout }) => stderr + stdout).join('')).not.toContain('hunter2')
  })

  test('a run, a plan and a drift with such a document, before anything is sent', async () => {
    const cwd = place({ 'v2.json': '{"swagger":"2.0"}' })
    for (const args of [
      ['run', '--spec', 'v2.json'],
      ['plan', '--spec', 'v2.json'],
      ['drift', 'v2.json'],
    ])
      expectRefusal(await nvcf(args, { cwd }), 'Swagger 2.0', 'Convert it')
    expect(filesUnder(cwd)).toEqual(['v2.json'])
  })

  test('an address that does not answer, that has nothing, or that leads elsewhere', async () => {
    const silent = await closedPort()
    expectRefusal(await nvcf(['matrix', '--spec', silent], { cwd: scratch() }), silent, 'Check the address')
    expectRefusal(
      await nvcf(['matrix', '--spec', 'target', '--gateway', silent], { cwd: scratch() }),
      'GET /v3/openapi',
      '--domain',
    )
    const server = await answering(({ url }, response) => {
      if (url === '/moved') response.writeHead(302, { location: '/there' }).end()
      else response.writeHead(404).end()
    })
    expectRefusal(await nvcf(['drift', `${server.url}/gone`], { cwd: scratch() }), 'answered 404', '--spec')
    expectRefusal(
      await nvcf(['drift', `${server.url}/moved`], { cwd: scratch() }),
      'leads to /there',
      'Give that address',
    )
    await server.close()
  })

  test('a switch that is neither on nor off', async () => {
    const env = { NVCF_CONFORMANCE_ALLOW_REMOTE_REFS: 'perhaps' }
    expectRefusal(await nvcf(['matrix'], { cwd: scratch(), env }), "'perhaps'", 'true, false')
  })
})

/** The matrix as JSON with a document laid over. */
async function matrixWith(cwd: string, ...args: readonly string[]) {
  const { code, stderr, stdout } = await nvcf(['matrix', '--json', ...args], { cwd })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const matrix: unknown = JSON.parse(stdout)
  if (!isRecord(matrix)) throw new Error('no matrix')
  const notes = (kind: string) => records(matrix.notes).filter((note) => note.kind === kind)
  return {
    spec: matrix.spec,
    operations: records(matrix.operations).map(({ operation }) => text(operation)),
    notes,
  }
}

describe.concurrent('what is odd but says something is read', () => {
  test('circular schemas, cut', async () => {
    const tree = {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/A' } } },
    }
    const { notes, operations, spec } = await matrixWith(
      place({ 'a.json': JSON.stringify(using({ A: tree })) }),
      '--spec',
      'a.json',
    )
    expect(spec).toBe('a.json')
    expect(operations).toContain('GET /v2/nvcf/functions')
    expect(operations).not.toContain('POST /v2/nvcf/functions')
    expect(notes('cut').length).toBeGreaterThan(0)
  })

  test('a reference in a circle, and an alias of YAML that holds itself', async () => {
    const self = place({ 'a.json': JSON.stringify(using({ A: { $ref: '#/components/schemas/A' } })) })
    expect((await matrixWith(self, '--spec', 'a.json')).notes('cut').length).toBeGreaterThan(0)
    const yaml =
      'openapi: 3.1.0\npaths: &paths\n  /v2/nvcf/functions:\n    get:\n      x-self: *paths\n      responses: {200: {description: ok}}\n'
    expect((await matrixWith(place({ 'a.yaml': yaml }), '--spec', 'a.yaml')).notes('cut')).toHaveLength(1)
  })

  test('references to files beside it, whatever their folder is called', async () => {
    const cwd = place({
      'my documents/a.json': refersTo('parts/b.yaml#/B'),
      'my documents/parts/b.yaml': 'B: {type: object, properties: {functions: {$ref: c.json}}}',
      'my documents/parts/c.json': '{"type":"array"}',
    })
    expect((await matrixWith(cwd, '--spec', 'my documents/a.json')).operations).toContain(
      'GET /v2/nvcf/functions',
    )
  })

  test('a thousand operations, twice the same operationId', async () => {
    const paths = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `/v2/nvcf/things-${index}/{id}`,
        {
          get: {
            ...READ,
            operationId: 'same',
            parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          },
        },
      ]),
    )
    const document = using({ A: { type: 'object' } })
    const cwd = place({ 'a.json': JSON.stringify({ ...document, paths: { ...document.paths, ...paths } }) })
    const { notes, operations } = await matrixWith(cwd, '--spec', 'a.json')
    expect(operations.length).toBeGreaterThan(1000)
    expect(notes('malformed')).toEqual([
      { kind: 'malformed', text: 'operationId same stands more than once' },
    ])
  })

  test('a document over HTTP, with references to its host where they are allowed', async () => {
    const asked: string[] = []
    const server = await answering(({ url = '' }, response) => {
      asked.push(url)
      response.setHeader('content-type', 'application/json')
      response.end(url === '/openapi.json?v=3' ? refersTo('parts.json#/A') : '{"A":{"type":"object"}}')
    })
    const spec = `${server.url}/openapi.json?v=3`
    expectRefusal(
      await nvcf(['matrix', '--spec', spec], { cwd: scratch() }),
      '/parts.json',
      '--allow-remote-refs',
    )
    expect(asked).toEqual(['/openapi.json?v=3'])
    const { spec: told } = await matrixWith(scratch(), '--spec', spec, '--allow-remote-refs')
    expect(told).toBe(`${server.url}/openapi.json?…`)
    expect(asked).toContain('/parts.json')
    await server.close()
  })

  test('documents that name one another without end, up to a number', async () => {
    const server = await answering(({ url = '' }, response) => {
      const next = `/${Number(url.slice(1)) + 1}`
      response.end(url === '/0' ? refersTo(`${next}#/A`) : JSON.stringify({ A: { $ref: `${next}#/A` } }))
    })
    const ended = await nvcf(['matrix', '--spec', `${server.url}/0`, '--allow-remote-refs'], {
      cwd: scratch(),
    })
    expectRefusal(ended, 'more than 100 other documents', 'Correct it')
    await server.close()
  })
})

describe('the gateway’s own document', () => {
  let gateway: RunningGateway
  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(() => gateway.close())

  test('is what a run is held to, and the record says so', async () => {
    const cwd = scratch()
    const selection = [
      '--check',
      'scope-grants',
      '--check',
      'scope-denies',
      '--operation',
      'GET /v2/nvcf/recognized-registries',
      '--operation',
      'GET /v2/nvcf/functions',
    ]
    const { code, stderr } = await nvcf(['run', '--gateway', gateway.url, '--spec', 'target', ...selection], {
      cwd,
    })
    expect(code).toBe(0)
    expect(stderr).toContain('Laid over: target')
    expect(stderr).toMatch(/^ {2}\d+ documentation conflicts$/m)
    const { ran } = readRecord(join(cwd, 'conformance-report'))
    const levels = (operation: string) =>
      new Set(ran.filter((cell) => cell.operation === operation).map(({ level }) => level))
    expect(levels('GET /v2/nvcf/recognized-registries')).toEqual(new Set(['advisory']))
    expect(levels('GET /v2/nvcf/functions')).toEqual(new Set(['required']))
  })

  test('is read from the embedded gateway where there is no other, and planned with', async () => {
    const { code, stderr, stdout } = await nvcf(['plan', '--spec', 'target', '--check', 'scope-grants'], {
      cwd: scratch(),
    })
    expect(code).toBe(0)
    expect(stderr).toContain('manage_registries')
    expect(stdout).toContain("Nothing was sent but the request for the gateway's document.")
  })

  test('is asked for under the Host of the control plane', async () => {
    const elsewhere = await startGateway({ domain: 'nvcf.example' })
    const wrong = await nvcf(['matrix', '--spec', 'target', '--gateway', elsewhere.url], { cwd: scratch() })
    expectRefusal(wrong, 'answered 404', '--domain')
    const right = ['--spec', 'target', '--gateway', elsewhere.url, '--domain', 'nvcf.example']
    expect((await matrixWith(scratch(), ...right)).notes('conflict').length).toBeGreaterThan(0)
    await elsewhere.close()
  })

  test('is set in the environment and in the config file too', async () => {
    const fromEnvironment = await nvcf(['matrix'], {
      cwd: scratch(),
      env: { NVCF_CONFORMANCE_SPEC: 'target' },
    })
    expect(fromEnvironment.stdout).toMatch(/^Release current with target laid over:/)
    const cwd = place({ 'nvcf-conformance.yaml': 'spec: target\nallow-remote-refs: true\n' })
    expect((await nvcf(['matrix'], { cwd })).stdout).toMatch(/^Notes \(\d+\)$/m)
  })
})

describe('what changes between releases', () => {
  test('as a table and as JSON', async () => {
    const [table, asJson] = await Promise.all(
      [[], ['--json']].map((form) =>
        nvcf(['matrix', '--release', 'initial', '--diff', 'current', ...form], { cwd: scratch() }),
      ),
    )
    expect(table?.stdout).toMatch(/^From release initial to release current\n/)
    expect(table?.stdout).toMatch(/^ {2}POST \/v1\/nvct\/tasks +launch_task$/m)
    expect(table?.stdout).toMatch(/opens it → does not open it$/m)
    const diff: unknown = JSON.parse(asJson?.stdout ?? '')
    expect(diff).toMatchObject({ first: 'initial', second: 'current', scopesRemoved: [] })
  })

  test('is nothing between a release and itself', async () => {
    const { code, stdout } = await nvcf(['matrix', '--release', 'v0.5', '--diff', 'v0.5'], { cwd: scratch() })
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'From release v0.5 to release v0.5\n\nNothing changes.\n',
    })
  })

  test('needs releases that there are', async () => {
    expectRefusal(await nvcf(['matrix', '--diff', '99.9'], { cwd: scratch() }), '99.9', 'initial')
  })
})
