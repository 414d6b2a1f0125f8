import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contractDigest } from '../openapi/load.js'
import { concluded, type RecordedCell, type RunRecord } from '../reporters/record.js'
import { CHECKS } from '../suites/checks/index.js'
import type { Evidence, EvidenceRole } from '../suites/model.js'
import { compressed, pack, unpack } from './archive.js'
import { signed, statementOf } from './attestation.js'
import { recordBytes, sumsOf } from './bundle.js'
import { FILES } from './layout.js'
import { RULES } from './rules.js'
import {
  broken,
  bundleOf,
  KEY,
  PRODUCT,
  SIGNER,
  SOURCES,
  STRANGER,
  sbomOf,
  VERIFIER,
  verify,
  wholeRecord,
} from './testing.js'
import { signable, verified } from './verify.js'

const WHOLE = wholeRecord()

/** As somebody would change it who knows how a record is put together. */
const redone = (record: RunRecord, change: Partial<RunRecord>): RunRecord => {
  const changed = { ...record, ...change }
  return { ...changed, ...concluded(changed) }
}

const withCells = (change: (cells: RecordedCell[]) => readonly RecordedCell[]): RunRecord =>
  redone(WHOLE, { cells: change([...WHOLE.cells]) })

/** The record with its n-th cell changed. */
const withCell = (at: number, change: (cell: RecordedCell) => RecordedCell): RunRecord =>
  withCells((cells) => cells.map((cell, index) => (index === at ? change(cell) : cell)))

const DENIED = WHOLE.cells.findIndex(
  ({ check, operation }) => check === 'scope-denies' && operation.startsWith('DELETE /v2/nvcf/functions/'),
)

/** The exchange that the denial rests on in that role. */
const exchangeOf = (role: EvidenceRole): string =>
  WHOLE.cells[DENIED]?.evidence.find((one) => one.role === role)?.exchange ?? ''

/** Of another cell. */
const strange = (cell: RecordedCell | undefined): string =>
  cell?.evidence.find(({ role }) => role === 'answer')?.exchange ?? ''

/** The denial with other evidence in a role, or without any in it. */
const withProof = (role: EvidenceRole, ...instead: readonly Evidence[]): RunRecord =>
  withCell(DENIED, (cell) => ({
    ...cell,
    evidence: cell.evidence.flatMap((one) => (one.role === role ? instead : one)),
  }))

const failed = ({ because: _, ...cell }: RecordedCell): RecordedCell => ({
  ...cell,
  verdict: 'fail',
  finding: {
    ...{ deviation: 'over-grant', expected: '403', observed: '200', message: '', replay: '' },
    clause: CHECKS.find(({ id }) => id === cell.check)?.clause ?? { id: '', source: '', text: '' },
  },
})

const withRun = (change: Partial<RunRecord['run']>): RunRecord =>
  redone(WHOLE, { run: { ...WHOLE.run, ...change } })

const key = `nvapi-stg-${'xY3'.repeat(10)}`

const WAIVER = { cells: ['*::nowhere'], reason: 'r', owner: 'o', expires: '2024-01-01' }

