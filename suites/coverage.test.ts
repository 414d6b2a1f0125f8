import { describe, expect, test } from 'vitest'
import { Validator } from '../fixtures/validator.js'
import type { Operation, Schema } from '../openapi/contract.js'
import { isRecord } from '../openapi/json.js'
import { loadContract } from '../openapi/load.js'
import { answerSchemas, exercised, keywordsOf, reachOf, unexercised } from './coverage.js'
import type { Observation, PathForm } from './model.js'

const validator = new Validator()
const takes = (schema: Schema, value: unknown) => validator.violations(schema, value).length === 0

const PERSON: Schema = {
  type: 'object',
  description: 'not counted',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, examples: ['type'], format: 'hostname' },
    age: { type: ['integer', 'null'], minimum: 0, format: 'int32' },
    anything: { title: 'no keyword that asks' },
  },
  additionalProperties: false,
}
const LIST: Schema = { type: 'array', uniqueItems: true, items: { type: 'string', pattern: '^a' } }
const MAP: Schema = {
  type: 'object',
  properties: { own: { type: 'string' } },
  additionalProperties: { type: 'integer', enum: [1] },
}
const CHOICE: Schema = { oneOf: [{ type: 'string', minLength: 2 }, { type: 'integer' }] }
const BOTH: Schema = {
  allOf: [{ type: 'object', properties: { 'a/b~c': { const: 1 } } }],
  not: { type: 'null' },
}

describe('the keywords of a schema', () => {
  test.each<[string, Schema, string[]]>([
    ['nothing', {}, []],
    ['what allows or forbids everything', true, []],
    [
      'an object, without its annotations',
      PERSON,
      [
        '#/type',
        '#/required',
        '#/properties',
        '#/properties/name/type',
        '#/properties/name/minLength',
        '#/properties/name/format',
        '#/properties/age/type',
        '#/properties/age/minimum',
        '#/properties/age/format',
        '#/additionalProperties',
      ],
    ],
    ['an array', LIST, ['#/type', '#/uniqueItems', '#/items', '#/items/type', '#/items/pattern']],
    ['a choice', CHOICE, ['#/oneOf', '#/oneOf/0/type', '#/oneOf/0/minLength', '#/oneOf/1/type']],
    [
      'conjunctions and names that need escapes',
      BOTH,
      [
        '#/allOf',
        '#/allOf/0/type',
        '#/allOf/0/properties',
        '#/allOf/0/properties/a~1b~0c/const',
        '#/not',
        '#/not/type',
      ],
    ],
    ['keywords that ask nothing', { uniqueItems: false, additionalProperties: true, items: true }, []],
  ])('of %s', (_what, schema, places) => {
    expect(keywordsOf(schema)).toEqual(places)
  })

  test('no keyword of the bundled documents is overlooked', async () => {
    const annotations = [
      'title',
      'description',
      'default',
      'example',
      'examples',
      'deprecated',
      'readOnly',
      'writeOnly',
    ]
    const schemas = (await loadContract()).operations.flatMap((operation) => [
      ...(operation.body === undefined ? [] : [operation.body.schema]),
      ...answerSchemas(operation).map(({ schema }) => schema),
    ])
    const unknown = new Set<string>()
    const visit = (schema: unknown): void => {
      if (!isRecord(schema)) return
      const counted = new Set(keywordsOf(schema))
      for (const [keyword, operand] of Object.entries(schema)) {
        if (annotations.includes(keyword)) continue
        if (!counted.has(`#/${keyword}`) && typeof operand !== 'boolean') unknown.add(keyword)
        const several = keyword === 'properties' || Array.isArray(operand)
        for (const inner of several ? Object.values(Object(operand)) : [operand]) visit(inner)
      }
    }
    for (const schema of new Set(schemas)) visit(schema)
    expect([...unknown]).toEqual([])
  })
})

