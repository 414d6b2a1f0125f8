import { beforeAll, describe, expect, test } from 'vitest'
import { OPENAPI_DOCUMENT } from '../fixtures/gateway/openapi-document.js'
import { Validator } from '../fixtures/validator.js'
import { CHECKS } from '../suites/checks/index.js'
import { plan } from '../suites/plan.js'
import { type Contract, findOperation, responseOf, successStatuses } from './contract.js'
import { isRecord, type JsonRecord } from './json.js'
import { followReferences, loadContract } from './load.js'
import { overlay } from './overlay.js'
import { unfold } from './references.js'
import { readSpec } from './spec.js'

const validator = new Validator()
const violations = (schema: JsonRecord | boolean, value: unknown) => validator.violations(schema, value)

let bundled: Contract
beforeAll(async () => {
  bundled = await loadContract()
})

async function laid(document: JsonRecord) {
  const copy = structuredClone(document)
  const { cuts, value } = unfold(
    await followReferences(copy, 'http://gateway.example/v3/openapi', Promise.reject),
  )
  if (!isRecord(value)) throw new Error('no document')
  const result = overlay(bundled, readSpec(value, 'target', cuts), violations)
  const operation = (id: string) => {
    const found = findOperation(result.contract, id)
    if (found === undefined) throw new Error(`there is no ${id}`)
    return found
  }
  const notes = (kind: string) => result.notes.filter((note) => note.kind === kind)
  return { ...result, operation, notes }
}

const FUNCTIONS = 'GET /v2/nvcf/functions'
const json = (schema: unknown) => ({ 'application/json': { schema } })
const ok = (schema: unknown) => ({ 200: { content: json(schema) } })
const withPaths = (paths: JsonRecord, schemas: JsonRecord = {}) =>
  laid({ openapi: '3.1.0', paths, components: { schemas } })
const reading = (operation: JsonRecord, schemas?: JsonRecord) =>
  withPaths({ '/v2/nvcf/functions': { get: operation } }, schemas)
const LISTING = { 'x-scopes': ['list_functions', 'list_functions_details'] }