/** Records that somebody signs all the same, and the rules that tell. */
const RECORDS: readonly (readonly [what: string, record: () => RunRecord, rules: readonly string[]])[] = [
  ['another verdict', () => ({ ...WHOLE, verdict: 'nonconformant' }), ['conclusions', 'passed']],
  ['another count', () => ({ ...WHOLE, counts: { ...WHOLE.counts, pass: 1 } }), ['conclusions']],
  [
    'a certificate that nothing bears out',
    () => ({ ...withRun({ interrupted: true }), certifying: true, notCertifyingBecause: [] }),
    ['conclusions', 'finished', 'record-certifies'],
  ],
  [
    'a failure turned into a pass',
    () => ({ ...withCell(DENIED, (cell) => ({ ...failed(cell), verdict: 'pass' })) }),
    ['evidence'],
  ],
  [
    'a denial that passed on a success',
    () => withProof('answer', { role: 'answer', exchange: exchangeOf('control') }),
    ['proofs', 'evidence'],
  ],
  [
    'a pass without evidence',
    () => withCell(DENIED, (cell) => ({ ...cell, evidence: [] })),
    ['proofs', 'evidence'],
  ],
  [
    'evidence that is not there',
    () => withProof('answer', { role: 'answer', exchange: 'gone' }),
    ['proofs', 'evidence'],
  ],
  [
    'a denial by the answer to another key',
    () => withProof('answer', { role: 'answer', exchange: strange(WHOLE.cells[DENIED + 1]) }),
    ['proofs'],
  ],
  [
    'a denial by the answer of another operation',
    () =>
      withProof('answer', {
        role: 'answer',
        exchange: strange(
          WHOLE.cells.find(
            ({ check, credential, operation }) =>
              check === 'scope-denies' &&
              credential === WHOLE.cells[DENIED]?.credential &&
              operation !== WHOLE.cells[DENIED]?.operation,
          ),
        ),
      }),
    ['proofs'],
  ],
  [
    'two answers',
    () =>
      withProof('answer', ...[1, 2].map(() => ({ role: 'answer' as const, exchange: exchangeOf('answer') }))),
    ['proofs'],
  ],
  [
    'a life sign of another key',
    () =>
      withProof('alive-before', { role: 'alive-before', exchange: exchangeOf('control'), shows: 'alive' }),
    ['proofs'],
  ],
  [
    'a key that was nearly alive',
    () =>
      withProof('alive-after', {
        role: 'alive-after',
        exchange: exchangeOf('alive-after'),
        shows: 'alive, almost',
      }),
    ['proofs'],
  ],
  ['a denial of a key that nobody saw alive', () => withProof('alive-before'), ['proofs']],
  [
    'a denial of a key that was dead',
    () =>
      withProof('alive-after', { role: 'alive-after', exchange: exchangeOf('alive-after'), shows: 'dead' }),
    ['proofs'],
  ],
  ['a denial whose effect nobody looked for', () => withProof('state-after'), ['proofs']],
  ['a denial where nobody was let in', () => withProof('control'), ['proofs']],
  [
    'a denial whose control was refused',
    () => withProof('control', { role: 'control', exchange: exchangeOf('answer') }),
    ['proofs'],
  ],
  [
    'a finding against another clause',
    () =>
      withCell(DENIED, (cell) => {
        const one = failed(cell)
        return one.finding === undefined
          ? one
          : { ...one, finding: { ...one.finding, clause: { ...one.finding.clause, text: 'Anything goes.' } } }
      }),
    ['evidence', 'passed', 'record-certifies'],
  ],
  [
    'an exchange that proves nothing',
    () => {
      const idle = WHOLE.exchanges.slice(0, 1).map((one) => ({ ...one, id: 'idle' }))
      return redone(WHOLE, { exchanges: [...WHOLE.exchanges, ...idle] })
    },
    ['evidence'],
  ],
  ['a cell less', () => withCells((cells) => cells.slice(1)), ['plan', 'coverage']],
  ['a cell more', () => withCells((cells) => [...cells, ...structuredClone(cells.slice(0, 1))]), ['plan']],
  [
    'two cells in each other’s place',
    () => withCells(([a, b, ...rest]) => (a && b ? [b, a, ...rest] : [])),
    ['plan'],
  ],
  ['a cell that only advises', () => withCell(0, (cell) => ({ ...cell, level: 'advisory' })), ['plan']],
  ['another credential', () => withCell(DENIED, (cell) => ({ ...cell, credential: 'key []' })), ['plan']],
  [
    'a cell that was left out without a reason',
    () => withCell(3, (cell) => ({ ...cell, verdict: 'excluded', because: 'not asked for', evidence: [] })),
    ['plan', 'coverage', 'canonical-set', 'passed', 'record-certifies'],
  ],
  ['another seed', () => withRun({ seed: 43 }), ['plan', 'proofs']],
  ['another profile', () => withRun({ profile: 'full' }), ['plan', 'coverage']],
  [
    'a mode that there is not',
    () => withRun({ mode: 'total' }),
    ['plan', 'mode', 'canonical-set', 'record-certifies'],
  ],
  [
    'another contract',
    () => redone(WHOLE, { contract: { ...WHOLE.contract, sha256: 'b'.repeat(64) } }),
    ['contract', 'release', 'canonical-set'],
  ],
  [
    'a release that nobody knows',
    () => redone(WHOLE, { contract: { ...WHOLE.contract, release: 'v9' } }),
    ['release', 'canonical-set'],
  ],
  [
    'a document laid over the contract',
    () => redone(WHOLE, { contract: { ...WHOLE.contract, spec: 'target' } }),
    ['release', 'canonical-set', 'record-certifies'],
  ],
  [
    'coverage of less than there is',
    () => {
      const of = (count: RunRecord['coverage']['statuses']) => ({
        ...count,
        covered: 0,
        total: 0,
        missing: [],
      })
      const apiSets = WHOLE.coverage.apiSets.map((apiSet) => ({
        ...apiSet,
        statuses: { covered: 0, total: 0 },
      }))
      return redone(WHOLE, {
        coverage: { ...WHOLE.coverage, statuses: of(WHOLE.coverage.statuses), apiSets },
      })
    },
    ['coverage'],
  ],
  ['fewer requests than exchanges', () => withRun({ requests: WHOLE.exchanges.length - 1 }), ['evidence']],
  [
    'shards that are one and the same',
    () => {
      const { finishedAt, id, requests, startedAt } = WHOLE.run
      const shard = { id, index: 1, startedAt, finishedAt, requests }
      return withRun({ shards: [shard, shard] })
    },
    ['times'],
  ],
  [
    'a baseline that is yet to come',
    () => redone(WHOLE, { baseline: { run: 'later', startedAt: '2099-01-01T00:00:00.000Z', old: [] } }),
    ['waived'],
  ],
  [
    'a baseline that knows a pass as a failure',
    () =>
      redone(WHOLE, {
        baseline: {
          run: 'early',
          startedAt: '2024-01-01T00:00:00.000Z',
          old: [WHOLE.cells[DENIED]?.id ?? ''],
        },
      }),
    ['waived'],
  ],
  [
    'what took longer than it may',
    () =>
      withCells((cells) =>
        cells.map((cell) =>
          cell.check === 'revocation-takes-effect'
            ? { ...cell, measured: { what: 'a revoked key kept working', ms: 200_000, boundMs: 180_000 } }
            : cell,
        ),
      ),
    ['proofs'],
  ],
  [
    'coverage that does not add up',
    () => ({
      ...WHOLE,
      coverage: { ...WHOLE.coverage, operations: { ...WHOLE.coverage.operations, covered: 1 } },
    }),
    ['coverage'],
  ],
  ['an end before its start', () => withRun({ finishedAt: '2024-12-31T00:00:00.000Z' }), ['times']],
  ['a start after its requests', () => withRun({ startedAt: '2025-01-01T00:00:03.000Z' }), ['times']],
  ['a time to come', () => withRun({ finishedAt: '2035-01-01T00:00:00.000Z' }), ['times']],
  [
    'a shard outside the run',
    () =>
      withRun({
        shards: [{ ...WHOLE.run, index: 1, finishedAt: '2025-01-01T01:00:00.000Z' }].map(
          ({ finishedAt, id, index, requests, startedAt }) => ({
            id,
            index,
            startedAt,
            finishedAt,
            requests,
          }),
        ),
      }),
    ['times'],
  ],
  [
    'a key in a body',
    () =>
      redone(WHOLE, {
        exchanges: WHOLE.exchanges.map((one) =>
          one.id === exchangeOf('answer') && one.response !== undefined
            ? { ...one, response: { ...one.response, body: `{"detail":"Bearer ${key}"}` } }
            : one,
        ),
      }),
    ['secrets'],
  ],
  [
    'waivers that come to something else',
    () => redone(WHOLE, { waivers: [{ ...WAIVER, state: 'idle', waived: 0 }] }),
    ['waived'],
  ],
  [
    'a waived cell that no waiver covers',
    () =>
      withCell(DENIED, (cell) => ({
        ...failed(cell),
        waived: { reason: 'r', owner: 'o', expires: '2030-01-01' },
      })),
    ['waived', 'passed', 'no-waivers', 'record-certifies'],
  ],
  [
    'a baseline about other cells',
    () => ({ ...WHOLE, baseline: { run: 'b', startedAt: WHOLE.run.startedAt, old: ['nothing'] } }),
    ['waived'],
  ],
  [
    'another product',
    () => redone(WHOLE, { target: { ...WHOLE.target, product: { ...PRODUCT, version: '1.1' } } }),
    ['product'],
  ],
  [
    'the reference gateway',
    () => redone(WHOLE, { target: { ...WHOLE.target, reference: true } }),
    ['target', 'record-certifies'],
  ],
  [
    'a build without a commit',
    () => redone(WHOLE, { suite: { ...WHOLE.suite, commit: null } }),
    ['sbom', 'suite', 'record-certifies'],
  ],
  [
    'a build with changes',
    () => redone(WHOLE, { suite: { ...WHOLE.suite, dirty: true } }),
    ['suite', 'record-certifies'],
  ],
  [
    'a version before its release',
    () => redone(WHOLE, { suite: { ...WHOLE.suite, version: '1.2.3-rc.1' } }),
    ['sbom', 'suite', 'canonical-set'],
  ],
  [
    'things left behind',
    () => redone(WHOLE, { leftBehind: ['function f'] }),
    ['finished', 'record-certifies'],
  ],
  ['a failed cell', () => withCell(DENIED, failed), ['passed', 'record-certifies']],
  [
    'a narrowed run',
    () => wholeRecord({ selection: { checks: ['scope-denies'] } }),
    ['canonical-set', 'passed', 'record-certifies'],
  ],
  [
    'a run in another mode',
    () => wholeRecord({ selection: { mode: 'read-only' } }),
    ['mode', 'canonical-set', 'passed', 'record-certifies'],
  ],
  [
    'a grouped run',
    () => wholeRecord({ selection: { matrix: 'grouped' } }),
    ['mode', 'canonical-set', 'passed', 'record-certifies'],
  ],
  [
    'a shard of a run',
    () => wholeRecord({ selection: { shard: { index: 1, count: 3 } } }),
    ['canonical-set', 'passed', 'record-certifies'],
  ],
  [
    'a run without an API set',
    () => wholeRecord({ selection: { unsupported: ['Queue Details'] } }),
    ['canonical-set', 'passed', 'record-certifies'],
  ],
]

