import { describe, expect, test } from 'vitest'
import type { JsonRecord } from './json.js'
import { assertOpenApi, pair, readSpec, SpecError } from './spec.js'

const document = (paths: JsonRecord, more: JsonRecord = {}): JsonRecord => ({
  openapi: '3.1.0',
  info: { title: 'Things', version: '7' },
  paths,
  ...more,
})

const reading = (operation: JsonRecord, more: JsonRecord = {}) => {
  const { notes, operations } = readSpec(document({ '/v1/things': { get: operation } }, more), 'things.json')
  const [described] = operations
  if (described === undefined) throw new Error('nothing was read')
  return { ...described, notes: notes.map(({ kind }) => kind) }
}

// biome-ignore format: a table
const REFUSED: readonly (readonly [what: string, document: unknown, says: string])[] = [
  ['nothing', null, 'holds nothing'],
  ['text', 'hello', 'holds text'],
  ['a web page', '<!DOCTYPE html><p>', 'holds a web page'],
  ['a list', [], 'holds a list'],
  ['no version', { paths: {} }, "no member 'openapi'"],
  ['Swagger', { swagger: '2.0', paths: {} }, 'Swagger 2.0. Convert it to OpenAPI 3.1'],
  ['OpenAPI 3.0', { openapi: '3.0.3', paths: {} }, 'is OpenAPI "3.0.3", not 3.1. Convert it'],
  ['OpenAPI 4', { openapi: '4.0.0', paths: {} }, 'not 3.1'],
  ['a list for a version', { openapi: [3, 1], paths: {} }, 'not 3.1'],
  ['no paths', { openapi: '3.1.0' }, 'describes no paths'],
  ['a list of paths', { openapi: '3.1.0', paths: [] }, "'paths' holds a list"],
  ['empty paths', { openapi: '3.1.0', paths: { 'x-any': 1 } }, "'paths' is empty"],
]

describe('what is no OpenAPI 3.1', () => {
  test.each(REFUSED)('%s', (_what, given, says) => {
    expect(() => assertOpenApi(given, 'some.json')).toThrow(SpecError)
    expect(() => assertOpenApi(given, 'some.json')).toThrow(says)
    expect(() => assertOpenApi(given, 'some.json')).toThrow(/^some\.json .*\. [A-Z].*\.$/)
  })

  test.each(['3.1.0', '3.1.9', '3.1', 3.1])('%j is', (openapi) => {
    expect(assertOpenApi({ openapi, paths: { '/a': {} } }, '')).toBeDefined()
  })

  test('paths without operations', () => {
    expect(() => readSpec(document({ '/a': { summary: 'x' } }), 'some.json')).toThrow(
      'describes no operations',
    )
  })
})

describe('who may use an operation', () => {
  test.each([
    ['by security', { security: [{ any: ['a'] }, { other: ['b'] }] }, ['a', 'b'], 'security'],
    ['by the security of the whole', {}, ['c'], 'security', { security: [{ any: ['c'] }] }],
    ['by an extension', { 'x-scopes-in-prose': ['a', 'b'] }, ['a', 'b'], 'extension'],
    ['by prose', { description: "A key with 'a' or\n'b' scope" }, ['a', 'b'], 'prose'],
    ['by the prose of a summary', { summary: "Needs 'a' scope", description: 'No word' }, ['a'], 'prose'],
    ['by nothing', { description: "Returns 'a'" }, [], undefined],
  ] satisfies readonly (readonly [string, JsonRecord, string[], string | undefined, JsonRecord?])[])(
    'is read %s',
    (_how, operation, scopes, scopesFrom, more?: JsonRecord) => {
      expect(reading(operation, more)).toMatchObject({ scopes, ...(scopesFrom && { scopesFrom }) })
      expect(reading(operation, more).scopesFrom).toBe(scopesFrom)
    },
  )

  test('is noted where it was not found, and where it is said twice', () => {
    expect(reading({ description: 'Needs the right scope' }).notes).toEqual(['scopes-unread'])
    expect(reading({}).notes).toEqual(['scopes-unread'])
    expect(reading({ security: [] })).toMatchObject({ public: true, notes: [] })
    expect(reading({ 'x-scopes': ['a'], description: "'b' scope" })).toMatchObject({
      scopes: ['a'],
      notes: ['conflict'],
    })
    expect(reading({ 'x-scopes': ['a'], description: "'a' scope" }).notes).toEqual([])
  })

  test('is noted where scopes may be needed together', () => {
    expect(reading({ description: "'a' and 'b' scopes" }).notes).toEqual(['scopes-joined'])
    expect(reading({ security: [{ any: ['a', 'b'] }] }).notes).toEqual(['scopes-joined'])
  })

  test('may be administrators of the service alone', () => {
    expect(reading({ description: "'admin:a' scope" }).reserved).toBe(true)
    expect(reading({ description: "'admin:a' or 'a' scope" }).reserved).toBe(false)
    expect(reading({ security: [{ superAdmin: [] }] }).reserved).toBe(true)
  })
})

