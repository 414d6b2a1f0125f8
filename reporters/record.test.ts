import { describe, expect, test } from 'vitest'
import { Validator } from '../fixtures/validator.js'
import { isRecord } from '../openapi/json.js'
import { EVIDENCE_ROLES, type Verdict } from '../suites/model.js'
import { ASKED_TOGETHER } from '../suites/plan.js'
import { type RunVerdict, runVerdict } from './record.js'
import schema from './record.schema.json' with { type: 'json' }
import { DELETE, EVERY_VERDICT, PROOF, type Sample, sampleExchange, sampleRecord } from './sample-record.js'

const violations = (value: unknown) => new Validator().violations(schema, value)

describe('the record', () => {
  const record = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })

  test('counts its cells by verdict', () => {
    expect(record.counts).toEqual({
      pass: 1,
      fail: 2,
      inconclusive: 1,
      unsupported: 1,
      excluded: 1,
      error: 1,
    })
  })

  test('gives a finding to exactly the failed cells, and a reason to exactly the undecided', () => {
    for (const { finding, because, verdict } of record.cells) {
      expect(finding !== undefined).toBe(verdict === 'fail')
      expect(because !== undefined).toBe(verdict !== 'fail' && verdict !== 'pass')
    }
  })

  test('says in a finding what the rule is and how to send the same again', () => {
    const finding = record.cells.find(({ operation }) => operation === DELETE)?.finding
    expect(finding?.clause.id).toBe('api-key-scopes')
    expect(finding?.message).toContain('key [queue_details]')
    expect(finding?.replay).toContain(
      `--gateway http://gateway.test --check scope-denies --operation "${DELETE}" --seed 42`,
    )
  })

  test('calls a cell that nothing was heard of inconclusive', () => {
    const lost = sampleRecord({ cells: [{ lost: true }] })
    expect(lost.cells[0]?.verdict).toBe('inconclusive')
    expect(lost.verdict).toBe('inconclusive')
  })

  test('gives a cell that was left out its own verdict and no time', () => {
    const cell = record.cells.find(({ verdict }) => verdict === 'excluded')
    expect(cell).toMatchObject({ because: 'not asked for', durationMs: 0, evidence: [] })
  })

  test('gives a cell that was left out the result that it got all the same', () => {
    const leftOut = { verdict: 'excluded', why: 'asked together', together: true } as const
    const { cells } = sampleRecord({
      cells: [
        { id: 'a', leftOut, verdict: 'fail', deviation: 'over-grant' },
        { id: 'b', leftOut, verdict: 'pass' },
        { id: 'c', leftOut },
      ],
    })
    expect(cells.map(({ because, verdict }) => [verdict, because])).toEqual([
      ['fail', undefined],
      ['pass', undefined],
      ['excluded', 'asked together'],
    ])
    expect(cells[0]?.finding?.deviation).toBe('over-grant')
    expect(cells[1]?.durationMs).toBe(12.5)
  })

  test('says how a target deviates, and calls it something else where nothing says', () => {
    const { cells } = sampleRecord({
      cells: [
        { id: 'a', verdict: 'fail', deviation: 'under-grant' },
        { id: 'b', verdict: 'fail' },
      ],
    })
    expect(cells.map(({ finding }) => finding?.deviation)).toEqual(['under-grant', 'other'])
  })

  test('keeps the disguise of a request, and says it in the finding', () => {
    const [cell] = sampleRecord({ cells: [{ disguise: 'double-slash', verdict: 'fail' }] }).cells
    expect(cell?.disguise).toBe('double-slash')
    expect(cell?.finding?.message).toContain('with key [queue_details] (double-slash): expected')
  })

  test('keeps what was measured, whatever became of the cell', () => {
    const measured = { what: 'revocation takes effect', ms: 1640, boundMs: 180_000 }
    const { cells } = sampleRecord({
      cells: [
        { id: 'a', measured },
        { id: 'b', measured, verdict: 'fail' },
      ],
    })
    expect(cells.map((cell) => cell.measured)).toEqual([measured, measured])
  })

  test('holds an exchange once, however often it is reported', () => {
    expect(sampleRecord({ cells: [], exchanges: [...PROOF, ...PROOF] }).exchanges).toHaveLength(PROOF.length)
  })
})