/** Rules whose being broken does not make a bundle less authentic. */
const CERTIFYING = new Set(RULES.filter(({ decides }) => decides === 'certifying').map(({ id }) => id))

describe('a bundle of a whole record', () => {
  test('is authentic and certifies', async () => {
    const verification = await verify(bundleOf(WHOLE))
    expect(broken(verification)).toEqual([])
    expect(verification).toMatchObject({ authentic: true, certifying: true, product: PRODUCT })
    expect(verification.rulings.filter(({ outcome }) => outcome !== 'holds')).toEqual([])
  })

  test('has the same bytes each time', () => {
    expect(Buffer.from(bundleOf(WHOLE)).equals(bundleOf(structuredClone(WHOLE)))).toBe(true)
  })

  test('is neither authentic nor certifying where nobody vouches for the key', async () => {
    const verification = await verified(bundleOf(WHOLE), undefined, VERIFIER)
    expect(verification).toMatchObject({ authentic: undefined, certifying: false })
    expect(verification.rulings.find(({ rule }) => rule === 'signature')?.outcome).toBe('undecided')
  })

  test('is authentic to another version, which cannot say that it certifies', async () => {
    const verification = await verify(bundleOf(WHOLE), { suite: { ...VERIFIER.suite, version: '2.0.0' } })
    expect(verification).toMatchObject({ authentic: true, certifying: false })
    expect(broken(verification)).toEqual(['suite', 'canonical-set'])
    const says = (rule: string) => verification.rulings.find((ruling) => ruling.rule === rule)
    expect(says('plan')).toMatchObject({
      outcome: 'moot',
      says: expect.stringContaining('nvcf-conformance 1.2.3'),
    })
  })

  test('is authentic to another build, which renders its own report and does not certify', async () => {
    const suite = { ...VERIFIER.suite, commit: 'beef' }
    const verification = await verify(bundleOf(WHOLE), { suite, sbom: sbomOf('beef') })
    expect(verification).toMatchObject({ authentic: true, certifying: false })
    expect(broken(verification)).toEqual(['suite'])
    expect(verification.rulings.find(({ rule }) => rule === 'report')?.outcome).toBe('moot')
  })
})

