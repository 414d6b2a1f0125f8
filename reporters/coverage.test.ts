import { describe, expect, test } from 'vitest'
import type { Operation, Schema } from '../openapi/contract.js'
import { type Coverage, missingInWords, totalsInWords } from './coverage.js'
import { DELETE, keyOf, LIST, QUEUE, type Sample, sampleRecord } from './sample-record.js'

const BODY: Schema = { type: 'object', properties: { name: { type: 'string', pattern: 'a' } } }
const ANSWER: Schema = { type: 'object', properties: { id: { type: 'string' }, note: { type: 'string' } } }

const documented: Partial<Operation> = {
  body: { required: true, contentType: 'application/json', schema: BODY, example: {}, fill: {} },
  responses: [
    { status: 200, content: { 'application/json': ANSWER }, headers: [] },
    { status: 404, content: { 'application/problem+json': ANSWER, 'text/plain': {} }, headers: [] },
  ],
}
const operations = { [LIST]: documented }

const coverageOf = (sample: Sample): Coverage => sampleRecord({ operations, ...sample }).coverage

describe('an operation', () => {
  test('is covered by a decided cell on its documented path', () => {
    const { operations: counts } = coverageOf({ cells: [{ verdict: 'fail' }, { operation: DELETE }] })
    expect(counts).toEqual({ covered: 2, total: 2, missing: [] })
  })

  test.each(['inconclusive', 'error'] as const)('is not covered by a cell that is %s', (verdict) => {
    expect(coverageOf({ cells: [{ verdict }, { operation: DELETE }] }).operations).toEqual({
      covered: 1,
      total: 2,
      missing: [LIST],
    })
  })

  test('is not covered by what was found on another path', () => {
    expect(coverageOf({ cells: [{ path: 'v9' }, { operation: DELETE }] }).operations.missing).toEqual([LIST])
  })

  test('counts whatever the selection left out, and not where nothing is planned for it', () => {
    const leftOut = { verdict: 'excluded', why: 'not asked for' } as const
    const { apiSets, operations: counts } = coverageOf({ cells: [{ leftOut }] })
    expect(counts).toEqual({ covered: 0, total: 1, missing: [LIST] })
    expect(apiSets.map(({ name }) => name)).toEqual(['Function Management'])
  })
})

test('scope cells are those of the authorization area, decided or missing by their ids', () => {
  const { scopeCells } = coverageOf({
    cells: [
      {},
      { credential: keyOf('a'), verdict: 'inconclusive' },
      { check: 'no-credential-denies', credential: { kind: 'none' }, lost: true },
      { check: 'response-formats' },
    ],
  })
  expect(scopeCells).toEqual({
    covered: 1,
    total: 3,
    missing: [`scope-denies::${LIST}::[a]`, `no-credential-denies::${LIST}::none`],
  })
})

describe('what a trial reached', () => {
  const reach = {
    operation: LIST,
    statuses: [200, 418],
    request: ['#/type', '#/properties', '#/properties/name/type', '#/not/documented'],
    responses: { '200': ['#/type', '#/properties', '#/properties/id/type'] },
  }
  const coverage = coverageOf({ cells: [{}, { operation: QUEUE }], reaches: [reach] })

  test('covers documented statuses and keywords, and names the others', () => {
    expect(coverage.statuses).toEqual({ covered: 1, total: 2, missing: [`${LIST} 404`] })
    expect(coverage.requestKeywords).toEqual({
      covered: 3,
      total: 4,
      missing: [`${LIST} #/properties/name/pattern`],
    })
    expect(coverage.responseKeywords).toEqual({
      covered: 3,
      total: 8,
      missing: [`${LIST} 200 #/properties/note`, `${LIST} 404 application/problem+json #`],
    })
  })

  test('is told by API set too', () => {
    const none = { covered: 0, total: 0 }
    expect(coverage.apiSets).toEqual([
      {
        name: 'Function Management',
        operations: { covered: 1, total: 1 },
        scopeCells: { covered: 1, total: 1 },
        statuses: { covered: 1, total: 2 },
        requestKeywords: { covered: 3, total: 4 },
        responseKeywords: { covered: 3, total: 8 },
      },
      {
        name: 'Queue Details',
        operations: { covered: 1, total: 1 },
        scopeCells: { covered: 1, total: 1 },
        statuses: none,
        requestKeywords: none,
        responseKeywords: none,
      },
    ])
  })

  test('is put in words that never round up', () => {
    expect(totalsInWords(coverage)).toEqual([
      '100% of 2 operations',
      '100% of 2 scope cells',
      '50% of 2 status codes',
      '75% of 4 request keywords',
      '37% of 8 response keywords',
    ])
    expect(missingInWords(coverage)).toBe('1 status code, 1 request keyword, 5 response keywords')
  })
})

test('what there is none of is not told', () => {
  const coverage = coverageOf({ cells: [{ operation: QUEUE }], operations: {} })
  expect(totalsInWords(coverage)).toEqual(['100% of 1 operation', '100% of 1 scope cell'])
  expect(missingInWords(coverage)).toBe('')
})
