import { describe, expect, test } from 'vitest'
import { type Difference, drift, matrixDiff } from './drift.js'
import type { JsonRecord } from './json.js'
import { loadContract } from './load.js'
import { readSpec, specOf } from './spec.js'

const json = (schema: unknown) => ({ 'application/json': { schema } })
const answering = (schema: unknown, status = 200): JsonRecord => ({
  responses: { [status]: { content: json(schema) } },
})
const taking = (schema: unknown, required = true): JsonRecord => ({
  requestBody: { required, content: json(schema) },
})
const object = (properties: JsonRecord, ...required: string[]): JsonRecord => ({
  type: 'object',
  properties,
  required,
})
const text = { type: 'string' }

const specOfPaths = (paths: JsonRecord, source: string) => readSpec({ openapi: '3.1.0', paths }, source)

/** The differences of one operation, each as its class, what differs, and what either source says. */
function compared(
  first: JsonRecord,
  second: JsonRecord,
): readonly (readonly [string, string, string | null, string | null])[] {
  const told = ({ class: kind, first: one, second: other, what }: Difference) =>
    [kind, what, one, other] as const
  return drift(
    specOfPaths({ '/v1/things': { post: first } }, 'one'),
    specOfPaths({ '/v1/things': { post: second } }, 'other'),
  ).differences.map(told)
}