describe('a record that somebody signs all the same', () => {
  test.each(RECORDS)('with %s', async (_, record, rules) => {
    const verification = await verify(bundleOf(record()))
    expect(broken(verification)).toEqual(rules)
    expect(verification.certifying).toBe(false)
    expect(verification.authentic).toBe(rules.every((rule) => CERTIFYING.has(rule)))
  })

  test.each(RECORDS)('is not signed by us: %s', async (_, record, rules) => {
    const rulings = await signable(record(), PRODUCT, SOURCES, VERIFIER)
    const refusing = rulings.filter(({ outcome }) => outcome === 'broken').map(({ rule }) => rule)
    expect(refusing).toEqual(rules)
  })

  test('with other documents under the name of a release', async () => {
    const documents = SOURCES.documents.map((one) => ({
      ...one,
      bytes: Buffer.concat([one.bytes, utf8('# doctored\n')]),
    }))
    const sources = { ...SOURCES, documents }
    const record = redone(WHOLE, { contract: { ...WHOLE.contract, sha256: contractDigest(sources) } })
    const verification = await verify(bundleOf(record, { sources }))
    expect(broken(verification)).toEqual(['contract', 'release', 'canonical-set'])
  })

  test('of a grouped run in which a group was taken apart is genuine', async () => {
    const record = wholeRecord({ selection: { matrix: 'grouped' } })
    const at = record.cells.findIndex(({ because }) => because?.startsWith('the grouped matrix') === true)
    const cells = record.cells.map((cell, index) => {
      if (index !== at) return cell
      const { because: _, ...asked } = cell
      const { evidence = [] } = WHOLE.cells.find(({ id }) => id === cell.id) ?? {}
      return {
        ...asked,
        verdict: 'pass' as const,
        evidence: evidence.map((one) => ({ ...one, exchange: `w${one.exchange}` })),
      }
    })
    const cited = new Set(cells.flatMap(({ evidence }) => evidence.map(({ exchange }) => exchange)))
    const others = WHOLE.exchanges.map((one) => ({ ...one, id: `w${one.id}` }))
    const exchanges = [...record.exchanges, ...others].filter(({ id }) => cited.has(id))
    const run = { ...record.run, requests: exchanges.length }
    const asked = cells[at]
    const { scopeCells } = record.coverage
    const coverage = {
      ...record.coverage,
      scopeCells: {
        ...scopeCells,
        covered: scopeCells.covered + 1,
        missing: scopeCells.missing.filter((id) => id !== asked?.id),
      },
      apiSets: record.coverage.apiSets.map((apiSet) =>
        apiSet.name === asked?.apiSet
          ? { ...apiSet, scopeCells: { ...apiSet.scopeCells, covered: apiSet.scopeCells.covered + 1 } }
          : apiSet,
      ),
    }
    const redo = redone(record, { cells, coverage, exchanges, run })
    const rulings = await signable(redo, PRODUCT, SOURCES, VERIFIER)
    const refusing = rulings.filter(({ decides, outcome }) => decides === 'authentic' && outcome === 'broken')
    expect(refusing).toEqual([])
  })
})

