import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newVerdict, type RunRecord } from './record.js'
import { DELETE, EVERY_VERDICT, LIST, QUEUE, type SampleCell, sampleRecord } from './sample-record.js'
import { coverer, isFaulty, type Waiver, waive } from './waivers.js'

/** When the sample runs began. */
const TODAY = '2025-01-01'

const FAILED = `scope-denies::${DELETE}::[queue_details]`
const UNDECIDED = `scope-denies::${QUEUE}::[list_functions]`
const PASSED = `scope-grants::${LIST}::[list_functions]`

const waiverOf = (cells: string | readonly string[], given: Partial<Waiver> = {}): Waiver => ({
  cells: typeof cells === 'string' ? [cells] : cells,
  reason: 'the proxy is old',
  owner: 'jane',
  expires: '2025-12-31',
  ...given,
})

describe('a pattern', () => {
  // biome-ignore format: a table
  const PATTERNS: readonly (readonly [pattern: string, id: string, covers: boolean])[] = [
    [FAILED,                        FAILED, true],
    ['scope-denies::*',             FAILED, true],
    ['*::[queue_details]',          FAILED, true],
    ['scope-*::DELETE *queue*]',    FAILED, true],
    ['*DELETE*functions*',          FAILED, true],
    ['scope-denies',                FAILED, false],
    ['scope-denies::**',            FAILED, true],
    ['*functions*DELETE*',          FAILED, false],
    ['Scope-denies::*',             FAILED, false],
    // What stands in it is itself, whatever it means elsewhere.
    ['scope-denies::.*',            FAILED, false],
    ['*{functionId}*',              FAILED, true],
    ['*[a-z]*',                     FAILED, false],
    ['?cope-denies::*',             FAILED, false],
    // Beginning and end do not share what they stand for.
    ['aba*ba',                      'aba',  false],
    ['ab*ba',                       'abba', true],
    ['a*b*b',                       'ab',   false],
    ['',                            'a',    false],
  ]
  test.each(PATTERNS)('%s, of %s: %s', (pattern, id, covers) => {
    expect(coverer({ cells: [pattern] })(id)).toBe(covers)
  })

  test('means what a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*') })
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b') }), (pattern, id) => {
        const same = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(id)
        expect(coverer({ cells: [pattern] })(id)).toBe(same)
      }),
    )
  })

  test('is tried in no time, however many stars it has', () => {
    const began = performance.now()
    expect(coverer({ cells: [`${'*a'.repeat(200)}*b`] })('a'.repeat(5000))).toBe(false)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

/** A record of one cell of every verdict but error, which would decide the run. */
const record = (...waivers: readonly Waiver[]): RunRecord =>
  sampleRecord({ cells: EVERY_VERDICT.filter(({ verdict }) => verdict !== 'error'), waivers })

describe('the state of a waiver', () => {
  const BROKEN: SampleCell = { check: 'admin-token-grants', credential: { kind: 'admin' }, verdict: 'error' }

  // biome-ignore format: a table
  const STATES = [
    ['applied to a failure',                     waiverOf(FAILED),                                  'applied', 1],
    ['applied to a doubt',                       waiverOf(UNDECIDED),                               'applied', 1],
    ['applied to an advisory failure',           waiverOf('response-formats::*'),                   'applied', 1],
    ['applied to all that a list names',         waiverOf([FAILED, UNDECIDED, PASSED]),             'applied', 2],
    ['applied on its last day',                  waiverOf(FAILED, { expires: TODAY }),              'applied', 1],
    ['expired on the day after',                 waiverOf(FAILED, { expires: '2024-12-31' }),       'expired', 0],
    ['expired, even where nothing needs it',     waiverOf(PASSED, { expires: '2024-12-31' }),       'expired', 0],
    ['unused where all passed',                  waiverOf(PASSED),                                  'unused',  0],
    ['idle where the cell was left out',         waiverOf('garbage-bearer-denies::*'),              'idle',    0],
    ['idle where the target lacks it',           waiverOf('no-credential-denies::*'),               'idle',    0],
    ['idle where some passed, some did not run', waiverOf([PASSED, 'garbage-bearer-denies::*']),    'idle',    0],
    ['unknown where no cell has the id',         waiverOf('scope-denies::GET /v9'),                 'unknown', 0],
  ] as const
  test.each(STATES)('%s', (_, waiver, state, waived) => {
    const { waivers } = record(waiver)
    expect(waivers).toEqual([{ ...waiver, state, waived }])
    expect(waivers.some(isFaulty)).toBe(['expired', 'unused', 'unknown'].includes(state))
  })

  test('idle where the suite failed: whether it is needed is not known', () => {
    const { verdict, waivers } = sampleRecord({
      cells: [{ check: 'scope-grants' }, BROKEN],
      waivers: [waiverOf('admin-token-grants::*')],
    })
    expect({ verdict, waivers }).toMatchObject({ verdict: 'error', waivers: [{ state: 'idle', waived: 0 }] })
  })
})

describe('a waived cell', () => {
  const { cells, certifying, counts, notCertifyingBecause, verdict } = record(waiverOf('scope-denies::*'))
  const cell = cells.find(({ id }) => id === FAILED)

  test('keeps its verdict and its finding, and says why it is put up with', () => {
    expect(cell).toMatchObject({
      verdict: 'fail',
      finding: { observed: '204: granted' },
      waived: { reason: 'the proxy is old', owner: 'jane', expires: '2025-12-31' },
    })
    expect(counts).toMatchObject({ fail: 2, inconclusive: 1 })
  })

  test('decides nothing, and certifies nothing', () => {
    expect(record().verdict).toBe('nonconformant')
    expect({ verdict, certifying }).toEqual({ verdict: 'conformant', certifying: false })
    expect(notCertifyingBecause).toContain('waived: 2 cells')
  })

  test('leaves all others as they are', () => {
    const plain = record()
    const others = cells.filter(({ waived }) => waived === undefined)
    expect(others).toEqual(plain.cells.filter(({ id }) => others.some((one) => one.id === id)))
    expect(others).toHaveLength(plain.cells.length - 2)
  })

  test('is excused by the first waiver that covers it', () => {
    const both = record(waiverOf(FAILED), waiverOf('scope-denies::*', { owner: 'joe' }))
    expect(both.waivers.map(({ state, waived }) => ({ state, waived }))).toEqual([
      { state: 'applied', waived: 1 },
      { state: 'applied', waived: 1 },
    ])
    expect(
      both.cells.flatMap(({ id, waived }) => (waived === undefined ? [] : [[id, waived.owner]])),
    ).toEqual([
      [FAILED, 'jane'],
      [UNDECIDED, 'joe'],
    ])
  })

  test('is not excused by one that has expired', () => {
    const late = record(waiverOf(FAILED, { expires: '2024-06-30' }))
    expect(late.verdict).toBe('nonconformant')
    expect(late.notCertifyingBecause).toContain('waivers that do not hold: 1')
    expect(late.cells).toEqual(record().cells)
  })

  test('stays so where the run is compared with an earlier one', () => {
    const cellsOf = { cells: [{ check: 'scope-grants' }, { verdict: 'fail' } as const], baseline: record() }
    expect(newVerdict(sampleRecord(cellsOf))).toBe('nonconformant')
    expect(newVerdict(sampleRecord({ ...cellsOf, waivers: [waiverOf('scope-denies::*')] }))).toBe(
      'conformant',
    )
  })
})

test('without waivers, cells are passed on', () => {
  const { cells } = record()
  expect(waive(cells, [], TODAY)).toEqual({ cells, waivers: [] })
})
