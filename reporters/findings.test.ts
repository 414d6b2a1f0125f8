import { describe, expect, test } from 'vitest'
import { deviationsInWords, digest, failures, requester, restInWords, toldBy } from './findings.js'
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
    [3, 20, 3, 0, ''],
    [4, 20, 2, 2, ''],
    [200, 20, 2, 198, ''],
    [4, 1, 1, 3, ''],
    [3, 1, 1, 0, 'and 2 more in record.json: 2 scope-denies'],
  ])('of %i findings of one check and room for %i tells %i in full and %i together', (...given) => {
    const [count, most, full, together, rest] = given
    const told = digestOf('required', failed(count), most)
    expect(told.all).toHaveLength(count)
    expect(told.checks).toHaveLength(1)
    expect(told.checks[0]?.full).toHaveLength(full)
    expect(toldBy(told.checks[0]?.shared?.lines ?? [])).toBe(together)
    expect(restInWords(told)).toBe(rest)
  })

  test('leaves room for other checks where one fails everywhere', () => {
    const told = digestOf('required', [...failed(200), ...failed(2, { check: 'scope-grants' })])
    expect(told.checks.map(({ full }) => full.length)).toEqual([2, 2])
    expect(restInWords(told)).toBe('')
  })

  test('names the checks of what is not told', () => {
    const told = digestOf('required', [...failed(3), ...failed(3, { check: 'response-status' })], 4)
    expect(restInWords(told)).toBe('and 2 more in record.json: 2 response-status')
  })

  test('is told in a line for what was observed alike of an operation', () => {
    const own = (operation: string, observed: string) =>
      failed(3, { operation, observed }).map((cell) => ({
        ...cell,
        id: `${operation} ${observed} ${cell.id}`,
      }))
    const told = digestOf('required', [...own(LIST, '200'), ...own(DELETE, '204'), ...own(DELETE, '500')])
    expect(told.checks[0]?.shared?.lines).toEqual([
      { request: `${LIST} with key [s2]`, observed: '200', count: 1 },
      { request: `${DELETE} with key [s0] and 2 others`, observed: '204', count: 3 },
      { request: `${DELETE} with key [s0] and 2 others`, observed: '500', count: 3 },
    ])
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
    expect(told.checks.map(({ full }) => full.length)).toEqual([3])
    expect(told.checks[0]?.shared).toBeUndefined()
  })

  test('that many operations share is told once, with a line for each', () => {
    const told = digestOf('advisory', [{}, ...operations.map((operation) => advice(operation))])
    expect(told.checks).toHaveLength(1)
    expect(told.checks[0]?.full).toEqual([])
    expect(told.checks[0]?.shared).toMatchObject({
      check: 'key-operations-guarded',
      level: 'advisory',
      asker: 'no credential',
      expected: 'a credential is asked for',
      replay: 'nvcf-conformance run --gateway http://gateway.test --check key-operations-guarded --seed 42',
      lines: operations.map((request) => ({ request, observed: `200 on ${request}` })),
    })
    expect(restInWords(told)).toBe('')
  })

  test('says who asked and what was expected where that differs', () => {
    const { shared } =
      digestOf(
        'advisory',
        operations.map((operation, index) =>
          advice(operation, { credential: keyOf(`s${index}`), disguise: 'head', expected: `${index}` }),
        ),
      ).checks[0] ?? {}
    expect(shared).toMatchObject({ asker: '', expected: '' })
    expect(shared?.lines[1]?.request).toBe('GET /v1/keys with key [s1] (head)')
  })
})

test.each([
  ['documented', 'no credential'],
  ['other-owner', 'no credential, as another owner'],
  ['other-issuer', 'no credential, under another issuer'],
  ['absent', 'no credential, naming nothing that exists'],
] as const)('a request of the form %s is told as from %s', (path, words) => {
  const [cell] = sampleRecord({ cells: [{ credential: { kind: 'none' }, path }] }).cells
  expect(cell && requester(cell)).toBe(words)
})