/** The files of a whole bundle, some of them changed, and signed anew or not. */
function altered(change: (files: Map<string, Uint8Array>) => void, sign: boolean): Uint8Array {
  const files = new Map(unpack(bundleOf(WHOLE)))
  change(files)
  if (!sign) return pack(files)
  files.delete(FILES.sums)
  files.delete(FILES.attestation)
  const sorted = (all: Map<string, Uint8Array>) => new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)))
  const summed = sorted(new Map([...files, [FILES.sums, sumsOf(sorted(files))]]))
  const statement = statementOf(WHOLE, recordBytes(WHOLE), summed)
  return pack(new Map([...summed, [FILES.attestation, Buffer.from(signed(statement, SIGNER))]]))
}

const utf8 = (text: string) => Buffer.from(text)
const replaced = (file: string, from: string, to: string) => (files: Map<string, Uint8Array>) =>
  void files.set(
    file,
    utf8(
      Buffer.from(files.get(file) ?? [])
        .toString()
        .replace(from, to),
    ),
  )

/** Bundles that were taken apart and put together again. */
const FILES_CHANGED: readonly (readonly [
  what: string,
  change: (files: Map<string, Uint8Array>) => void,
  sign: boolean,
  rule: string,
])[] = [
  ['a file less', (files) => void files.delete(FILES.report), false, 'archive'],
  ['a file more', (files) => void files.set('extra.txt', utf8('x')), false, 'archive'],
  [
    'an attestation that is no JSON',
    (files) => void files.set(FILES.attestation, utf8('x')),
    false,
    'envelope',
  ],
  [
    'an attestation that is none',
    (files) => void files.set(FILES.attestation, utf8('{}')),
    false,
    'envelope',
  ],
  ['an envelope with a space in it', replaced(FILES.attestation, ':', ': '), false, 'envelope'],
  ['another statement', replaced(FILES.attestation, '"payload":"ey', '"payload":"eX'), false, 'signature'],
  ['another key id', replaced(FILES.attestation, '"keyid":"', '"keyid":"0'), false, 'signature'],
  [
    'a stranger’s key',
    (files) => void files.set(FILES.signer, utf8(STRANGER.publicKey.pem)),
    false,
    'signature',
  ],
  ['no key', (files) => void files.set(FILES.signer, utf8('none')), false, 'signature'],
  ['its key with a line more', replaced(FILES.signer, '-----END', '\n-----END'), false, 'signature'],
  ['another report', replaced(FILES.report, 'conformant', 'Conformant'), false, 'digests'],
  ['another report, signed', replaced(FILES.report, 'conformant', 'Conformant'), true, 'report'],
  ['other checksums', replaced(FILES.sums, '0', '1'), false, 'digests'],
  ['another document', replaced('contract/control-plane.yaml', '3.1.0', '3.1.1'), false, 'digests'],
  ['another document, signed', replaced('contract/control-plane.yaml', '3.1.0', '3.1.1'), true, 'contract'],
  ['a document more, signed', (files) => void files.set('contract/extra.yaml', utf8('x')), true, 'contract'],
  [
    'a bill of materials of another commit, signed',
    (files) => void files.set(FILES.sbom, sbomOf('beef')),
    true,
    'sbom',
  ],
  [
    'a bill of materials that is none, signed',
    (files) => void files.set(FILES.sbom, utf8('x')),
    true,
    'sbom',
  ],
  [
    'another bill of materials of the same build, signed',
    replaced(FILES.sbom, 'CycloneDX', 'Cyclone'),
    true,
    'sbom',
  ],
  [
    'a product told twice, signed',
    replaced(FILES.product, '"name"', '"name": "x",\n  "name"'),
    true,
    'product',
  ],
  [
    'a product of more, signed',
    replaced(FILES.product, '"name"', '"price": "x",\n  "name"'),
    true,
    'product',
  ],
  [
    'a record with an empty one behind it, signed',
    (files) =>
      void files.set(
        FILES.record,
        Buffer.concat([files.get(FILES.record) ?? utf8(''), compressed(new Uint8Array())]),
      ),
    true,
    'digests',
  ],
  [
    'a record packed with a remark, signed',
    (files) => {
      const packed = Buffer.from(files.get(FILES.record) ?? [])
      // Flag of a comment, and one behind the header.
      packed[3] = 16
      files.set(FILES.record, Buffer.concat([packed.subarray(0, 10), utf8('hidden\0'), packed.subarray(10)]))
    },
    true,
    'digests',
  ],
  ['a document less, signed', (files) => void files.delete('contract/control-plane.yaml'), true, 'contract'],
  ['another release row, signed', replaced(FILES.release, 'full', 'none'), true, 'contract'],
  ['no product, signed', (files) => void files.set(FILES.product, utf8('{}')), true, 'product'],
  [
    'a record that is not packed, signed',
    (files) => void files.set(FILES.record, recordBytes(WHOLE)),
    true,
    'archive',
  ],
  [
    'another record, signed as this',
    (files) => void files.set(FILES.record, compressed(recordBytes(redone(WHOLE, { leftBehind: ['x'] })))),
    true,
    'digests',
  ],
  [
    'a record in another form, signed',
    (files) => void files.set(FILES.record, compressed(utf8(JSON.stringify(WHOLE)))),
    true,
    'digests',
  ],
]