// biome-ignore format: a table
const PAIRS: readonly (readonly [what: string, first: JsonRecord, second: JsonRecord, differences: ReturnType<typeof compared>])[] = [
  ['nothing', answering(object({ a: text })), answering(object({ a: text })), []],
  ['words alone', { ...answering({ ...text, description: 'a' }), summary: 'b' }, answering(text), []],
  // Answers.
  ['a field gone from an answer', answering(object({ a: text, b: text })), answering(object({ a: text })), [['breaking', '200: field b', 'present', null]]],
  ['a field new in an answer', answering(object({ a: text })), answering(object({ a: text, b: text }, 'b')), [['compatible', '200: field b', null, 'present']]],
  ['a field of an answer no longer sure', answering(object({ a: text }, 'a')), answering(object({ a: text })), [['breaking', '200: field a', 'required', 'optional']]],
  ['a field of an answer now sure', answering(object({ a: text })), answering(object({ a: text }, 'a')), [['compatible', '200: field a', 'optional', 'required']]],
  ['a field of an answer that may be null', answering(object({ a: text })), answering(object({ a: { type: ['string', 'null'] } })), [['breaking', '200: type of a', 'string', 'string or null']]],
  ['a field of an answer that may no longer be null', answering(object({ a: { type: ['string', 'null'] } })), answering(object({ a: text })), [['compatible', '200: type of a', 'string or null', 'string']]],
  ['a number that becomes whole', answering(object({ a: { type: 'number' } })), answering(object({ a: { type: 'integer' } })), [['compatible', '200: type of a', 'number', 'integer']]],
  ['a type that changes', answering(object({ a: text })), answering(object({ a: { type: 'integer' } })), [['breaking', '200: type of a', 'string', 'integer']]],
  ['a value new in an answer', answering({ enum: ['A'] }), answering({ enum: ['A', 'B'] }), [['breaking', '200: values of the body', '"A"', '"A" or "B"']]],
  ['a value gone from an answer', answering({ enum: ['A', 'B'] }), answering({ enum: ['A'] }), [['compatible', '200: values of the body', '"A" or "B"', '"A"']]],
  ['a field deep in lists and maps', answering({ type: 'array', items: object({ a: { type: 'object', additionalProperties: object({ b: text }) } }) }), answering({ type: 'array', items: object({ a: { type: 'object', additionalProperties: object({}) } }) }), [['breaking', '200: field [].a.*.b', 'present', null]]],
  ['parts that hold together', answering({ allOf: [object({ a: text }), object({ b: text }, 'b')] }), answering(object({ a: text, b: text }, 'b')), []],
  ['null as an alternative', answering({ anyOf: [object({ a: text }), { type: 'null' }] }), answering({ ...object({ a: text }), type: ['object', 'null'] }), []],
  // Requests: what is more for the one is less for the other.
  ['a field gone from a request', taking(object({ a: text, b: text })), taking(object({ a: text })), [['breaking', 'field b', 'present', null]]],
  ['a field new in a request', taking(object({})), taking(object({ a: text })), [['compatible', 'field a', null, 'present']]],
  ['a field that a request must have', taking(object({})), taking(object({ a: text }, 'a')), [['breaking', 'field a', null, 'required']]],
  ['a field that a request need not have', taking(object({ a: text }, 'a')), taking(object({ a: text })), [['compatible', 'field a', 'required', 'optional']]],
  ['a value new in a request', taking({ enum: ['A'] }), taking({ enum: ['A', 'B'] }), [['compatible', 'values of the body', '"A"', '"A" or "B"']]],
  ['a value gone from a request', taking({ enum: ['A', 'B'] }), taking({ const: 'A' }), [['breaking', 'values of the body', '"A" or "B"', '"A"']]],
  ['a body that has to be sent', {}, taking(text), [['breaking', 'the body', null, 'required application/json']]],
  ['a body that may be sent', {}, taking(text, false), [['compatible', 'the body', null, 'optional application/json']]],
  ['a body that is not read', taking(text), {}, [['breaking', 'the body', 'required application/json', null]]],
  // Parameters.
  ['a parameter gone', { parameters: [{ name: 'q', in: 'query' }] }, {}, [['breaking', 'query parameter q', 'optional', null]]],
  ['a parameter new', {}, { parameters: [{ name: 'q', in: 'query' }] }, [['compatible', 'query parameter q', null, 'optional']]],
  ['a parameter demanded', {}, { parameters: [{ name: 'H', in: 'header', required: true }] }, [['breaking', 'header parameter H', null, 'required']]],
  ['a header in other letters', { parameters: [{ name: 'H', in: 'header' }] }, { parameters: [{ name: 'h', in: 'header' }] }, []],
  ['headers of every request', {}, { parameters: [{ name: 'Authorization', in: 'header', required: true }] }, []],
  ['a parameter of another type', { parameters: [{ name: 'q', in: 'query', schema: text }] }, { parameters: [{ name: 'q', in: 'query', schema: { type: 'integer' } }] }, [['breaking', 'type of query parameter q', 'string', 'integer']]],
  // Statuses.
  ['a success gone', { responses: { 200: {}, 202: {} } }, { responses: { 200: {} } }, [['breaking', 'success', '202', null]]],
  ['a success new', { responses: { 200: {} } }, { responses: { 200: {}, 202: {} } }, [['compatible', 'success', null, '202']]],
  ['errors untold', { responses: { 200: {}, 401: {}, 403: {} } }, { responses: { 200: {} } }, [['compatible', 'errors', '401, 403', null]]],
  ['an answer without a body', answering(text), { responses: { 200: {} } }, [['breaking', 'body of 200', 'application/json', null]]],
  ['an answer of any type', answering(text), { responses: { 200: { content: { '*/*': { schema: text } } } } }, []],
  // Scopes.
  ['a scope more', { security: [{ k: ['a'] }] }, { security: [{ k: ['a'] }, { k: ['b'] }] }, [['compatible', 'scopes', 'a', 'a or b']]],
  ['a scope less', { security: [{ k: ['a'] }, { k: ['b'] }] }, { security: [{ k: ['a'] }] }, [['breaking', 'scopes', 'a or b', 'a']]],
  ['another scope', { security: [{ k: ['a'] }] }, { security: [{ k: ['b'] }] }, [['breaking', 'scopes', 'a', 'b']]],
  ['another scope in prose', { security: [{ k: ['a'] }] }, { description: "'b' scope" }, [['conflict', 'scopes', 'a', 'b']]],
  ['a scope less in prose', { description: "'a' or 'b' scope" }, { description: "'b' scope" }, [['breaking', 'scopes', 'a or b', 'b']]],
  ['no scope found', { security: [{ k: ['a'] }] }, { description: 'nothing' }, []],
  ['what becomes public', { security: [{ k: ['a'] }] }, { security: [] }, [['breaking', 'scopes', 'a', 'everybody']]],
  ['what is for administrators in prose', { security: [{ k: ['a'] }] }, { description: "'admin:a' scope" }, [['conflict', 'scopes', 'a', 'administrators of the service (admin:a)']]],
  // Contradictions.
  ['names as in code', answering(object({ owner_id: text, created_at: text })), answering(object({ ownerId: text, createdAt: text })), [['conflict', '200: names in the body', 'owner_id, created_at', 'ownerId, createdAt']]],
  ['names as in code, and a type', answering(object({ owner_id: text })), answering(object({ ownerId: { type: 'integer' } })), [['conflict', '200: names in the body', 'owner_id', 'ownerId'], ['breaking', '200: type of owner_id', 'string', 'integer']]],
  ['a refusal with the body of a success', { responses: { 200: { content: json(object({ token: text })) }, 403: { content: json(object({ title: text })) } } }, { responses: { 200: { content: json(object({ token: text })) }, 403: { content: json(object({ token: text })) } } }, [['conflict', 'body of 403', 'application/json', 'the body of a success']]],
]

