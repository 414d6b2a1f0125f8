import { describe, expect, test } from 'vitest'
import { newVerdict, type RunVerdict } from './record.js'
import { type SampleCell, sampleRecord } from './sample-record.js'
import { baselineInWords } from './summary.js'

const FAIL: SampleCell = { id: 'x', verdict: 'fail' }
const DOUBT: SampleCell = { id: 'x', verdict: 'inconclusive' }
const PASS: SampleCell = { id: 'x' }
const ERROR: SampleCell = { id: 'x', verdict: 'error' }

/** What a cell was, what it is, whether that is old, and how the run ends by what is new. */
const CASES: readonly (readonly [
  what: string,
  earlier: readonly SampleCell[],
  now: readonly SampleCell[],
  old: readonly string[],
  verdict: RunVerdict,
])[] = [
  ['failed and fails', [FAIL], [FAIL], ['x'], 'conformant'],
  ['passed and fails', [PASS], [FAIL], [], 'nonconformant'],
  ['was undecided and fails', [DOUBT], [FAIL], [], 'nonconformant'],
  ['was not there and fails', [], [FAIL], [], 'nonconformant'],
  [
    'failed and fails otherwise',
    [{ ...FAIL, deviation: 'other' }],
    [{ ...FAIL, deviation: 'over-grant' }],
    [],
    'nonconformant',
  ],
  ['failed and is undecided', [FAIL], [DOUBT], ['x'], 'conformant'],
  ['was undecided and is', [DOUBT], [DOUBT], ['x'], 'conformant'],
  ['passed and is undecided', [PASS], [DOUBT], [], 'inconclusive'],
  ['failed and passes', [FAIL], [PASS], [], 'conformant'],
  ['failed and is in error', [FAIL], [ERROR], [], 'error'],
  ['was in error and is', [ERROR], [ERROR], [], 'error'],
  ['failed beside one that is new', [FAIL], [FAIL, { id: 'y', verdict: 'fail' }], ['x'], 'nonconformant'],
]

describe('a cell that', () => {
  test.each(CASES)('%s', (_, earlier, now, old, verdict) => {
    const record = sampleRecord({ cells: [...now, { id: 'z' }], baseline: sampleRecord({ cells: earlier }) })
    expect(record.baseline?.old).toEqual(old)
    expect(newVerdict(record)).toBe(verdict)
  })
})

test('a run that decided nothing is an error, whatever it is compared with', () => {
  const out = { ...PASS, leftOut: { verdict: 'excluded', why: 'not asked for' } } as const
  expect(newVerdict(sampleRecord({ cells: [out], baseline: sampleRecord({ cells: [FAIL] }) }))).toBe('error')
})

test('the verdict of the record stays', () => {
  expect(sampleRecord({ cells: [FAIL], baseline: sampleRecord({ cells: [FAIL] }) }).verdict).toBe(
    'nonconformant',
  )
})

test('tells new ones from known ones in words', () => {
  const baseline = sampleRecord({ cells: [FAIL], run: { id: 'early' } })
  const cells: SampleCell[] = [
    FAIL,
    { id: 'y', verdict: 'fail' },
    { id: 'a', verdict: 'fail', level: 'advisory' },
  ]
  expect(baselineInWords(sampleRecord({ cells, baseline }))).toBe(
    '1 new, 1 known since run early of 2025-01-01: only what is new fails this run',
  )
  expect(baselineInWords(sampleRecord({ cells }))).toBeUndefined()
})