describe('a bundle that was taken apart and put together again', () => {
  test.each(FILES_CHANGED)('with %s', async (_, change, sign, rule) => {
    const verification = await verify(altered(change, sign))
    expect(broken(verification)).toContain(rule)
    expect(verification).toMatchObject({ authentic: false, certifying: false })
  })

  test('with nothing changed, and signed anew, is the same', () => {
    expect(Buffer.from(altered(() => undefined, true)).equals(bundleOf(WHOLE))).toBe(true)
  })

  test('signed by a stranger', async () => {
    const verification = await verify(bundleOf(WHOLE, { signer: STRANGER }))
    expect(broken(verification)).toEqual(['signature'])
    expect(verification.rulings.find(({ rule }) => rule === 'signature')?.says).toContain(KEY.fingerprint)
  })

  test('with a record that is none by its schema', async () => {
    const parse = async (): Promise<RunRecord> => {
      throw new Error('record.json is no valid record')
    }
    expect(broken(await verify(bundleOf(WHOLE), { parse }))).toEqual(['record'])
  })

  test('without a product sheet that says enough', async () => {
    const { product: _, ...target } = WHOLE.target
    const record = redone(WHOLE, { target })
    const verification = await verify(bundleOf(record, { product: { name: 'N', version: '1' } }))
    expect(broken(verification)).toEqual(['product-sheet'])
    expect(verification.authentic).toBe(true)
  })
})

