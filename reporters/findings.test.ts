import { describe, expect, test } from 'vitest'
import { deviationsInWords, digest, failures, restInWords } from './findings.js'
import { DELETE, keyOf, LIST, QUEUE, type SampleCell, sampleRecord } from './sample-record.js'

const failed = (count: number, given: SampleCell = {}): SampleCell[] =>
  Array.from({ length: count }, (_, index) => ({
    credential: keyOf(`s${index}`),
    verdict: 'fail',
    ...given,
    id: `${given.check} ${index}`,
  }))
const digestOf = (level: 'required' | 'advisory', cells: readonly SampleCell[], most = 20) =>
  digest(sampleRecord({ cells }), level, most)

test('failures are of one level, those of one operation together', () => {
  const record = sampleRecord({
    cells: [
      { check: 'response-formats', operation: LIST, verdict: 'fail' },
      { operation: DELETE, credential: keyOf('a'), verdict: 'fail' },
      { operation: QUEUE, verdict: 'fail' },
      { operation: LIST },
      { operation: DELETE, credential: keyOf('b'), verdict: 'fail' },
    ],
  })
  expect(failures(record, 'required').map(({ cell }) => cell.operation)).toEqual([DELETE, DELETE, QUEUE])
  expect(failures(record, 'advisory').map(({ cell }) => cell.operation)).toEqual([LIST])
})

test('failures are counted by how they deviate, what matters most first', () => {
  const record = sampleRecord({
    cells: [
      ...failed(1, { deviation: 'other' }),
      ...failed(2, { deviation: 'under-grant' }),
      ...failed(3, { deviation: 'over-grant' }),
    ].map((cell, index) => ({ ...cell, id: `${index}` })),
  })
  expect(deviationsInWords(failures(record, 'required'))).toBe(
    '3 over-granted, 2 under-granted, 1 otherwise than documented',
  )
})

describe('what is required', () => {
  test.each([
    [12, 20, 12, ''],
    [13, 20, 12, 'and 1 more in record.json: 1 scope-denies'],
    [12, 10, 10, 'and 2 more in record.json: 2 scope-denies'],
  ])('of %i findings of one check and room for %i is told %i times', (count, most, full, rest) => {
    const told = digestOf('required', failed(count), most)
    expect(told.all).toHaveLength(count)
    expect(told.full).toHaveLength(full)
    expect(told.shared).toEqual([])
    expect(restInWords(told)).toBe(rest)
  })

  test('leaves room for other checks where one fails everywhere', () => {
    const told = digestOf('required', [...failed(200), ...failed(2, { check: 'scope-grants' })])
    expect(told.full.filter(({ cell }) => cell.check === 'scope-grants')).toHaveLength(2)
    expect(restInWords(told)).toBe('and 188 more in record.json: 188 scope-denies')
  })

  test('names the checks of what is not told', () => {
    const told = digestOf('required', [...failed(12), ...failed(12, { check: 'response-status' })])
    expect(restInWords(told)).toBe('and 4 more in record.json: 4 response-status')
  })
})

describe('advice', () => {
  const advice = (operation: string, given: SampleCell = {}): SampleCell => ({
    check: 'key-operations-guarded',
    level: 'advisory',
    operation,
    credential: { kind: 'none' },
    verdict: 'fail',
    expected: 'a credential is asked for',
    observed: `200 on ${operation}`,
    ...given,
  })
  const operations = ['POST /v1/keys', 'GET /v1/keys', 'DELETE /v1/keys/{id}', 'PATCH /v1/keys/{id}']

  test('of few operations is told one by one', () => {
    const told = digestOf(
      'advisory',
      operations.slice(1).map((operation) => advice(operation)),
    )
    expect(told.full).toHaveLength(3)
    expect(told.shared).toEqual([])
  })

  test('that many operations share is told once, with a line for each', () => {
    const told = digestOf('advisory', [{}, ...operations.map((operation) => advice(operation))])
    expect(told.full).toEqual([])
    expect(told.shared).toHaveLength(1)
    expect(told.shared[0]).toMatchObject({
      check: 'key-operations-guarded',
      asker: 'no credential',
      expected: 'a credential is asked for',
      replay: 'nvcf-conformance run --gateway http://gateway.test --check key-operations-guarded --seed 42',
      lines: operations.map((request) => ({ request, observed: `200 on ${request}` })),
    })
    expect(restInWords(told)).toBe('')
  })

  test('says who asked and what was expected where that differs', () => {
    const [shared] = digestOf(
      'advisory',
      operations.map((operation, index) =>
        advice(operation, { credential: keyOf(`s${index}`), disguise: 'head', expected: `${index}` }),
      ),
    ).shared
    expect(shared).toMatchObject({ asker: '', expected: '' })
    expect(shared?.lines[1]?.request).toBe('GET /v1/keys with key [s1] (head)')
  })
})
