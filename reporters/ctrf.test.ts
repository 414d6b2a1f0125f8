import { validate } from 'ctrf'
import { describe, expect, test } from 'vitest'
import { isRecord, records } from '../openapi/json.js'
import { renderCtrf } from './ctrf.js'
import type { RunRecord } from './record.js'
import { EVERY_VERDICT, PROOF, type Sample, sampleRecord } from './sample-record.js'

const WAIVER = { cells: ['waived'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }

const SAMPLES: readonly (readonly [what: string, sample: Sample])[] = [
  ['every verdict', { cells: EVERY_VERDICT, exchanges: PROOF }],
  ['nothing', { cells: [] }],
  [
    'waivers and a baseline',
    {
      cells: [{ id: 'waived', verdict: 'fail' }, { id: 'known', verdict: 'fail' }, { id: 'fine' }],
      waivers: [WAIVER],
      baseline: sampleRecord({ cells: [{ id: 'known', verdict: 'fail' }], run: { id: 'early' } }),
    },
  ],
  ['a product', { cells: [{}], target: { product: { name: 'N', version: '1', environment: 'staging' } } }],
]

function rendered(record: RunRecord) {
  const report: unknown = JSON.parse([...renderCtrf(record)].join(''))
  const results = isRecord(report) && isRecord(report.results) ? report.results : {}
  return { report, results, tests: records(results.tests) }
}

describe('the report', () => {
  test.each(SAMPLES)('of %s conforms to the schema of the format', (_, sample) => {
    const { report } = rendered(sampleRecord(sample))
    expect(validate(report)).toMatchObject({ valid: true })
  })

  test('is one that the schema could refuse', () => {
    const { report, results } = rendered(sampleRecord({ cells: [{}] }))
    expect(
      validate({ ...(isRecord(report) && report), results: { ...results, tests: [{ name: 1 }] } }),
    ).toMatchObject({
      valid: false,
    })
  })

  test('has a test for each cell, and nothing undecided or waived among the passed', () => {
    const record = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })
    const { results, tests } = rendered(record)
    expect(tests.map(({ testId }) => testId)).toEqual(record.cells.map(({ id }) => id))
    expect(tests.map(({ status }) => status)).toEqual([
      ...['passed', 'failed', 'other', 'skipped', 'skipped', 'other', 'other'],
    ])
    expect(results.summary).toMatchObject({
      tests: 7,
      passed: 1,
      failed: 1,
      skipped: 2,
      pending: 0,
      other: 3,
    })
    expect(tests[1]).toMatchObject({
      suite: ['Function Management', record.cells[1]?.operation],
      extra: { cell: record.cells[1]?.id, scope: 'queue_details', replay: record.cells[1]?.finding?.replay },
    })
  })

  test('tells what is waived and what is known', () => {
    const [, , [, sample] = ['', { cells: [] }]] = SAMPLES
    const { tests } = rendered(sampleRecord(sample))
    expect(tests.map(({ status }) => status)).toEqual(['skipped', 'other', 'passed', 'passed'])
    expect(tests[0]).toMatchObject({
      message: expect.stringContaining('waived by jane until 2030-01-01: the proxy is old'),
      extra: { waived: { owner: 'jane' } },
    })
    expect(tests[1]).toMatchObject({
      message: expect.stringContaining('known since run early'),
      tags: ['required', 'known'],
    })
    expect(tests[3]).toMatchObject({ name: 'waiver 1 for waived', suite: ['Waivers'], rawStatus: 'applied' })
  })

  test('is not well where a waiver does not hold', () => {
    const waiver = { cells: ['x'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }
    const { results, tests } = rendered(sampleRecord({ cells: [{ id: 'x' }], waivers: [waiver] }))
    expect(results.environment).toMatchObject({ healthy: false, extra: { verdict: 'conformant' } })
    expect(results.summary).toMatchObject({ tests: 2, passed: 1, failed: 1 })
    expect(tests[1]).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('covers nothing that failed: remove it (the proxy is old)'),
    })
  })
})