describe('what an operation takes and answers', () => {
  test('parameters of the path and of the operation, which come last', () => {
    const item = {
      parameters: [
        { name: 'id', in: 'path', schema: { type: 'string' } },
        { name: 'Trace', in: 'header', schema: { type: 'string' } },
      ],
      get: {
        parameters: [
          {
            name: 'trace',
            in: 'header',
            required: true,
            content: { 'text/plain': { schema: { type: 'integer' } } },
          },
          { name: 'session', in: 'cookie' },
          { in: 'query' },
          7,
        ],
      },
    }
    const [operation] = readSpec(document({ '/v1/things/{id}': item }), '').operations
    expect(operation?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'trace', in: 'header', required: true, schema: { type: 'integer' } },
    ])
  })

  test('answers with a status of their own', () => {
    const schema = { type: 'object' }
    const { responses } = reading({
      responses: {
        200: {
          content: { 'Application/JSON; charset=utf-8': { schema } },
          headers: { Location: { required: true } },
        },
        '4XX': {},
        default: {},
        204: null,
      },
    })
    expect(responses).toEqual([
      {
        status: 200,
        content: { 'application/json': schema },
        headers: [{ name: 'location', required: true, schema: true }],
      },
      { status: 204, content: {}, headers: [] },
    ])
  })

  test('nothing that makes sense', () => {
    const nonsense = {
      description: 7,
      security: [1, null],
      parameters: {},
      responses: 5,
      tags: 'x',
      requestBody: [],
    }
    expect(reading(nonsense)).toMatchObject({ scopes: [], parameters: [], responses: [], apiSet: '' })
  })
})

test('a path before all others, a Host, and twice the same', () => {
  const { notes, operations } = readSpec(
    document(
      {
        '/things/{a}': { get: { operationId: 'one', security: [] } },
        '/things/{b}': { get: { operationId: 'one', security: [] } },
        '/health': { get: { security: [] }, servers: [{ url: 'http://tasks.{domain}' }] },
        things: {},
        '/broken': { get: 5 },
        '/null': null,
      },
      { servers: [{ url: 'https://api.{domain}/v3/' }] },
    ),
    '',
    ['/somewhere'],
  )
  expect(operations.map(({ id, service }) => [id, service])).toEqual([
    ['GET /v3/things/{a}', 'api'],
    ['GET tasks/health', 'tasks'],
  ])
  expect(notes.map(({ kind }) => kind)).toEqual([
    'cut',
    ...['malformed', 'malformed', 'malformed', 'malformed', 'malformed'],
  ])
})

describe('operations are paired', () => {
  const known = [
    {
      id: 'GET /v1/things/{thingId}',
      method: 'GET',
      path: '/v1/things/{thingId}',
      service: 'api',
      reserved: false,
    },
    { id: 'GET /v1/things', method: 'GET', path: '/v1/things', service: 'api', reserved: false },
    { id: 'GET api/health', method: 'GET', path: '/health', service: 'api', reserved: false },
    { id: 'GET tasks/health', method: 'GET', path: '/health', service: 'tasks', reserved: false },
    { id: 'GET /v1/accounts', method: 'GET', path: '/v1/accounts', service: 'api', reserved: true },
  ] as const
  const get = { get: { security: [] } }
  const paired = (paths: readonly string[], more: JsonRecord = {}) => {
    const spec = readSpec(document(Object.fromEntries(paths.map((path) => [path, get])), more), '')
    const { added, elsewhere, leftOut, pairs } = pair(known, spec)
    const ids = (operations: readonly { readonly id: string }[]) => operations.map(({ id }) => id)
    return {
      pairs: pairs.map((one) => one.known.id),
      leftOut: ids(leftOut),
      elsewhere: ids(elsewhere),
      added: ids(added),
    }
  }

  test('by shape, and without a version by the service that most belong to', () => {
    expect(paired(['/v1/things/{id}', '/health', '/v1/more', '/metrics'])).toEqual({
      pairs: ['GET /v1/things/{thingId}', 'GET api/health'],
      leftOut: ['GET /v1/things'],
      elsewhere: ['GET tasks/health', 'GET /v1/accounts'],
      added: ['GET /v1/more', 'GET api/metrics'],
    })
  })

  test('administrators apart from the rest of their service', () => {
    expect(paired(['/v1/things']).elsewhere).toContain('GET /v1/accounts')
    const { leftOut } = pair(
      known,
      readSpec(document({ '/v1/other': { get: { 'x-scopes': ['admin:x'] } }, '/v1/things': get }), ''),
    )
    expect(leftOut.map(({ id }) => id)).toContain('GET /v1/accounts')
  })

  test('or not at all', () => {
    expect(paired(['/v9/elsewhere', '/health'])).toMatchObject({
      pairs: [],
      leftOut: [],
      added: ['GET /v9/elsewhere', 'GET /health'],
    })
  })
})