describe('the verdict of a run', () => {
  const required: [Verdict[], RunVerdict][] = [
    [['pass'], 'conformant'],
    [['pass', 'unsupported', 'excluded'], 'conformant'],
    [['pass', 'inconclusive'], 'inconclusive'],
    [['pass', 'inconclusive', 'error'], 'error'],
    [['pass', 'inconclusive', 'error', 'fail'], 'nonconformant'],
    [['excluded', 'unsupported'], 'error'],
    [[], 'error'],
  ]
  test.each(required)('of required cells %j is %s', (verdicts, verdict) => {
    const { cells } = sampleRecord({
      cells: verdicts.map((own, index) => ({ id: `${index}`, verdict: own })),
    })
    expect(runVerdict(cells)).toBe(verdict)
  })

  const advisory: [Verdict, RunVerdict][] = [
    ['fail', 'conformant'],
    ['inconclusive', 'conformant'],
    ['error', 'error'],
  ]
  test.each(advisory)('is not decided by an advisory %s unless the suite failed: %s', (verdict, expected) => {
    expect(sampleRecord({ cells: [{}, { check: 'response-formats', verdict }] }).verdict).toBe(expected)
  })

  test('of advice alone is no error, and one in which nothing ran is', () => {
    expect(sampleRecord({ cells: [{ check: 'response-formats' }] }).verdict).toBe('conformant')
    const leftOut = { verdict: 'excluded', why: 'not asked for' } as const
    expect(sampleRecord({ cells: [{ leftOut }] }).verdict).toBe('error')
  })
})

describe('certifying', () => {
  test('takes a full, clean, conformant run against a target of its own', () => {
    expect(sampleRecord({ cells: [{}] })).toMatchObject({ certifying: true, notCertifyingBecause: [] })
  })

  const reasons: [string, Sample][] = [
    ['the verdict is nonconformant', { cells: [{ verdict: 'fail' }] }],
    [
      'the target is the reference gateway of the suite',
      { cells: [{}], target: { embedded: true, reference: true } },
    ],
    ['the run was interrupted', { cells: [{}], run: { interrupted: true } }],
    [
      'excluded by the selection or the mode: 1 cell',
      { cells: [{}, { id: 'b', leftOut: { verdict: 'excluded', why: '' } }] },
    ],
    [
      'the matrix is grouped: not every scope was asked alone',
      {
        cells: [{}, { id: 'b', leftOut: { verdict: 'excluded', why: ASKED_TOGETHER, together: true } }],
        run: { matrix: 'grouped' },
      },
    ],
    ['the mode is read-only, not full', { cells: [{}], run: { mode: 'read-only' } }],
    [
      'the target lacks Function Management',
      {
        cells: [{}, { id: 'b', leftOut: { verdict: 'unsupported', why: '' } }],
        run: { selection: { checks: [], operations: [], unsupported: ['Function Management'] } },
      },
    ],
    ['the build of the suite names no commit', { cells: [{}], suite: { commit: null } }],
    ['the build of the suite holds uncommitted changes', { cells: [{}], suite: { dirty: true } }],
    ['left behind on the target: 1 thing', { cells: [{}], leftBehind: ['function f'] }],
  ]
  test.each(reasons)('is refused because %s', (reason, sample) => {
    const record = sampleRecord(sample)
    expect(record.certifying).toBe(false)
    expect(record.notCertifyingBecause).toEqual([reason])
    expect(violations(record)).toEqual([])
  })
})

/** Every schema inside a schema, with its path. */
function* schemasIn(value: unknown, path = '#'): Generator<[string, Readonly<Record<string, unknown>>]> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* schemasIn(item, `${path}/${index}`)
  if (!isRecord(value)) return
  yield [path, value]
  for (const [name, inner] of Object.entries(value)) yield* schemasIn(inner, `${path}/${name}`)
}

