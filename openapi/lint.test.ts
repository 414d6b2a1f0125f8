import { beforeAll, describe, expect, test } from 'vitest'
import { Validator } from '../fixtures/validator.js'
import { type Contract, findOperation, type Operation, shape } from './contract.js'
import { lint } from './lint.js'
import { type Loaded, loadRelease, releaseNames } from './load.js'

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
  keyIssue: without(loaded.contract.keyIssue, 'taskKey'),
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

  test('covers every service', () => {
    const { operations } = loaded.contract
    const counts = operations.map(({ service }): [string, number] => [
      service,
      operations.filter((other) => other.service === service).length,
    ])
    expect(Object.fromEntries(counts)).toEqual({
      'api-keys': 20,
      api: 111,
      invocation: 10,
      tasks: 11,
      sis: 6,
    })
  })

  test.each([
    ['Cloud Functions', 'api', 51],
    ['super administrators', 'reserved', 61],
  ])('names every operation of %s once', (_name, which, count) => {
    const own = loaded.contract.operations.filter(({ reserved, service }) =>
      which === 'reserved' ? reserved : service === which && !reserved,
    )
    expect(new Set(own.map(({ id }) => shape(id))).size).toBe(count)
    expect(own).toHaveLength(count)
  })

  test('has the same digest every time, and operations are found by shape', async () => {
    expect((await loadRelease('current')).contract.sha256).toBe(loaded.contract.sha256)
    const id = 'DELETE /v2/nvcf/functions/{f}/versions/{versionId}'
    expect(findOperation(loaded.contract, id)?.operationId).toBe('deleteFunctionVersion')
  })

  test('an unknown release is refused with those there are', async () => {
    await expect(loadRelease('v9')).rejects.toThrow(/'v9' is not known.*initial.*current/)
  })
})

const OPEN = { service: 'api-keys', public: true, scopes: [], admin: 'silent' } as const

const BROKEN: readonly [string, (operation: Operation) => Operation, RegExp][] = [
  ['nobody who may and no mark', (o) => ({ ...o, scopes: [], admin: 'silent' }), /names nobody who may/],
  ['scopes on a public operation', (o) => ({ ...o, public: true }), /marked x-public and names who may/],
  ['an unversioned path', (o) => ({ ...o, id: 'POST /nvcf/x', path: '/nvcf/x' }), /no version prefix/],
  ['no operationId', (o) => ({ ...o, operationId: '' }), /no operationId/],
  [
    'an operationId that stands twice',
    (o) => ({ ...o, operationId: 'listFunctions' }),
    /listFunctions stands twice/,
  ],
  ['no tag', (o) => ({ ...o, apiSet: '' }), /no tag/],
  ['an effect missing', (o) => ({ ...o, method: 'PUT', effect: 'none' }), /PUT with x-effect none/],
  ['an effect of a GET', (o) => ({ ...o, method: 'GET' }), /GET with x-effect create/],
  ['a key that nobody issues', (o) => ({ ...o, keyKind: 'taskKey', scopes: [] }), /how one is issued/],
  ['a scope nobody lists', (o) => ({ ...o, scopes: ['fly'] }), /does not list: fly/],
  ['no scope of an administrator', (o) => ({ ...o, scopes: [], reserved: true }), /names no scope/],
  [
    'a scope of tokens that keys hold',
    (o) => ({ ...o, tokenScopes: ['list_functions'] }),
    /may hold as well/,
  ],
  [
    'a function and no word on resources',
    (o) => ({
      ...o,
      parameters: [{ name: 'x', in: 'header', required: true, schema: {}, fill: 'function-id' }],
    }),
    /has no x-resources/,
  ],
  ['a function in the Host', (o) => ({ ...o, hostLabels: ['function-id'] }), /has no x-resources/],
  ...['/functions/*/id', '/function/id/*', 'function/id', ''].map((pointer): (typeof BROKEN)[number] => [
    `a list filtered at '${pointer}'`,
    (o) => ({ ...o, resources: { use: 'filtered', pointer } }),
    /which leads nowhere/,
  ]),
  ...[undefined, 'Whoever asks', 'whoever asks.'].map((exposure): (typeof BROKEN)[number] => [
    `the exposure '${exposure}'`,
    (o) => ({ ...without(o, 'exposure'), ...(exposure && { exposure }), ...OPEN }),
    /has no x-exposure/,
  ]),
  ['no read-back', (o) => without(o, 'readBack'), /neither x-read-back nor x-unreadable/],
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
      subject: 'key',
      parameters: [{ name: 'x', in: 'path', required: true, schema: {}, fill: 'key-id' }],
      responses: o.responses.filter(({ status }) => status !== 404),
    }),
    /documents no 404/,
  ],
  [
    'a required parameter without a fill',
    (o) => ({ ...o, parameters: [{ name: 'x', in: 'query', required: true, schema: {} }] }),
    /without x-fill or example: x/,
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

describe('every release', () => {
  /** What the documentation says that its admin token opens, and whether it knows tasks. */
  const RELEASES: readonly [name: string, tasks: boolean, admin: 'full' | 'limited'][] = [
    ['initial', false, 'full'],
    ['v0.5', false, 'limited'],
    ['v0.6.0', true, 'limited'],
    ['v0.6.1', true, 'limited'],
    ['current', true, 'limited'],
  ]

  test('is in the table', async () => {
    expect(await releaseNames()).toEqual(RELEASES.map(([name]) => name))
  })

  test.each(RELEASES)('%s keeps to every rule', async (name, tasks, admin) => {
    const { contract } = await loadRelease(name, false)
    expect(check(contract)).toEqual([])
    expect(contract.operations.some(({ service }) => service === 'tasks')).toBe(tasks)
    const invoke = findOperation(contract, 'POST /v2/nvcf/pexec/functions/{id}')
    expect(invoke?.admin).toBe(admin === 'full' ? 'grant' : 'deny')
    expect(findOperation(contract, 'GET /v1/accounts/{id}/clusters')?.admin).toBe('grant')
  })
})

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
