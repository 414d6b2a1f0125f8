import { describe, expect, test } from 'vitest'
import { Validator } from '../fixtures/validator.js'
import type { Schema } from './contract.js'
import { repairing, type Tally } from './repair.js'

const validator = new Validator()

function repaired(schema: Schema) {
  const tally: Tally = new Map()
  const result = repairing(tally)(schema)
  return {
    schema: result,
    repairs: Object.fromEntries(tally),
    admits: (value: unknown) => validator.violations(result, value).length === 0,
  }
}

interface Case {
  readonly what: string
  readonly schema: Schema
  readonly repairs: Readonly<Record<string, number>>
  readonly admits: readonly unknown[]
  readonly refuses: readonly unknown[]
}

// biome-ignore format: a table
const CASES: readonly Case[] = [
  { what: 'a sound schema', schema: { type: 'object', required: ['a'], properties: { a: { type: 'string', format: 'uuid' } } }, repairs: {},
    admits: [{ a: '0f6a3a3e-4f0e-4d0b-9b7d-0d6f4b8f5a11' }], refuses: [{}, { a: 'x' }, []] },
  { what: 'anything', schema: true, repairs: {}, admits: [1, null], refuses: [] },
  { what: 'the format UTF-8 on text', schema: { type: 'string', format: 'UTF-8' }, repairs: { format: 1 }, admits: ['x'], refuses: [1] },
  { what: 'the format UTF-8 on an object', schema: { type: 'object', format: 'UTF-8' }, repairs: { format: 1 }, admits: [{}], refuses: ['x'] },
  { what: 'a format of numbers on an object', schema: { type: 'object', format: 'int32' }, repairs: { idle: 1 }, admits: [{}], refuses: [1] },
  { what: 'url, duration, int64 and float', schema: { type: 'array', items: { anyOf: [{ type: 'string', format: 'url' }, { type: 'string', format: 'duration' }, { type: ['integer', 'null'], format: 'int64' }, { type: 'number', format: 'float' }] } }, repairs: {},
    admits: [['http://a.example', 'PT1S', 3, null, 0.5]], refuses: [[true]] },
  { what: 'needless escapes', schema: { type: 'string', pattern: '^[a-z0-9A-Z][a-z0-9A-Z\\_\\.\\-]*$' }, repairs: { pattern: 1 }, admits: ['a_.-'], refuses: ['_a', 'a b'] },
  { what: 'needless escapes outside of a class', schema: { type: 'string', pattern: '^a\\-b\\_c\\:d\\@$' }, repairs: { pattern: 1 }, admits: ['a-b_c:d@'], refuses: ['a-b'] },
  { what: 'needed escapes', schema: { type: 'string', pattern: '^\\d+\\.\\d{2}\\/[\\]\\-]\\\\$' }, repairs: {}, admits: ['1.20/-\\'], refuses: ['1x20/-\\'] },
  { what: 'a pattern of another language', schema: { type: 'string', pattern: '^\\p{Alnum}+\\z' }, repairs: { 'pattern-dropped': 1 }, admits: ['x'], refuses: [1] },
  { what: 'nullable type lists', schema: { type: ['string', 'null'], enum: ['A', 'B', null] }, repairs: {}, admits: ['A', null], refuses: ['C'] },
  { what: 'nullable of 3.0', schema: { type: 'string', nullable: true }, repairs: { nullable: 1 }, admits: ['x', null], refuses: [1] },
  { what: 'an unknown type', schema: { type: 'file' }, repairs: { value: 1 }, admits: ['x', 1], refuses: [] },
  { what: 'a type twice', schema: { type: ['string', 'string'] }, repairs: {}, admits: ['x'], refuses: [1] },
  { what: 'properties without a type', schema: { properties: { a: { type: 'string' } } }, repairs: {}, admits: [{ a: 'x' }, 1, null], refuses: [{ a: 1 }] },
  { what: 'required without properties', schema: { type: 'object', required: ['a', 'a'] }, repairs: {}, admits: [{ a: 1 }], refuses: [{}] },
  { what: 'keywords of OpenAPI and extensions', schema: { type: 'object', discriminator: { propertyName: 'a' }, xml: { name: 'a' }, externalDocs: {}, 'x-any': 1 }, repairs: { keyword: 3 }, admits: [{}], refuses: [1] },
  { what: 'annotations', schema: { type: 'string', title: 'a', description: 'b', deprecated: true, default: 1, example: 2, examples: [3] }, repairs: {}, admits: ['x'], refuses: [1] },
  { what: 'limits that are none', schema: { type: 'number', minimum: '1', exclusiveMinimum: true, multipleOf: 0 }, repairs: { value: 3 }, admits: [-1], refuses: ['x'] },
  { what: 'limits of another type', schema: { type: 'integer', maxLength: 3, pattern: 'a' }, repairs: { idle: 2 }, admits: [1], refuses: ['x'] },
  { what: 'limits without what they limit', schema: { type: 'array', minContains: 1, items: { type: 'string', else: true } }, repairs: { idle: 2 }, admits: [['x']], refuses: [[1]] },
  { what: 'an empty and a repeated enumeration', schema: { anyOf: [{ type: 'string', enum: ['a', 'a'] }, { type: 'number', enum: [] }] }, repairs: { value: 1 }, admits: ['a', 1], refuses: ['b'] },
  { what: 'a tuple of old', schema: { type: 'array', items: [{ type: 'string' }] }, repairs: { value: 1 }, admits: [[1]], refuses: [1] },
  { what: 'the same $id twice', schema: { type: 'array', items: { $id: 'http://a.example', $schema: 'http://json-schema.org/draft-07/schema#', type: 'string' }, $id: 'http://a.example' }, repairs: {}, admits: [['x']], refuses: [[1]] },
  { what: 'parts without a type of their own', schema: { type: 'object', properties: { a: true, b: true }, anyOf: [{ required: ['a'] }, { required: ['b'] }] }, repairs: {}, admits: [{ a: 1 }, { b: 1 }], refuses: [{}, 1] },
  { what: 'parts of wider types than the whole', schema: { type: 'object', allOf: [{ type: ['object', 'null'], properties: { a: { type: 'string' } } }] }, repairs: {}, admits: [{ a: 'x' }], refuses: [null, { a: 1 }] },
  { what: 'patterns of names', schema: { type: 'object', patternProperties: { '^\\_a': { type: 'string' } } }, repairs: { pattern: 1 }, admits: [{ _a: 'x', b: 1 }], refuses: [{ _a: 1 }] },
]

describe('a strict validator takes', () => {
  test.each(CASES)('$what', ({ admits, refuses, repairs, schema }) => {
    const result = repaired(schema)
    expect(result.repairs).toEqual(repairs)
    for (const value of admits) expect(result.admits(value), JSON.stringify(value)).toBe(true)
    for (const value of refuses) expect(result.admits(value), JSON.stringify(value)).toBe(false)
  })
})

test('a schema that stands in many places is repaired, and counted, once', () => {
  const tally: Tally = new Map()
  const repair = repairing(tally)
  const shared = { type: 'string', format: 'UTF-8' }
  expect(repair(shared)).toBe(repair(shared))
  expect(tally.get('format')).toBe(1)
})
