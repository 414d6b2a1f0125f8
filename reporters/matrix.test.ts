import { describe, expect, test } from 'vitest'
import { CHECKS } from '../suites/checks/index.js'
import type { Credential, Verdict } from '../suites/model.js'
import type { Deviation } from '../suites/verdict.js'
import { asDocumentedInWords, deviates, examined, folded, MARKS, type Mark, scopeMatrix } from './matrix.js'
import { DELETE, keyOf, LIST, QUEUE, type SampleCell, sampleRecord } from './sample-record.js'

const CREDENTIAL: Readonly<Record<string, Credential>> = {
  'admin-token-grants': { kind: 'admin' },
  'no-credential-denies': { kind: 'none' },
  'garbage-bearer-denies': { kind: 'garbage' },
  'scopeless-key-denies': keyOf(),
}
const ask = (check: string, verdict: Verdict = 'pass', operation = LIST): SampleCell => ({
  check,
  operation,
  credential: CREDENTIAL[check] ?? keyOf('list_functions'),
  verdict,
})

const marksOf = (...cells: SampleCell[]) => scopeMatrix(sampleRecord({ cells })).apiSets[0]?.rows[0]?.marks

test.each<[string, Verdict, Mark]>([
  ['scope-grants', 'pass', 'granted'],
  ['admin-token-grants', 'pass', 'granted'],
  ['scope-denies', 'pass', 'denied'],
  ['garbage-bearer-denies', 'pass', 'denied'],
  ['scope-denies', 'inconclusive', 'inconclusive'],
  ['scope-grants', 'error', 'error'],
  ['scope-grants', 'excluded', 'not-run'],
  ['scope-denies', 'unsupported', 'not-run'],
])('%s with verdict %s is marked %s', (check, verdict, mark) => {
  expect(marksOf(ask(check, verdict))).toEqual([mark])
})

test.each<[Deviation | undefined, Mark]>([
  ['over-grant', 'over-granted'],
  ['under-grant', 'under-granted'],
  ['other', 'refused-otherwise'],
  [undefined, 'refused-otherwise'],
])('a failure with deviation %s is marked %s', (deviation, mark) => {
  for (const check of ['scope-grants', 'scopeless-key-denies']) {
    expect(marksOf({ ...ask(check, 'fail'), ...(deviation && { deviation }) })).toEqual([mark])
  }
})

test('the checks that ask plainly who may use an operation have a place, and no others', () => {
  const placed = CHECKS.filter(({ id }) => scopeMatrix(sampleRecord({ cells: [ask(id)] })).columns.length > 0)
  expect(placed.map(({ id }) => id).sort()).toEqual([
    'admin-only-denies',
    'admin-token-denies',
    'admin-token-grants',
    'garbage-bearer-denies',
    'no-credential-denies',
    'scope-denies',
    'scope-grants',
    'scopeless-key-denies',
    'super-admin-denies',
  ])
})

describe('a grouped matrix', () => {
  const leftOut = { verdict: 'excluded', why: 'asked together', together: true } as const
  const alone = (scope: string, given: SampleCell = {}): SampleCell => ({
    credential: keyOf(scope),
    leftOut,
    ...given,
  })
  const together = (given: SampleCell): SampleCell => ({
    check: 'scopes-deny-together',
    credential: { kind: 'key', keyKind: 'apiKey', scopes: ['b', 'c'], name: 'all but a' },
    ...given,
  })
  const granted: SampleCell = { check: 'scope-grants', credential: keyOf('a') }
  const matrixOf = (...cells: SampleCell[]) =>
    scopeMatrix(sampleRecord({ cells: [granted, ...cells], run: { matrix: 'grouped' } }))
  const found = { verdict: 'fail', deviation: 'over-grant' } as const

  test.each<[string, SampleCell[], Mark[]]>([
    [
      'scopes that were refused together have a mark of their own',
      [alone('b'), alone('c'), together({})],
      ['granted', 'denied-together', 'denied-together', 'denied'],
    ],
    [
      'those that were taken apart have the mark of their result',
      [alone('b', found), alone('c', { verdict: 'pass' }), together(found)],
      ['granted', 'over-granted', 'denied', 'over-granted'],
    ],
    [
      'those of a group that was not refused, nor taken apart, did not run',
      [alone('b'), alone('c'), together(found)],
      ['granted', 'not-run', 'not-run', 'over-granted'],
    ],
    [
      'those of a group that could not be decided did not run',
      [alone('b'), together({ verdict: 'inconclusive' })],
      ['granted', 'not-run', 'inconclusive'],
    ],
    ['those of which no group was asked did not run', [alone('b')], ['granted', 'not-run']],
  ])('%s', (_what, cells, marks) => {
    expect(matrixOf(...cells).apiSets[0]?.rows[0]?.marks).toEqual(marks)
  })

  test('has the columns of all scopes, and one for the group', () => {
    expect(matrixOf(alone('b'), alone('c'), together({})).columns).toEqual([
      'a',
      'b',
      'c',
      'other scopes together',
    ])
  })

  test('vouches for its own operation alone, and for no grant', () => {
    const matrix = matrixOf(
      together({}),
      alone('b', { operation: DELETE }),
      alone('c', { operation: DELETE, check: 'scope-grants' }),
    )
    expect(matrix.apiSets[0]?.rows[1]?.marks).toEqual([undefined, 'not-run', 'not-run', undefined])
    expect(matrixOf(together({}), alone('c', { check: 'scope-grants' })).apiSets[0]?.rows[0]?.marks).toEqual([
      'granted',
      'not-run',
      'denied',
    ])
  })

  test('is told from an exhaustive one, where the same check proves something else', () => {
    expect(scopeMatrix(sampleRecord({ cells: [granted, together(found)] })).columns).toEqual(['a'])
  })
})