describe('what a value exercises', () => {
  test.each<[string, Schema, unknown, string[]]>([
    [
      'whatever is asked of its type',
      { type: 'string', pattern: 'a', minimum: 1, items: {} },
      'a',
      ['#/type', '#/pattern'],
    ],
    [
      'only what is asked of a member that is there',
      PERSON,
      { name: 'a' },
      [
        '#/type',
        '#/required',
        '#/properties',
        '#/properties/name/type',
        '#/properties/name/minLength',
        '#/properties/name/format',
        '#/additionalProperties',
      ],
    ],
    [
      'the type of a null, and nothing that is asked of numbers',
      PERSON,
      { age: null },
      ['#/type', '#/required', '#/properties', '#/properties/age/type', '#/additionalProperties'],
    ],
    ['no more than its type, of another type', PERSON, 'text', ['#/type']],
    [
      'items, once there is one',
      LIST,
      ['a', 1],
      ['#/type', '#/uniqueItems', '#/items', '#/items/type', '#/items/pattern'],
    ],
    ['no items of an empty array', LIST, [], ['#/type', '#/uniqueItems']],
    [
      'no pattern of items that are no strings',
      LIST,
      [1],
      ['#/type', '#/uniqueItems', '#/items', '#/items/type'],
    ],
    [
      'further members, where one came',
      MAP,
      { other: 1 },
      [
        '#/type',
        '#/properties',
        '#/additionalProperties',
        '#/additionalProperties/type',
        '#/additionalProperties/enum',
      ],
    ],
    [
      'nothing of further members by those that are named',
      MAP,
      { own: '' },
      ['#/type', '#/properties', '#/properties/own/type'],
    ],
    ['the branch that takes it', CHOICE, 1, ['#/oneOf', '#/oneOf/1/type']],
    ['no branch where none takes it', CHOICE, 'a', ['#/oneOf']],
    [
      'every part of a conjunction',
      BOTH,
      { 'a/b~c': 1 },
      [
        '#/allOf',
        '#/allOf/0/type',
        '#/allOf/0/properties',
        '#/allOf/0/properties/a~1b~0c/const',
        '#/not',
        '#/not/type',
      ],
    ],
    [
      'nothing inherited',
      PERSON,
      Object.create({ name: 'a' }),
      ['#/type', '#/required', '#/properties', '#/additionalProperties'],
    ],
  ])('%s', (_what, schema, value, places) => {
    expect([...exercised(schema, value, takes)].sort()).toEqual([...places].sort())
  })

  test('a value as deep as can be is followed no deeper than its schema', () => {
    const value = JSON.parse(`${'[['.repeat(2000)}${']]'.repeat(2000)}`)
    expect(exercised({ items: { type: 'array' } }, value, takes)).toEqual(
      new Set(['#/items', '#/items/type']),
    )
  })
})

describe('what nothing exercised', () => {
  test.each<[string, Schema, unknown[], string[]]>([
    ['is the whole schema, by one name', PERSON, [], ['#']],
    ['is nothing of a schema that asks nothing', {}, [], []],
    ['is a member that never came, by one name', PERSON, [{ name: 'a' }], ['#/properties/age']],
    [
      'is a keyword',
      PERSON,
      [{ name: 'a', age: null }],
      ['#/properties/age/minimum', '#/properties/age/format'],
    ],
    ['is nothing when values complete each other', PERSON, [{ name: 'a' }, { age: 1 }], []],
    ['is the items of empty arrays, by one name', LIST, [[]], ['#/items']],
    ['is a branch that took nothing', CHOICE, ['ab'], ['#/oneOf/1']],
  ])('%s', (_what, schema, values, missing) => {
    const reached = new Set(values.flatMap((value) => [...exercised(schema, value, takes)]))
    expect(unexercised(schema, reached)).toEqual(missing)
  })
})

describe('what a trial reached', () => {
  const operation: Operation = {
    id: 'POST /v2/things',
    operationId: 'make',
    method: 'POST',
    path: '/v2/things',
    service: 'api',
    hostLabels: [],
    apiSet: 'Things',
    summary: '',
    scopes: [],
    tokenScopes: [],
    admin: 'grant',
    public: false,
    reserved: false,
    effect: 'none',
    answersSecret: false,
    subject: 'none',
    parameters: [],
    body: { required: true, contentType: 'application/json', schema: LIST, example: [], fill: {} },
    responses: [
      { status: 200, content: { 'application/json': LIST, 'text/*': {} }, headers: [] },
      { status: 403, content: { 'application/problem+json': PERSON }, headers: [] },
      { status: 404, content: {}, headers: [] },
    ],
  }
  const seen = (status: number, json: unknown, type: string, path: PathForm = 'documented'): Observation => ({
    operation,
    probe: { credential: { kind: 'admin' }, path, expects: 'grant' },
    answer: { kind: 'answer', status, headers: { 'content-type': type }, text: '', json, exchange: 'x' },
    subject: 'existing',
    contrast: false,
    sent: { headers: {}, body: ['secret'] },
    keyValues: [],
  })
  const reach = (...observations: Observation[]) => reachOf(operation, observations, takes)

  test('is told by places alone', () => {
    const told = reach(seen(200, ['answer'], 'application/json; charset=utf-8'))
    expect(told).toEqual({
      operation: operation.id,
      statuses: [200],
      request: keywordsOf(LIST),
      responses: { '200 application/json': keywordsOf(LIST) },
    })
    expect(JSON.stringify(told)).not.toMatch(/secret|answer/)
  })

  test('is no request body where the credential was refused', () => {
    expect(reach(seen(403, { name: 'a' }, 'application/problem+json'))).toMatchObject({
      statuses: [403],
      request: [],
      responses: { '403': expect.arrayContaining(['#/properties/name/type']) },
    })
  })

  test('is nothing on other paths, and nothing where no answer came', () => {
    const silent: Observation = {
      ...seen(200, [], 'application/json'),
      answer: { kind: 'silence', why: 'timed out', code: 'TIMEOUT', exchange: 'x' },
    }
    expect(reach(seen(200, [], 'application/json', 'v9'), silent)).toMatchObject({
      statuses: [],
      request: [],
      responses: {},
    })
    expect(reach(seen(404, undefined, '', 'absent')).statuses).toEqual([404])
  })

  test('is no schema of another media type', () => {
    expect(reach(seen(200, ['a'], 'application/xml')).responses).toEqual({})
    expect(reach(seen(200, ['a'], 'text/plain')).responses).toEqual({ '200 text/*': [] })
  })
})
