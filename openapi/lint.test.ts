import { beforeAll, describe, expect, test } from 'vitest'
import { Validator } from '../fixtures/validator.js'
import { apiSets, type Contract, findOperation, type Operation } from './contract.js'
import { lint } from './lint.js'
import { type Loaded, loadRelease } from './load.js'

const validator = new Validator()
const check = (contract: Contract, documents: Loaded['documents'] = []) =>
  lint(contract, documents, (schema, value) => validator.violations(schema, value))

let loaded: Loaded
beforeAll(async () => {
  loaded = await loadRelease()
})

const FIRST = 'POST /v2/nvcf/functions'

/** The contract with one operation changed. */
const withOperation = (change: (operation: Operation) => Operation): Contract => ({
  ...loaded.contract,
  operations: loaded.contract.operations.map((operation) =>
    operation.id === FIRST ? change(operation) : operation,
  ),
})

const without = <T extends object, K extends keyof T>(value: T, member: K): Omit<T, K> => {
  const { [member]: _left, ...rest } = value
  return rest
}

describe('the bundled contract', () => {
  test('keeps to every rule, examples included', () => {
    expect(check(loaded.contract, loaded.documents)).toEqual([])
  })

  test('covers the API sets of the first release', () => {
    expect(apiSets(loaded.contract)).toEqual([
      'API Keys',
      'Function Management',
      'Function Deployment',
      'Queue Details',
      'Cluster Groups & GPUs',
      'Function Invocation',
    ])
    expect(loaded.contract.operations).toHaveLength(28)
  })

  test('has the same digest every time, and operations are found by shape', async () => {
    expect((await loadRelease('initial')).contract.sha256).toBe(loaded.contract.sha256)
    const id = 'DELETE /v2/nvcf/functions/{f}/versions/{versionId}'
    expect(findOperation(loaded.contract, id)?.operationId).toBe('deleteFunctionVersion')
  })

  test('an unknown release is refused with those there are', async () => {
    await expect(loadRelease('v9')).rejects.toThrow(/'v9' is not known.*initial/)
  })
})

const BROKEN: readonly [string, (operation: Operation) => Operation, RegExp][] = [
  ['no scope and no mark', (o) => ({ ...o, scopes: [], adminToken: false }), /names no scope/],
  ['scopes on a public operation', (o) => ({ ...o, public: true }), /marked x-public and names scopes/],
  ['an unversioned path', (o) => ({ ...o, id: 'POST /nvcf/x', path: '/nvcf/x' }), /no version prefix/],
  ['no operationId', (o) => ({ ...o, operationId: '' }), /no operationId/],
  [
    'an operationId that stands twice',
    (o) => ({ ...o, operationId: 'listFunctions' }),
    /listFunctions stands twice/,
  ],
  ['no tag', (o) => ({ ...o, apiSet: '' }), /no tag/],
  ['an effect missing', (o) => ({ ...o, effect: 'none' }), /POST with x-effect none/],
  ['a scope nobody lists', (o) => ({ ...o, scopes: ['fly'] }), /does not list: fly/],
  ['no read-back', (o) => without(o, 'readBack'), /no x-read-back/],
  [
    'no success',
    (o) => ({ ...o, responses: o.responses.filter(({ status }) => status > 399) }),
    /no success/,
  ],
  [
    'no 403',
    (o) => ({ ...o, responses: o.responses.filter(({ status }) => status !== 403) }),
    /no 401 or no 403/,
  ],
  [
    'a resource without a 404',
    (o) => ({
      ...o,
      parameters: [{ name: 'x', in: 'path', required: true, schema: {}, fill: 'key-id' }],
      responses: o.responses.filter(({ status }) => status !== 404),
    }),
    /documents no 404/,
  ],
  [
    'a required parameter without a fill',
    (o) => ({ ...o, parameters: [{ name: 'x', in: 'query', required: true, schema: {} }] }),
    /without x-fill: x/,
  ],
  [
    'a required body without an example',
    (o) => ({
      ...o,
      body: { required: true, contentType: 'application/json', schema: {}, example: undefined, fill: {} },
    }),
    /gives no example/,
  ],
  [
    'a schema that ajv refuses',
    (o) => ({
      ...o,
      responses: [...o.responses, { status: 299, content: { 'x/y': { type: 'text' } }, headers: [] }],
    }),
    /the schema of 299 x\/y is refused/,
  ],
  [
    'an unknown keyword',
    (o) => ({ ...o, parameters: [{ name: 'x', in: 'query', required: false, schema: { maximal: 1 } }] }),
    /strict mode: unknown keyword/,
  ],
]

describe('a broken contract is told what is wrong:', () => {
  test.each(BROKEN)('%s', (_name, change, message) => {
    expect(check(withOperation(change)).join('\n')).toMatch(message)
  })

  test('an example that violates its own schema', () => {
    const media = { schema: { type: 'object', properties: { a: {} }, required: ['a'] }, example: {} }
    const inside = { schemas: { Thing: { type: 'integer', examples: ['one'] } } }
    expect(check(loaded.contract, [{ paths: { '/x': { content: media } }, components: inside }])).toEqual([
      "the example at /paths//x/content violates its schema: the body must have required property 'a'",
      'the example at /components/schemas/Thing violates its schema: the body must be integer',
    ])
  })
})
