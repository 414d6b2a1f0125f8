import { describe, expect, test } from 'vitest'
import { isRecord } from './json.js'
import { TooLarge, unfold, unfollowable } from './references.js'

const tree = (): { [member: string]: unknown } => {
  const node: { [member: string]: unknown } = { type: 'object' }
  node.properties = { child: node, name: { type: 'string' } }
  return node
}

describe('values that hold themselves', () => {
  test('are cut where they begin again, and only there', () => {
    const { cuts, value } = unfold({ schemas: { Tree: tree() } })
    expect(value).toEqual({
      schemas: { Tree: { type: 'object', properties: { child: true, name: { type: 'string' } } } },
    })
    expect(cuts).toEqual(['/schemas/Tree/properties/child'])
  })

  test('are cut at each place that leads to them', () => {
    const node = tree()
    const { cuts, value } = unfold({ one: node, other: { items: node } })
    expect(cuts).toEqual(['/one/properties/child', '/other/items/properties/child'])
    expect(JSON.stringify(value)).toContain('"items":{"type":"object"')
  })

  test('are cut in lists, and references that nobody could follow are too', () => {
    const list: unknown[] = [{ $ref: '#there' }]
    list.push(list)
    expect(unfold(list)).toEqual({ value: [true, true], cuts: ['/0', '/1'] })
  })

  test('leave a document without any as it is', () => {
    const shared = { type: 'string' }
    const document = { a: shared, b: [shared, null, 1] }
    const { cuts, value } = unfold(document)
    expect(value).toBe(document)
    expect(cuts).toEqual([])
  })

  test('leave a property named $ref alone', () => {
    const document = { properties: { $ref: { type: 'string' } } }
    expect(unfold(document).value).toBe(document)
    expect(unfollowable(document)).toBeUndefined()
  })
})

describe('small documents that unfold into enormous ones', () => {
  test('are refused by their size', () => {
    let node: unknown = 'x'
    for (let level = 0; level < 60; level++) node = [node, node]
    expect(() => unfold(node)).toThrow(TooLarge)
  })

  test('are refused where every schema holds every other', () => {
    const schemas: Record<string, { properties: Record<string, unknown> }> = {}
    for (let index = 0; index < 24; index++) schemas[`S${index}`] = { properties: {} }
    for (const schema of Object.values(schemas)) Object.assign(schema.properties, schemas)
    const started = performance.now()
    expect(() => unfold(schemas)).toThrow(TooLarge)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('are refused by their depth', () => {
    let node: unknown = 'x'
    for (let level = 0; level < 100_000; level++) node = { node }
    expect(unfollowable(node)).toContain('deeper than')
  })

  test('are no lists of a thousand schemas that share their parts', () => {
    const shared = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`p${index}`, { type: 'string' }]),
    )
    const { value } = unfold(Array.from({ length: 1000 }, () => ({ properties: shared })))
    expect(Array.isArray(value) && isRecord(value[999])).toBe(true)
  })
})

test.each([5, null, true, ['#/a']])('a $ref that is %j is told', (reference) => {
  expect(unfollowable({ a: [{ $ref: reference }] })).toContain('not text')
})
