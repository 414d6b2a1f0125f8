import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Operation, Schema } from '../openapi/contract.js'
import { renderConsole } from './console.js'
import type { RunRecord } from './record.js'
import {
  DELETE,
  EVERY_VERDICT,
  keyOf,
  LIST,
  PROOF,
  QUEUE,
  type SampleCell,
  sampleRecord,
} from './sample-record.js'

const render = (record: RunRecord, options: Partial<Parameters<typeof renderConsole>[1]> = {}) =>
  renderConsole(record, {
    width: 100,
    colour: false,
    reports: ['out/record.json', 'out/junit.xml'],
    ...options,
  })

const full = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF, leftBehind: ['function left'] })

describe('the end of a run', () => {
  test('begins with the verdict, its counts and the particulars', () => {
    const [first = '', ...rest] = render(full, { width: 120 }).split('\n')
    expect(first).toBe(
      '✗ nonconformant: 1 passed, 2 failed (1 advisory), 1 inconclusive, 1 unsupported, 1 excluded, 1 in error',
    )
    const particulars = rest.slice(0, 3).join('\n')
    for (const word of ['40 requests in 3.4 s', 'seed 42', 'http://gateway.test', 'release initial']) {
      expect(particulars).toContain(word)
    }
  })

  test('says why the record does not certify, and that it does', () => {
    expect(render(full)).toContain('Not certifying: the verdict is nonconformant;')
    const certifying = render(sampleRecord({ cells: [{}] }))
    expect(certifying).toMatch(/^✔ conformant: 1 passed\n/)
    expect(certifying).toContain('This record certifies (release initial, profile full).')
  })

  test('tells a finding so that it can be acted on', () => {
    const text = render(full)
    const from = text.indexOf(`✗ scope-denies  ${DELETE}  with key [queue_details]`)
    const finding = text.slice(from, text.indexOf('\n\n', from))
    expect(from).toBeGreaterThan(0)
    expect(finding).toContain('expected  403: list_functions opens it')
    expect(finding).toContain('observed  204: granted')
    expect(finding).toContain('clause    NVCF API, API Key Scopes (release initial)')
    expect(finding).toContain('evidence  key alive before and after; control with key [delete_function]: 204')
    expect(finding).toMatch(/^ {2}replay {4}nvcf-conformance run .* --seed 42$/m)
  })

  test('names advice as such, apart from what is required', () => {
    const text = render(full)
    expect(text).toContain('\n\nFindings: 1 over-granted\n\n✗ scope-denies')
    expect(text).toContain(
      '\n\nAdvisory findings: 1 otherwise than documented\n\n✗ response-formats (advisory)',
    )
    expect(text.indexOf('Advisory findings')).toBeGreaterThan(text.indexOf('✗ scope-denies'))
  })

  test('names a disguise beside who wore it', () => {
    const text = render(sampleRecord({ cells: [{ verdict: 'fail', disguise: 'double-slash' }] }))
    expect(text).toContain(`${LIST}  with key [queue_details] (double-slash)\n`)
  })

  test('ends with leftovers, the paths of the reports and, where it is long, the verdict once more', () => {
    expect(render(full)).toMatch(
      /Left behind on the target.*\n {4}function left\n\nReports\n {2}out\/record.json\n {2}out\/junit.xml\n\n✗ nonconformant: 1 passed, [^✗]*$/,
    )
  })

  test('says whose key a request was about', () => {
    const text = render(
      sampleRecord({
        cells: [{ credential: { kind: 'none' }, path: 'other-owner', verdict: 'fail' }],
      }),
    )
    expect(text).toContain(`✗ scope-denies  ${LIST}  with no credential, as another owner\n`)
  })

  test('tells the first two of many findings of a check in full, and a line of the others', () => {
    const cells = ['scope-denies', 'scope-grants'].flatMap((check) =>
      Array.from(
        { length: 25 },
        (_, index): SampleCell => ({
          check,
          operation: `GET /things/${index}`,
          credential: keyOf('s'),
          verdict: 'fail',
          observed: '200: granted',
        }),
      ),
    )
    const text = render(sampleRecord({ cells }))
    expect(text.match(/^ {2}replay/gm)).toHaveLength(4)
    const from = text.indexOf('✗ scope-denies  23 more findings with key [s]\n')
    const block = text.slice(from, text.indexOf('\n\n', from)).split('\n')
    expect(block).toHaveLength(14)
    expect(block.slice(1, 3)).toEqual(['  GET /things/2  200: granted', '  GET /things/3  200: granted'])
    expect(block.at(-1)).toBe('  and 11 more in record.json')
    expect(text.indexOf('✗ scope-grants')).toBeGreaterThan(from)
  })

  test('tells twenty findings in full in all', () => {
    const cells = Array.from(
      { length: 24 },
      (_, index): SampleCell => ({
        check: `check-${index % 8}`,
        id: `${index}`,
        verdict: 'fail',
      }),
    )
    const text = render(sampleRecord({ cells }))
    expect(text.match(/^ {2}replay/gm)).toHaveLength(20)
    expect(text).toContain('\n\nand 4 more in record.json: 1 check-6, 3 check-7\n\n')
  })

  test('tells advice that many operations share in one block', () => {
    const operations = Array.from({ length: 45 }, (_, index) => `POST /v1/admin/keys/{keyId}/things/${index}`)
    const record = sampleRecord({
      cells: operations.map((operation) => ({
        check: 'key-operations-guarded',
        level: 'advisory',
        operation,
        credential: { kind: 'none' },
        verdict: 'fail',
        deviation: 'over-grant',
        expected: 'a credential is asked for',
        observed: '200 without a credential: whoever reaches this Host can issue itself a key',
      })),
    })
    const told = render(record, { width: 80 })
    const from = told.indexOf('Advisory findings')
    const block = told.slice(from, told.indexOf('\n\nReports', from)).split('\n')
    expect(block.slice(0, 4)).toEqual([
      'Advisory findings: 45 over-granted',
      '',
      '✗ key-operations-guarded (advisory)  45 findings with no credential',
      '  expected  a credential is asked for',
    ])
    expect(block.filter((line) => line.startsWith('  replay'))).toHaveLength(1)
    expect(block.filter((line) => line.startsWith('  POST'))).toHaveLength(40)
    const seventh = block.indexOf('  POST /v1/admin/keys/{keyId}/things/7')
    expect(block.slice(seventh + 1, seventh + 3)).toEqual([
      '      200 without a credential: whoever reaches this Host can issue itself a key',
      '  POST /v1/admin/keys/{keyId}/things/8',
    ])
    expect(render(record, { width: 140 })).toContain(
      '\n  POST /v1/admin/keys/{keyId}/things/7  200 without a credential: whoever reaches this Host can issue itself a key\n',
    )
    expect(block.at(-1)).toBe('  and 5 more in record.json')
  })

  test('tells how long changes to keys took', () => {
    const cells: SampleCell[] = [
      { measured: { what: 'revocation takes effect', ms: 1300, atMostMs: 1600, boundMs: 180_000 } },
      { id: 'other', measured: { what: 'expiry takes effect', ms: 0, atMostMs: 200, boundMs: 180_000 } },
    ]
    const record = sampleRecord({ cells })
    expect(render(record)).toContain(
      '\n\nKey life\n  revocation takes effect  between 1.3 s and 1.6 s (bound 180 s)\n  expiry takes effect      at most 0.2 s (bound 180 s)\n\n',
    )
    expect(render(record, { width: 40 })).toContain(
      '\n  revocation takes effect\n    between 1.3 s and 1.6 s (bound 180\n    s)\n  expiry takes effect\n    at most 0.2 s (bound 180 s)\n',
    )
    expect(render(full)).not.toContain('Key life')
  })

  test('says that the matrix was grouped', () => {
    expect(render(sampleRecord({ cells: [{}], run: { matrix: 'grouped' } }))).toContain(
      'mode full, grouped matrix, seed 42',
    )
  })

  test('groups what was not decided by its reason', () => {
    const cells = Array.from(
      { length: 5 },
      (_, index): SampleCell => ({ id: `cell-${index}`, verdict: 'inconclusive', observed: '429' }),
    )
    const text = render(sampleRecord({ cells }))
    expect(text).toContain('  5 × 429\n    cell-0\n    cell-1\n    cell-2\n    and 2 more')
  })

  test('says what failed in the suite itself', () => {
    expect(render(full)).toContain('Errors of the suite\n  1 × the suite failed: oh')
  })

  test('lets nothing that the target says move the cursor', () => {
    const text = render(sampleRecord({ cells: [{ verdict: 'fail', observed: 'a\u001B[2J\u0007b' }] }))
    expect(text).toContain('a [2J b')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('adds colour and nothing else', () => {
    const painted = render(full, { colour: true })
    expect(painted).toContain('\u001B[')
    expect(stripVTControlCharacters(painted)).toBe(render(full))
  })
})

describe('the coverage on a terminal', () => {
  const sets = ['Function Management', 'Queue Details', 'Super Administration']
  const operations = Array.from({ length: 9 }, (_, index) => `POST /v2/nvcf/things/${index}`)
  const apiSets = Object.fromEntries(operations.map((id, index) => [id, sets[index % 3] ?? '']))
  const name: Schema = { type: 'string' }
  const schema: Schema = { type: 'object', properties: { name } }
  const documented: Partial<Operation> = {
    body: { required: true, contentType: 'application/json', schema, example: {}, fill: {} },
    responses: [{ status: 200, content: { 'application/json': schema }, headers: [] }],
  }
  const record = sampleRecord({
    cells: operations.map((operation, index) => ({
      operation,
      ...(index > 0 && { verdict: 'inconclusive' }),
    })),
    apiSets,
    operations: Object.fromEntries(operations.map((id) => [id, documented])),
    reaches: [{ operation: operations[0] ?? '', statuses: [200], request: ['#/type'], responses: {} }],
  })
  const coverageAt = (width: number, colour = false) => {
    const text = stripVTControlCharacters(render(record, { width, colour }))
    return text.slice(text.indexOf('Coverage'), text.indexOf('\n\nReports'))
  }

  test('is a line of totals and a table by API set', () => {
    expect(coverageAt(100)).toBe(
      [
        'Coverage',
        '  11% of 9 operations, 11% of 9 scope cells, 11% of 9 status codes, 3% of 27 request keywords, 0% of',
        '  27 response keywords',
        '',
        '                                    scope  status   request  response',
        '                        operations  cells   codes  keywords  keywords',
        '  Function Management          1/3    1/3     1/3       1/9       0/9',
        '  Queue Details                0/3    0/3     0/3       0/9       0/9',
        '  Super Administration         0/3    0/3     0/3       0/9       0/9',
        '',
        '  Not covered: 8 operations',
        '    POST /v2/nvcf/things/1',
        '    POST /v2/nvcf/things/2',
        '    POST /v2/nvcf/things/3',
        '    POST /v2/nvcf/things/4',
        '    POST /v2/nvcf/things/5',
        '    and 3 more',
        '  Not covered: 8 scope cells, 8 status codes, 26 request keywords, 27 response keywords; record.json',
        '  names them.',
      ].join('\n'),
    )
    expect(coverageAt(100, true)).toBe(coverageAt(100))
  })

  test.each([80, 60, 40])('fits %i columns', (width) => {
    const counts = coverageAt(width)
      .split('\n')
      .filter((line) => !line.startsWith('    GET') && !line.startsWith('    DELETE'))
    expect(Math.max(...counts.map((line) => line.length))).toBeLessThanOrEqual(width)
    expect(counts.join('\n')).toContain('Super Administration')
  })

  test('says nothing of what is missing where nothing is, nor of a contract that it does not know', () => {
    expect(render(sampleRecord({ cells: [{ operation: QUEUE }] }))).not.toContain('Not covered')
    expect(render(sampleRecord({ cells: [] }))).not.toContain('Coverage')
  })
})

describe('waivers', () => {
  const waiver = { reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }
  const cells: readonly SampleCell[] = [{ id: 'x', verdict: 'fail' }, { id: 'y' }]

  test.each([40, 80, 200])('in force are listed, and what they cover is marked: %i columns', (width) => {
    const record = sampleRecord({ cells, waivers: [{ ...waiver, cells: ['x'] }] })
    const text = renderConsole(record, { width, colour: false, reports: [] }).replaceAll(/\s+/g, ' ')
    expect(text).toContain('conformant: 1 passed, 1 failed (1 waived)')
    expect(text).toContain('scope-denies (waived by jane until 2030-01-01)')
    expect(text).toContain('Waivers applied, 1 cell waived until 2030-01-01 by jane: the proxy is old x')
    expect(text).toContain('waived: 1 cell')
  })

  test.each([
    [{ ...waiver, cells: ['y'] }, 'for y covers nothing that failed: remove it'],
    [
      { ...waiver, cells: ['x'], expires: '2024-12-31' },
      'for x has expired on 2024-12-31: renew or remove it',
    ],
    [{ ...waiver, cells: ['z'] }, 'for z covers no cell of the plan: correct or remove it'],
  ])('that do not hold are told at the top: %j', (faulty, says) => {
    const text = renderConsole(sampleRecord({ cells, waivers: [faulty] }), {
      width: 100,
      colour: false,
      reports: [],
    })
    expect(text.split('\n').slice(0, 3).join('\n')).toContain(`✗ this run fails: the waiver of jane ${says}`)
  })
})

describe('a baseline', () => {
  test('tells new findings from known ones, new ones first', () => {
    const earlier = sampleRecord({ cells: [{ id: 'x', verdict: 'fail' }], run: { id: 'early' } })
    const record = sampleRecord({
      cells: [
        { id: 'x', verdict: 'fail' },
        { id: 'y', verdict: 'fail', operation: DELETE },
      ],
      baseline: earlier,
    })
    const text = renderConsole(record, { width: 100, colour: false, reports: [] })
    expect(text).toContain('  1 new, 1 known since run early of 2025-01-01: only what is new fails this run')
    expect(text.indexOf(`✗ scope-denies  ${DELETE}`)).toBeGreaterThan(0)
    expect(text.indexOf(`✗ scope-denies  ${DELETE}`)).toBeLessThan(text.indexOf('✗ scope-denies (known)'))
  })
})
