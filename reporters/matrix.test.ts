import { expect, test } from 'vitest'
import { CHECKS } from '../suites/checks/index.js'
import type { Credential, Verdict } from '../suites/model.js'
import { examined, folded, MARKS, type Mark, scopeMatrix } from './matrix.js'
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
  ['scope-grants', 'fail', 'not-granted'],
  ['admin-token-grants', 'pass', 'granted'],
  ['admin-token-grants', 'fail', 'not-granted'],
  ['scope-denies', 'pass', 'denied'],
  ['scope-denies', 'fail', 'not-denied'],
  ['scopeless-key-denies', 'fail', 'not-denied'],
  ['no-credential-denies', 'fail', 'not-denied'],
  ['garbage-bearer-denies', 'pass', 'denied'],
  ['scope-denies', 'inconclusive', 'inconclusive'],
  ['scope-grants', 'error', 'error'],
  ['scope-grants', 'excluded', 'not-run'],
  ['scope-denies', 'unsupported', 'not-run'],
])('%s with verdict %s is marked %s', (check, verdict, mark) => {
  expect(marksOf(ask(check, verdict))).toEqual([mark])
})

test('every authorization check has a place, and no other check', () => {
  for (const { id, area } of CHECKS) {
    expect(scopeMatrix(sampleRecord({ cells: [ask(id)] })).columns.length > 0, id).toBe(
      area === 'authorization',
    )
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

test('rows are folded only where they are many, alike and as documented', () => {
  const rows = (count: number, ...marks: (Mark | undefined)[]) =>
    Array.from({ length: count }, () => ({ operation: '', method: '', path: '', marks }))
  const many = rows(13, 'denied', 'granted', undefined)
  const denied = [...rows(7, 'denied', undefined), ...rows(7, undefined, 'denied')]
  const deviating = rows(1, 'not-denied', 'granted', undefined)
  expect(folded(many)).toEqual({ alike: many, rows: [] })
  expect(folded(denied)).toEqual({ alike: denied, rows: [] })
  expect(folded([...deviating, ...many])).toEqual({ alike: many, rows: deviating })
  for (const whole of [
    rows(12, 'denied'),
    rows(20, 'not-denied'),
    [...rows(20, 'denied'), ...rows(1, 'granted')],
  ]) {
    expect(folded(whole)).toEqual({ alike: [], rows: whole })
  }
})