test('every rule is shown to break', () => {
  const stages = ['archive', 'envelope', 'signature', 'record', 'digests']
  const shown = new Set([
    ...RECORDS.flatMap(([, , rules]) => rules),
    ...FILES_CHANGED.map(([, , , rule]) => rule),
    // In tests of their own.
    ...['record', 'product-sheet'],
  ])
  expect([...stages, ...RULES.map(({ id }) => id)].filter((rule) => !shown.has(rule))).toEqual([])
})

describe('any change of a byte', () => {
  const bytes = bundleOf(WHOLE)
  const names = [...unpack(bytes).keys()]
  const refused = async (changed: Uint8Array) => {
    const { authentic, rulings } = await verify(changed)
    expect(authentic).toBe(false)
    expect(rulings.some(({ outcome }) => outcome === 'broken')).toBe(true)
  }

  test('anywhere in the file is caught', async () => {
    const change = fc.record({
      at: fc.nat({ max: bytes.length - 1 }),
      put: fc.oneof(fc.constant([]), fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 3 })),
      instead: fc.integer({ min: 0, max: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, instead, put }) => {
        const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + instead)])
        fc.pre(!changed.equals(bytes))
        await refused(changed)
      }),
      { numRuns: 300 },
    )
  })

  test('in a file of it is caught where the archive is written anew', async () => {
    const change = fc.record({
      name: fc.constantFrom(...names),
      part: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bit: fc.nat({ max: 7 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ bit, name, part }) => {
        const files = new Map(unpack(bytes))
        const changed = Uint8Array.from(files.get(name) ?? [])
        const at = Math.floor(part * changed.length)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        await refused(pack(files.set(name, changed)))
      }),
      { numRuns: 100 },
    )
  })
})