describe('the document that a gateway publishes', () => {
  test('agrees with the bundled one but for the scope of registries', async () => {
    const { notes, operation } = await laid(OPENAPI_DOCUMENT)
    const conflicts = notes('conflict')
    expect(conflicts.length).toBe(6)
    for (const { operation: id = '', text } of conflicts) {
      expect(id).toMatch(/registr/)
      expect(text).toBe('release current says: manage_registry_credentials; target says: manage_registries')
      expect(operation(id)).toMatchObject({ scopes: ['manage_registry_credentials'], tentative: text })
    }
    expect(notes('scopes-unread').map((note) => note.operation)).toEqual(
      expect.arrayContaining(['POST /v2/nvcf/tokens/functions']),
    )
    expect(operation('POST /v2/nvcf/tokens/functions').scopes).toEqual(['invoke_function'])
    expect([notes('not-examined'), notes('kept-bundled'), notes('malformed')]).toEqual([[], [], []])
  })

  test('has every schema in a form that the suite can use', async () => {
    const { contract, notes } = await laid(OPENAPI_DOCUMENT)
    expect(notes('repaired').length).toBeGreaterThan(0)
    for (const { body, parameters, responses } of contract.operations) {
      const schemas = [
        ...(body === undefined ? [] : [body.schema]),
        ...parameters.map(({ schema }) => schema),
        ...responses.flatMap(({ content }) => Object.values(content)),
      ]
      for (const schema of schemas) expect(() => violations(schema, null)).not.toThrow()
    }
  })

  test('leaves refusals, other services and what the suite needs as bundled', async () => {
    const { contract, examined, operation } = await laid(OPENAPI_DOCUMENT)
    const token = findOperation(bundled, 'POST /v2/nvcf/tokens/functions')
    expect(responseOf(operation('POST /v2/nvcf/tokens/functions'), 403)).toEqual(
      token && responseOf(token, 403),
    )
    for (const known of bundled.operations) {
      const { body, parameters, responses, tentative, ...rest } = operation(known.id)
      const { body: _b, parameters: _p, responses: _r, tentative: _t, ...wanted } = known
      expect(rest).toEqual(wanted)
      expect(body?.example).toEqual(known.body?.example)
    }
    expect(examined.operations.map(({ id }) => id)).toEqual(contract.operations.map(({ id }) => id))
    expect(contract).toMatchObject({ release: bundled.release, spec: 'target' })
    expect(contract.sha256).not.toBe(bundled.sha256)
    expect(contract.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  test('keeps the cells that are planned, and makes those in conflict advice', async () => {
    const { contract } = await laid(OPENAPI_DOCUMENT)
    const all = { profile: 'full', mode: 'full', matrix: 'exhaustive', seed: 1 } as const
    const everything = { ...all, checks: [], operations: [], unsupported: [] }
    const [before, after] = [bundled, contract].map((one) => plan(one, CHECKS, everything))
    expect(after?.map(({ id }) => id)).toEqual(before?.map(({ id }) => id))
    const lowered = after?.filter(({ level }, index) => level !== before?.[index]?.level) ?? []
    expect(new Set(lowered.map(({ operation }) => operation)).size).toBe(6)
  })
})

describe('an operation of both', () => {
  test('answers as the document says', async () => {
    const schema = { type: 'object', required: ['functions'], properties: { functions: { type: 'array' } } }
    const { operation } = await reading({
      ...LISTING,
      responses: { ...ok(schema), 206: {}, 403: { content: json(schema) } },
    })
    const listing = operation(FUNCTIONS)
    expect(successStatuses(listing)).toEqual([200, 206])
    expect(responseOf(listing, 200)?.content).toEqual({ 'application/json': schema })
    expect(responseOf(listing, 403)).toEqual(responseOf(findOperation(bundled, FUNCTIONS) ?? listing, 403))
  })

  test('answers as bundled where the document gives no success', async () => {
    const { notes, operation } = await reading({ ...LISTING, responses: { default: {} } })
    expect(operation(FUNCTIONS)).toEqual(findOperation(bundled, FUNCTIONS))
    expect(notes('kept-bundled')).toHaveLength(1)
  })

  test('is advice where the scopes disagree, whatever the disagreement', async () => {
    for (const scopes of [['list_functions'], ['delete_function'], ['admin:list_functions']]) {
      const { notes, operation } = await reading({ 'x-scopes': scopes, responses: {} })
      expect(notes('conflict')).toHaveLength(1)
      expect(operation(FUNCTIONS).tentative).toContain(`target says: ${scopes.join(' or ')}`)
      expect(operation(FUNCTIONS).scopes).toEqual(LISTING['x-scopes'])
    }
    const open = await reading({ security: [], responses: {} })
    expect(open.operation(FUNCTIONS).tentative).toContain('everybody')
    const both = await reading({
      'x-scopes': [...LISTING['x-scopes'], 'admin:list_functions'],
      responses: {},
    })
    expect(both.operation(FUNCTIONS).tentative).toBeUndefined()
  })

  test.each([
    ['account_setup', 0],
    ['admin:anything', 0],
    ['list_functions', 1],
  ])('for administrators, opened by %s', async (scope, conflicts) => {
    const { notes } = await withPaths({
      '/v2/nvcf/accounts': { get: { 'x-scopes': [scope], responses: {} } },
    })
    expect(notes('conflict')).toHaveLength(conflicts)
  })

  test('is advice where it demands what the suite does not send', async () => {
    const parameters = [
      { name: 'tenant', in: 'query', required: true },
      { name: 'Authorization', in: 'header', required: true },
    ]
    const { operation } = await reading({ ...LISTING, parameters, responses: {} })
    expect(operation(FUNCTIONS).tentative).toContain('requires query parameter tenant,')
  })

  test('is advice where the request of the suite is none', async () => {
    const registering = (schema: JsonRecord) =>
      withPaths({
        '/v2/nvcf/functions': {
          post: {
            'x-scopes': ['register_function'],
            requestBody: { content: json(schema) },
            responses: ok(true),
          },
        },
      })
    const wrong = await registering({ type: 'object', required: ['flavour'] })
    expect(wrong.operation('POST /v2/nvcf/functions').tentative).toContain("'flavour'")
    const format = { type: 'object', properties: { inferenceUrl: { type: 'string', format: 'uri' } } }
    const formal = await registering(format)
    expect(formal.operation('POST /v2/nvcf/functions')).toMatchObject({ body: { schema: format } })
    expect(formal.operation('POST /v2/nvcf/functions').tentative).toBeUndefined()
  })

  test('takes the schemas of parameters by position in the path', async () => {
    const { operation } = await withPaths({
      '/v2/nvcf/functions/{id}/versions': {
        get: {
          ...LISTING,
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 36 } }],
          responses: {},
        },
      },
    })
    const { parameters } = operation('GET /v2/nvcf/functions/{functionId}/versions')
    expect(parameters.find((one) => one.in === 'path')).toMatchObject({
      name: 'functionId',
      fill: 'function-id',
      schema: { maxLength: 36 },
    })
  })

  test('has the names of the wire, noted once', async () => {
    const key = {
      type: 'object',
      properties: { ownerId: { type: 'string' }, id: { type: 'string' }, createdAt: { type: 'string' } },
      required: ['ownerId', 'id'],
    }
    const { notes, operation } = await withPaths(
      {
        '/v1/keys': {
          get: {
            responses: ok({
              type: 'object',
              properties: { keys: { type: 'array', items: { $ref: '#/components/schemas/Key' } } },
            }),
          },
        },
        '/v1/keys/{id}': { get: { responses: ok({ $ref: '#/components/schemas/Key' }) } },
      },
      { Key: key },
    )
    expect(responseOf(operation('GET /v1/keys/{}'), 200)?.content['application/json']).toEqual({
      type: 'object',
      properties: { owner_id: { type: 'string' }, id: { type: 'string' }, created_at: { type: 'string' } },
      required: ['owner_id', 'id'],
    })
    expect(JSON.stringify(responseOf(operation('GET /v1/keys'), 200))).toContain('owner_id')
    expect(notes('renamed').map(({ text }) => text)).toEqual([
      'the answer 200: on the wire, ownerId is owner_id, createdAt is created_at',
    ])
  })

  test('keeps the bundled schema where the document’s cannot be used', async () => {
    const { notes, operation } = await reading({
      ...LISTING,
      responses: ok({ type: 'array', prefixItems: [{ type: 'string' }] }),
    })
    expect(notes('kept-bundled')).toHaveLength(1)
    const [known] = [findOperation(bundled, FUNCTIONS)]
    expect(responseOf(operation(FUNCTIONS), 200)?.content).toEqual(known && responseOf(known, 200)?.content)
  })

  test('whose schema holds itself admits anything there', async () => {
    const node = { type: 'object', properties: { child: { $ref: '#/components/schemas/Node' } } }
    const { notes, operation } = await reading(
      { ...LISTING, responses: ok({ $ref: '#/components/schemas/Node' }) },
      { Node: node },
    )
    expect(responseOf(operation(FUNCTIONS), 200)?.content['application/json']).toEqual({
      type: 'object',
      properties: { child: true },
    })
    expect(notes('cut').length).toBeGreaterThan(0)
  })
})