describe('the published schema', () => {
  const record = sampleRecord({
    cells: [
      ...EVERY_VERDICT,
      { id: 'disguised', disguise: 'double-slash', path: 'other-issuer' },
      { id: 'timed', measured: { what: 'revocation takes effect', ms: 1640.5, boundMs: 180_000 } },
    ],
    exchanges: [...PROOF, sampleExchange({ id: 'x9', silence: 'timed out' })],
    run: {
      shard: { index: 1, count: 4 },
      selection: { checks: ['scope-denies'], operations: [DELETE], unsupported: [] },
    },
    target: { product: { name: 'NVCF' } },
    operations: { [DELETE]: { responses: [{ status: 404, content: {}, headers: [] }] } },
  })
  const [passed, failed] = record.cells

  test('takes a record with every verdict, optional members and silence', () => {
    expect(violations(record)).toEqual([])
    expect(violations(JSON.parse(JSON.stringify(record)))).toEqual([])
  })

  const broken: [string, unknown][] = [
    ['a member it does not know', { ...record, extra: 1 }],
    ['another schema version', { ...record, schemaVersion: '2.0' }],
    ['a certifying record with reasons against it', { ...record, certifying: true }],
    ['a non-certifying record without a reason', { ...record, notCertifyingBecause: [] }],
    ['a failed cell without a finding', { ...record, cells: [{ ...failed, finding: undefined }] }],
    ['a passed cell with a finding', { ...record, cells: [{ ...passed, finding: failed?.finding }] }],
    ['a passed cell with an excuse', { ...record, cells: [{ ...passed, because: 'luck' }] }],
    ['an undecided cell without a reason', { ...record, cells: [{ ...passed, verdict: 'inconclusive' }] }],
    ['a verdict it does not know', { ...record, cells: [{ ...passed, verdict: 'skipped' }] }],
    [
      'an exchange with neither response nor silence',
      { ...record, exchanges: [{ ...PROOF[0], response: undefined }] },
    ],
    ['an exchange with both', { ...record, exchanges: [{ ...PROOF[0], silence: 'x' }] }],
    ['a record without coverage', { ...record, coverage: undefined }],
    [
      'coverage of something else',
      { ...record, coverage: { ...record.coverage, lines: { covered: 1, total: 1 } } },
    ],
    [
      'a count without the names of what is missing',
      { ...record, coverage: { ...record.coverage, statuses: { covered: 0, total: 1 } } },
    ],
    [
      'a name that is none',
      { ...record, coverage: { ...record.coverage, statuses: { covered: 0, total: 1, missing: [404] } } },
    ],
    [
      'an API set with names',
      { ...record, coverage: { ...record.coverage, apiSets: [{ ...record.coverage, name: 'all' }] } },
    ],
    ['another plan of the matrix', { ...record, run: { ...record.run, matrix: 'random' } }],
    ['a run without a bound', { ...record, run: { ...record.run, propagationTimeoutMs: undefined } }],
    ['a path that it does not know', { ...record, cells: [{ ...passed, path: 'other' }] }],
    ['a disguise that is none', { ...record, cells: [{ ...passed, disguise: '' }] }],
    ['a measurement without a bound', { ...record, cells: [{ ...passed, measured: { what: 'x', ms: 1 } }] }],
    [
      'a finding that does not say how it deviates',
      { ...record, cells: [{ ...failed, finding: { ...failed?.finding, deviation: undefined } }] },
    ],
    [
      'a deviation that it does not know',
      { ...record, cells: [{ ...failed, finding: { ...failed?.finding, deviation: 'grant' } }] },
    ],
    ['a time that is none', { ...record, run: { ...record.run, startedAt: 'today' } }],
  ]
  test.each(broken)('refuses %s', (_what, value) => {
    expect(violations(JSON.parse(JSON.stringify(value)))).not.toEqual([])
  })

  test('knows every role of evidence', () => {
    expect(schema.$defs.evidence.properties.role.enum).toEqual(EVIDENCE_ROLES)
  })

  test('describes every property in a sentence and closes every object', () => {
    for (const [path, { properties, type, additionalProperties }] of schemasIn(schema)) {
      if (type !== 'object' || path.endsWith('/properties')) continue
      expect(additionalProperties, path).toBeDefined()
      expect(additionalProperties, path).not.toBe(true)
      for (const [name, property] of Object.entries(isRecord(properties) ? properties : {})) {
        expect(isRecord(property) && property.description, `${path}/${name}`).toMatch(/^[A-Z].*\.$/)
      }
    }
  })
})