describe('two documents differ by', () => {
  test.each(PAIRS)('%s', (_what, first, second, differences) => {
    expect(compared(first, second)).toEqual(differences)
  })

  test('operations that only one of them has', () => {
    const paths = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, { get: { security: [] } }]))
    const { differences } = drift(
      specOfPaths(paths('/v1/a', '/v1/b/{x}'), ''),
      specOfPaths(paths('/v1/b/{y}', '/v1/c'), ''),
    )
    expect(differences.map(({ class: kind, operation, subject }) => [kind, subject, operation])).toEqual([
      ['breaking', 'operation', 'GET /v1/a'],
      ['compatible', 'operation', 'GET /v1/c'],
    ])
  })
})

describe('the bundled releases', () => {
  test('do not differ from themselves', async () => {
    const spec = specOf(await loadContract())
    expect(drift(spec, spec)).toEqual({ differences: [], notes: [] })
  })

  test('differ by tasks and by what the admin token opens', async () => {
    const [initial, current] = await Promise.all([loadContract('initial'), loadContract('current')])
    const { changes, scopesAdded, scopesRemoved } = matrixDiff(initial, current)
    const changed = (wanted: string) => changes.filter(({ change }) => change === wanted)
    expect(
      changed('added').some(
        ({ operation, second }) => operation === 'POST /v1/nvct/tasks' && second === 'launch_task',
      ),
    ).toBe(true)
    expect(changed('removed')).toEqual([])
    expect(scopesAdded).toContain('launch_task')
    expect(scopesRemoved).toEqual([])
    expect(
      changed('admin token').find(({ operation }) => operation.startsWith('GET /v2/nvcf/clusterGroups')),
    ).toMatchObject({ first: 'opens it', second: 'does not open it' })
    expect(matrixDiff(current, initial).changes.filter(({ change }) => change === 'removed')).toHaveLength(
      changed('added').length,
    )
    expect(
      drift(specOf(initial), specOf(current)).differences.some(({ subject }) => subject === 'admin token'),
    ).toBe(true)
    const gone = drift(specOf(current), specOf(initial)).differences.filter(
      ({ class: kind, subject }) => kind === 'breaking' && subject === 'operation',
    )
    expect(gone.map(({ operation }) => operation)).toContain('POST /v1/nvct/tasks')
  })
})

test('registry credentials: prose names a scope that the scope table does not know', async () => {
  const operation = (more: JsonRecord) => ({ get: { responses: { 200: {} }, ...more } })
  const prose = specOfPaths(
    {
      '/v2/nvcf/registry-credentials': operation({ 'x-scopes-in-prose': ['manage_registries'] }),
      '/v2/nvcf/recognized-registries': operation({ description: "A key with 'manage_registries' scope" }),
      '/v2/nvcf/telemetries': operation({ description: "A key with 'manage_telemetries' scope" }),
    },
    'published.json',
  )
  const { differences, notes } = drift(specOf(await loadContract()), prose)
  expect(differences.filter(({ subject }) => subject === 'scopes')).toEqual(
    ['GET /v2/nvcf/registry-credentials', 'GET /v2/nvcf/recognized-registries'].map((id) => ({
      class: 'conflict',
      subject: 'scopes',
      operation: id,
      what: 'scopes',
      first: 'manage_registry_credentials',
      second: 'manage_registries',
    })),
  )
  expect(notes.map(({ text: told }) => told)).toContain('published.json says nothing of tasks: not compared')
})