describe('an operation of one alone', () => {
  test('is left out of the plan where the document leaves it out, and of no other service', async () => {
    const { contract, examined, notes } = await reading({ ...LISTING, responses: {} })
    const examinedAt = (service: string) =>
      examined.operations.filter((one) => one.service === service && !one.reserved)
    expect(examinedAt('api').map(({ id }) => id)).toEqual([FUNCTIONS])
    for (const service of ['api-keys', 'tasks', 'sis']) {
      expect(examinedAt(service)).toEqual(
        bundled.operations.filter((one) => one.service === service && !one.reserved),
      )
    }
    expect(contract.operations).toHaveLength(bundled.operations.length)
    expect(notes('not-described').map(({ operation }) => operation)).toContain('POST /v2/nvcf/functions')
    expect(notes('not-described')).toHaveLength(contract.operations.length - examined.operations.length)
  })

  test('is not examined where only the document has it', async () => {
    const { notes, operation } = await withPaths({
      '/v2/nvcf/functions': { get: { ...LISTING, responses: {} } },
      '/v2/nvcf/things': { post: { 'x-scopes': ['list_functions'] }, get: { description: 'of all' } },
      '/v2/nvcf/secret-things': {
        get: {
          'x-scopes': ['list_functions'],
          parameters: [
            { name: 'q', in: 'query', required: true, schema: { type: 'string', pattern: '^\\d{17}$' } },
          ],
        },
      },
      '/v2/nvcf/other/{thing}': { get: { 'x-scopes': ['list_functions'] } },
    })
    expect(notes('not-examined').map((note) => note.operation)).toEqual([
      'GET /v2/nvcf/things',
      'POST /v2/nvcf/things',
      'GET /v2/nvcf/secret-things',
      'GET /v2/nvcf/other/{thing}',
    ])
    expect(() => operation('POST /v2/nvcf/things')).toThrow()
  })

  test('is examined, as advice, where it reads and names scopes', async () => {
    const { operation } = await withPaths({
      '/v2/nvcf/functions': { get: { ...LISTING, responses: {} } },
      '/v2/nvcf/things/{thingId}/parts/{part}': {
        get: {
          tags: ['Things'],
          description: "A key with 'list_functions' scope",
          parameters: [
            { name: 'thingId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
            { name: 'part', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
            { name: 'form', in: 'query', required: true, schema: { type: 'string', enum: ['LONG'] } },
            { name: 'more', in: 'query' },
          ],
          responses: ok({ type: 'object', format: 'UTF-8' }),
        },
      },
      '/v2/nvcf/guarded': { get: { 'x-scopes': ['admin:things'], responses: {} } },
    })
    const things = operation('GET /v2/nvcf/things/{thingId}/parts/{part}')
    expect(things).toMatchObject({
      service: 'api',
      apiSet: 'Things',
      scopes: ['list_functions'],
      keyKind: 'apiKey',
      effect: 'none',
      subject: 'none',
      reserved: false,
    })
    expect(things.tentative).toContain('only target has it')
    expect(things.parameters.map(({ example, name }) => [name, example])).toEqual([
      ['thingId', expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)],
      ['part', '1'],
      ['form', 'LONG'],
    ])
    expect([200, 401, 403, 404].every((status) => responseOf(things, status) !== undefined)).toBe(true)
    expect(operation('GET /v2/nvcf/guarded')).toMatchObject({
      reserved: true,
      scopes: [],
      tokenScopes: ['admin:things'],
      public: false,
    })
  })
})