test('of two cells in one place the graver is shown', () => {
  for (const verdicts of [
    ['fail', 'pass'],
    ['pass', 'fail'],
  ] as const) {
    const cells = verdicts.map((verdict, index) => ({ ...ask('scope-denies', verdict), id: `${index}` }))
    expect(marksOf(...cells)).toEqual(['refused-otherwise'])
  }
})

test('columns are the scopes as they come, then the other credentials', () => {
  const { columns } = scopeMatrix(
    sampleRecord({
      cells: [
        ask('no-credential-denies'),
        ask('admin-token-grants'),
        ask('scopeless-key-denies'),
        ask('garbage-bearer-denies'),
        { check: 'scope-grants', credential: keyOf('b') },
        { check: 'scope-denies', credential: keyOf('a') },
        { check: 'response-status', credential: keyOf('c') },
      ],
    }),
  )
  expect(columns).toEqual(['b', 'a', 'admin token', 'no credential', 'garbage bearer', 'key []'])
})

test('rows are operations under their API sets, with nothing where nothing was documented', () => {
  const matrix = scopeMatrix(
    sampleRecord({
      cells: [
        ask('scope-grants'),
        ask('no-credential-denies', 'pass', DELETE),
        ask('scope-denies', 'pass', QUEUE),
      ],
    }),
  )
  expect(matrix.apiSets.map(({ name, rows }) => [name, rows.map(({ operation }) => operation)])).toEqual([
    ['Function Management', [LIST, DELETE]],
    ['Queue Details', [QUEUE]],
  ])
  const [list, remove] = matrix.apiSets[0]?.rows ?? []
  expect(list).toMatchObject({ method: 'GET', path: '/v2/nvcf/functions', marks: ['granted', undefined] })
  expect(remove).toMatchObject({ method: 'DELETE', marks: [undefined, 'denied'] })
})

test('glyphs can be told apart', () => {
  const glyphs = Object.values(MARKS).map(({ glyph }) => glyph)
  expect(new Set(glyphs).size).toBe(glyphs.length)
})

test('operations of which nothing ran can be left out', () => {
  const whole = scopeMatrix(
    sampleRecord({
      cells: [
        ask('scope-grants'),
        ask('scope-denies', 'excluded', DELETE),
        ask('scope-denies', 'excluded', QUEUE),
      ],
    }),
  )
  const { matrix, leftOut } = examined(whole)
  expect(leftOut).toBe(2)
  expect(matrix.apiSets.map(({ name, rows }) => [name, rows.length])).toEqual([['Function Management', 1]])
})

const rowsOf = (count: number, ...marks: (Mark | undefined)[]) =>
  Array.from({ length: count }, () => ({ operation: '', method: '', path: '', marks, waived: [] }))

test('rows that are as documented are folded where there are many', () => {
  const documented = [...rowsOf(7, 'denied', 'granted', undefined), ...rowsOf(6, 'denied-together')]
  expect(folded(documented, 12)).toEqual({ asDocumented: documented, rows: [] })
  expect(folded(documented, 13)).toEqual({ asDocumented: [], rows: documented })
  const others = (
    ['over-granted', 'under-granted', 'refused-otherwise', 'inconclusive', 'not-run', 'error'] as const
  ).flatMap((mark) => rowsOf(1, 'granted', mark))
  expect(folded([...others, ...documented], 0)).toEqual({ asDocumented: documented, rows: others })
})

test('rows deviate where access is not as documented, not where nothing is known of it', () => {
  const told = Object.keys(MARKS).filter((mark) =>
    rowsOf(1, 'granted', ...(Object.keys(MARKS) as Mark[]).filter((own) => own === mark)).some(deviates),
  )
  expect(told).toEqual(['refused-otherwise', 'under-granted', 'over-granted'])
})

test('folded rows are told by what their cells would have shown', () => {
  expect(asDocumentedInWords(rowsOf(2, 'denied', 'granted', 'denied', undefined), false)).toBe(
    '2 operations as documented (2 granted, 4 denied)',
  )
  expect(asDocumentedInWords(rowsOf(1, 'denied-together', 'denied'), true)).toBe(
    '1 more operation as documented (1 denied, 1 denied together)',
  )
})
