import { describe, expect, test } from 'vitest'
import { IN_ANOTHER_SHARD } from '../suites/plan.js'
import { MergeError, merged } from './merge.js'
import type { RunRecord } from './record.js'
import { LIST, QUEUE, type Sample, type SampleCell, sampleExchange, sampleRecord } from './sample-record.js'

const ELSEWHERE = { verdict: 'excluded', why: IN_ANOTHER_SHARD } as const
const WAIVER = { cells: ['b'], reason: 'r', owner: 'o', expires: '2030-01-01' }

/** The shard of two in which the one operation, or the other, was run. */
function shard(index: 1 | 2, given: Partial<Sample> = {}, cell: SampleCell = {}): RunRecord {
  const cells: readonly SampleCell[] = [
    { id: 'a', operation: LIST, ...(index === 1 ? cell : { leftOut: ELSEWHERE }) },
    { id: 'b', operation: QUEUE, ...(index === 2 ? cell : { leftOut: ELSEWHERE }) },
  ]
  return sampleRecord({
    cells: cells.map((one) =>
      'leftOut' in one ? one : { ...one, evidence: [{ role: 'answer', exchange: 'x1' }] },
    ),
    exchanges: [sampleExchange({ id: 'x1', purpose: `of shard ${index}` })],
    ...given,
    run: {
      ...{ id: `run${index}`, shard: { index, count: 2 }, requests: 10 * index },
      startedAt: `2025-01-01T00:0${index}:00.000Z`,
      finishedAt: `2025-01-01T00:0${index}:30.000Z`,
      ...given.run,
    },
  })
}

const named = (...records: readonly RunRecord[]) =>
  records.map((record, at) => ({ name: `${at + 1}.json`, record }))

describe('shards put together', () => {
  test('have every cell from the shard that ran it, with its exchanges', () => {
    const record = merged(named(shard(1), shard(2, {}, { verdict: 'fail' })))
    expect(record.cells.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['a', 'pass'],
      ['b', 'fail'],
    ])
    const purposes = new Map(record.exchanges.map(({ id, purpose }) => [id, purpose]))
    expect(record.cells.map(({ evidence }) => purposes.get(evidence[0]?.exchange ?? ''))).toEqual([
      'of shard 1',
      'of shard 2',
    ])
    expect(record).toMatchObject({ verdict: 'nonconformant', counts: { pass: 1, fail: 1, excluded: 0 } })
  })

  test('last from the first start to the last end, and sum up', () => {
    const { certifying, run } = merged(named(shard(2), shard(1)))
    expect(run).toMatchObject({
      id: 'run1+run2',
      startedAt: '2025-01-01T00:01:00.000Z',
      finishedAt: '2025-01-01T00:02:30.000Z',
      requests: 30,
      shard: null,
      shards: [
        { id: 'run1', index: 1, requests: 10 },
        { id: 'run2', index: 2, requests: 20 },
      ],
    })
    expect(certifying).toBe(true)
  })

  test('have their waivers applied to the whole', () => {
    const waivers = [WAIVER]
    const record = merged(named(shard(1, { waivers }), shard(2, { waivers }, { verdict: 'fail' })))
    expect(record.waivers).toEqual([{ ...WAIVER, state: 'applied', waived: 1 }])
    expect(record.cells.map(({ waived }) => waived?.owner)).toEqual([undefined, 'o'])
    const unused = merged(named(shard(1, { waivers }), shard(2, { waivers })))
    expect(unused.waivers[0]?.state).toBe('unused')
  })

  test('keep what any of them left behind, or did not finish', () => {
    const record = merged(named(shard(1, { leftBehind: ['f'] }), shard(2, { run: { interrupted: true } })))
    expect(record.leftBehind).toEqual(['f'])
    expect(record.run.interrupted).toBe(true)
    expect(record.certifying).toBe(false)
  })

  test('know together what their baseline knows', () => {
    const baseline = sampleRecord({ cells: ['a', 'b'].map((id) => ({ id, verdict: 'fail' })) })
    const bad: SampleCell = { verdict: 'fail' }
    const record = merged(named(shard(1, { baseline }, bad), shard(2, { baseline }, bad)))
    expect(record.baseline?.old).toEqual(['a', 'b'])
  })
})

/** What two shards may differ in, so that they are not of one run. */
const OTHERS: readonly (readonly [what: string, other: RunRecord])[] = [
  ['suite', shard(2, { suite: { version: '9.9.9' } })],
  ['suite', shard(2, { suite: { dirty: true } })],
  ['contract', { ...shard(2), contract: { release: 'current', sha256: 'a'.repeat(64) } }],
  ['target', shard(2, { target: { gateway: 'http://elsewhere.test' } })],
  ['target', shard(2, { target: { product: { name: 'N' } } })],
  ['seed', shard(2, { run: { seed: 1 } })],
  ['mode', shard(2, { run: { mode: 'read-only' } })],
  ['profile', shard(2, { run: { profile: 'core' } })],
  ['matrix', shard(2, { run: { matrix: 'grouped' } })],
  ['propagation timeout', shard(2, { run: { propagationTimeoutMs: 1 } })],
  ['selection', shard(2, { run: { selection: { checks: ['x'], operations: [], unsupported: [] } } })],
  ['number of shards', shard(2, { run: { shard: { index: 2, count: 3 } } })],
  ['waivers', shard(2, { waivers: [WAIVER] })],
  ['baseline', shard(2, { baseline: sampleRecord({ cells: [] }) })],
  ['plan', shard(2, { cells: [{ id: 'a' }] })],
]

describe('records are not put together', () => {
  test.each(OTHERS)('that differ in %s', (what, other) => {
    const merge = () => merged(named(shard(1), other))
    expect(merge).toThrow(MergeError)
    expect(merge).toThrow(`1.json and 2.json are not of one run: they differ in ${what}`)
  })

  test.each<[string, readonly RunRecord[], string]>([
    ['of which one is missing', [shard(1)], 'these are missing: 2'],
    [
      'of which one is there twice',
      [shard(1), shard(1), shard(2)],
      'Shard 1 is there 2 times: 1.json, 2.json',
    ],
    ['that are whole', [shard(1), shard(2, { run: { shard: null } })], '2.json is the record of a whole run'],
    ['that are merged already', [merged(named(shard(1), shard(2)))], '1.json is merged already'],
  ])('%s', (_, records, says) => {
    expect(() => merged(named(...records))).toThrow(says)
  })

  test('where there are none', () => {
    expect(() => merged([])).toThrow('There is nothing to merge')
  })

  test('but for the port of a gateway that is embedded', () => {
    const at = (gateway: string) => ({ target: { gateway, embedded: true, reference: true } })
    expect(
      merged(named(shard(1, at('http://127.0.0.1:1')), shard(2, at('http://127.0.0.1:2')))).cells,
    ).toHaveLength(2)
  })
})
