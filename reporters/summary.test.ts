import { expect, test } from 'vitest'
import type { EvidenceRole } from '../suites/model.js'
import { EVERY_VERDICT, PROOF, sampleExchange, sampleRecord } from './sample-record.js'
import {
  countsInWords,
  measurements,
  type Proof,
  proofInWords,
  proofsOf,
  reasons,
  tookInWords,
} from './summary.js'
import { elapsed, singleLine } from './text.js'

test('reasons are counted, the commonest first', () => {
  const undecided = (id: string, observed: string) => ({ id, observed, verdict: 'inconclusive' as const })
  const record = sampleRecord({
    cells: [undecided('a', 'once'), undecided('b', 'twice'), undecided('c', 'twice')],
  })
  expect(
    reasons(record, 'inconclusive').map(({ because, cells }) => [because, cells.map(({ id }) => id)]),
  ).toEqual([
    ['twice', ['b', 'c']],
    ['once', ['a']],
  ])
})

test('counts name advisory failures as such', () => {
  const record = sampleRecord({ cells: [{}, { check: 'response-formats', verdict: 'fail' }] })
  expect(countsInWords(record)).toBe('1 passed, 1 failed (1 advisory)')
})

const proof = (role: EvidenceRole, status: number, shows?: string): Proof => ({
  role,
  exchange: role,
  ...(shows !== undefined && { shows }),
  seen: sampleExchange({ id: role, response: { status, headers: {}, body: '' } }),
})

test('the proof is told from the evidence around the answer', () => {
  const record = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })
  const failed = record.cells.find(({ verdict }) => verdict === 'fail')
  const proofs = failed === undefined ? [] : proofsOf(record)(failed)
  expect(proofs).toHaveLength(4)
  expect(proofInWords(proofs)).toBe('key alive before and after; control with key [delete_function]: 204')
})

test('a proof that is not whole does not sound whole', () => {
  const proofs = [
    proof('alive-before', 200, 'alive'),
    proof('state-before', 200),
    proof('answer', 403),
    proof('state-after', 404),
    proof('alive-after', 401, 'dead'),
  ]
  expect(proofInWords(proofs)).toBe('key alive before, dead after; state read back: 200 before, 404 after')
  expect(proofInWords(proofs.slice(0, 3))).toBe('key alive before; state read back: 200 before')
  expect(proofInWords([])).toBe('')
})

test('an issuer that knows a key is named as the only witness', () => {
  const witness = 'alive at its issuer'
  expect(proofInWords([proof('alive-before', 200, witness), proof('alive-after', 200, witness)])).toBe(
    'key alive at its issuer before and after',
  )
})

test('text is kept on one line, without control over the terminal', () => {
  expect(singleLine('a\u001B[2Jb\r\nc\u202Ed')).toBe('a [2Jb c d')
})

test.each([
  ['2025-01-01T00:00:03.400Z', '3.4 s'],
  ['2025-01-01T00:02:05.000Z', '2 min 5 s'],
  ['no time', '0.0 s'],
])('a run that ended at %s took %s', (finishedAt, words) => {
  expect(elapsed('2025-01-01T00:00:00.000Z', finishedAt)).toBe(words)
})

test('measurements are told once a kind, from the shortest to the longest, with their bound', () => {
  const measured = (what: string, ms: number, atMostMs: number, boundMs = 180_000) => ({
    id: `${what} ${ms} ${boundMs}`,
    measured: { what, ms, atMostMs, boundMs },
  })
  const record = sampleRecord({
    cells: [
      {},
      measured('revocation takes effect', 1340, 1610),
      measured('expiry takes effect', 181_000, 182_000),
      measured('revocation takes effect', 400, 700),
      measured('a changed key takes effect', 2000, 2001),
      measured('a changed key takes effect', 2000, 2000, 500),
    ],
  })
  expect(measurements(record)).toEqual([
    { what: 'revocation takes effect', took: 'between 0.4 s and 1.7 s (bound 180 s)' },
    { what: 'expiry takes effect', took: 'between 181 s and 182 s (beyond the bound of 180 s)' },
    { what: 'a changed key takes effect', took: 'between 2 s and 2.1 s (bound 180 s)' },
    { what: 'a changed key takes effect', took: 'about 2 s (beyond the bound of 0.5 s)' },
  ])
})

test.each([
  [[{ ms: 1300, atMostMs: 1600 }], 'between 1.3 s and 1.6 s (bound 3 s)'],
  [[{ ms: 0, atMostMs: 180 }], 'at most 0.2 s (bound 3 s)'],
  [[{ ms: 0, atMostMs: 0 }], 'at most 0.1 s (bound 3 s)'],
  [[{ ms: 3100 }], 'still so after 3.1 s (bound 3 s)'],
  [[{ ms: 3000 }], 'still so after 3 s (bound 3 s)'],
  [[{ ms: 1300 }], '1.3 s (bound 3 s)'],
  [[{ ms: 3100 }, { ms: 0, atMostMs: 100 }], 'at most 0.1 s, still so after 3.1 s (bound 3 s)'],
  [[{ ms: 3100, atMostMs: 3300 }], 'between 3.1 s and 3.3 s (beyond the bound of 3 s)'],
])('%j took %s', (all, words) => {
  expect(tookInWords(all.map((one) => ({ what: '', boundMs: 3000, ...one })))).toBe(words)
})
