import { describe, expect, test } from 'vitest'
import { type ChangeKind, DiffError, diff, renderDiff, worsened } from './diff.js'
import type { RunRecord } from './record.js'
import { type Sample, type SampleCell, sampleRecord } from './sample-record.js'

const recordOf = (cell: SampleCell | undefined, more: Partial<Sample> = {}): RunRecord =>
  sampleRecord({ cells: [...(cell === undefined ? [] : [{ id: 'x', ...cell }]), { id: 'other' }], ...more })

const OUT = { leftOut: { verdict: 'excluded', why: 'not asked for' } } as const

/** What became of a cell, and what that is called. */
const CHANGES: readonly (readonly [
  what: string,
  first: SampleCell | undefined,
  second: SampleCell | undefined,
  kind: ChangeKind | undefined,
])[] = [
  ['passed, passes', {}, {}, undefined],
  ['passed, fails', {}, { verdict: 'fail' }, 'new-failure'],
  ['was left out, fails', OUT, { verdict: 'fail' }, 'new-failure'],
  ['was undecided, fails', { verdict: 'inconclusive' }, { verdict: 'fail' }, 'new-failure'],
  ['was not planned, fails', undefined, { verdict: 'fail' }, 'new-failure'],
  ['failed, fails alike', { verdict: 'fail' }, { verdict: 'fail' }, undefined],
  [
    'failed, fails otherwise',
    { verdict: 'fail', deviation: 'other' },
    { verdict: 'fail', deviation: 'over-grant' },
    'new-failure',
  ],
  ['failed, passes', { verdict: 'fail' }, {}, 'fixed'],
  ['passed, is undecided', {}, { verdict: 'inconclusive' }, 'newly-undecided'],
  ['passed, is in error', {}, { verdict: 'error' }, 'newly-undecided'],
  ['failed, is undecided', { verdict: 'fail' }, { verdict: 'inconclusive' }, 'newly-undecided'],
  ['was not planned, is undecided', undefined, { verdict: 'inconclusive' }, 'newly-undecided'],
  ['was undecided, is undecided', { verdict: 'inconclusive' }, { verdict: 'inconclusive' }, undefined],
  ['was undecided, passes', { verdict: 'inconclusive' }, {}, 'decided-again'],
  ['passed, is left out', {}, OUT, 'no-longer-run'],
  ['failed, is left out', { verdict: 'fail' }, OUT, 'no-longer-run'],
  ['was left out, passes', OUT, {}, 'newly-run'],
  ['was left out, is left out', OUT, OUT, undefined],
  ['was not planned, passes', undefined, {}, 'appeared'],
  ['passed, is not planned', {}, undefined, 'vanished'],
]

describe('a cell that', () => {
  test.each(CHANGES)('%s', (_, first, second, kind) => {
    const { changes } = diff(recordOf(first), recordOf(second))
    expect(changes.map((change) => [change.id, change.kind])).toEqual(kind === undefined ? [] : [['x', kind]])
  })
})

test('what is worse counts where it is required and not waived', () => {
  const first = recordOf({})
  const waivers = [{ cells: ['x'], reason: 'r', owner: 'o', expires: '2030-01-01' }]
  const count = (record: RunRecord) => worsened(diff(first, record), ['new-failure']).length
  expect(count(recordOf({ verdict: 'fail' }))).toBe(1)
  expect(count(recordOf({ verdict: 'fail', level: 'advisory' }))).toBe(0)
  expect(count(recordOf({ verdict: 'fail' }, { waivers }))).toBe(0)
})

test('counts what still fails', () => {
  const bad = sampleRecord({ cells: ['a', 'b'].map((id) => ({ id, verdict: 'fail' as const })) })
  const worse = sampleRecord({ cells: ['a', 'b', 'c'].map((id) => ({ id, verdict: 'fail' as const })) })
  expect(diff(bad, worse).stillFailing).toBe(2)
  expect(diff(bad, bad).stillFailing).toBe(2)
})

test('records of different suites are not compared', () => {
  const other = sampleRecord({ cells: [{}], suite: { name: 'another-suite' } })
  expect(() => diff(sampleRecord({ cells: [{}] }), other)).toThrow(DiffError)
  expect(() => diff(sampleRecord({ cells: [{}] }), other)).toThrow('nvcf-conformance and another-suite')
})

describe('timing', () => {
  const timed = (ms: number, cells = 12): RunRecord => {
    const record = sampleRecord({ cells: Array.from({ length: cells }, (_, at) => ({ id: `c${at}` })) })
    return { ...record, cells: record.cells.map((cell) => ({ ...cell, durationMs: ms })) }
  }

  test.each([
    ['much slower', timed(20), timed(200), 1],
    ['much faster', timed(200), timed(20), 1],
    ['a little slower', timed(200), timed(250), 0],
    ['slower by little', timed(2), timed(9), 0],
    ['slower in few cells', timed(20, 5), timed(200, 5), 0],
  ])('that is %s', (_, first, second, shifts) => {
    expect(diff(first, second).timing).toHaveLength(shifts)
  })

  test('is told in medians', () => {
    expect(diff(timed(20), timed(200)).timing).toEqual([
      { apiSet: 'Function Management', cells: 12, firstMs: 20, secondMs: 200 },
    ])
  })
})

describe('as Markdown', () => {
  test('says what changed, and what the runs differ in, with the loud ones first', () => {
    const first = sampleRecord({ cells: [{ id: 'x' }] })
    const page = renderDiff(
      diff(first, {
        ...sampleRecord({
          cells: [{ id: 'x', verdict: 'fail', observed: '200 | <b>granted</b>' }],
          run: { seed: 7, profile: 'core' },
        }),
      }),
    )
    expect(page).toContain('1 new failure; 0 cells still failing.')
    expect(page).toContain('## New failures (1)')
    expect(page).toContain('pass → fail')
    expect(page).not.toContain('<b>')
    expect(page).toContain('200 &#124; &lt;b&gt;granted')
    expect(page).toContain('**The runs differ in profile')
    expect(page).toContain('| seed | 42 | 7 |')
  })

  test('says so where nothing changed', () => {
    const record = sampleRecord({ cells: [{}] })
    expect(renderDiff(diff(record, record))).toContain('No cell changed; 0 cells still failing.')
    expect(renderDiff(diff(record, record))).not.toContain('##')
  })

  test('stays short', () => {
    const of = (verdict: 'pass' | 'fail') =>
      sampleRecord({ cells: Array.from({ length: 5000 }, (_, at) => ({ id: `c${at}`, verdict })) })
    const page = renderDiff(diff(of('pass'), of('fail')))
    expect(page).toContain('and 4900 more, which --json lists')
    expect(page.length).toBeLessThan(100_000)
  })
})
