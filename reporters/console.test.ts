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
    expect(certifying).toContain('This record certifies.')
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

  test('names advice as such, after what is required', () => {
    const text = render(full)
    expect(text.indexOf('✗ response-formats (advisory)')).toBeGreaterThan(text.indexOf('✗ scope-denies'))
  })

  test('ends with leftovers and the paths of the reports', () => {
    expect(render(full)).toMatch(
      /Left behind on the target.*\n {4}function left\n\nReports\n {2}out\/record.json\n {2}out\/junit.xml$/,
    )
  })

  test('tells twenty findings in full', () => {
    const cells = Array.from(
      { length: 25 },
      (_, index): SampleCell => ({ credential: keyOf(`s${index}`), verdict: 'fail' }),
    )
    const text = render(sampleRecord({ cells }))
    expect(text.match(/^ {2}replay/gm)).toHaveLength(20)
    expect(text).toContain('and 5 more in record.json')
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

describe('rows of the scope matrix that are alike', () => {
  const alike = (deviating: readonly number[], check = 'scope-denies') => {
    const operations = Array.from({ length: 14 }, (_, index) => `GET /v2/nvcf/things/${index}`)
    const record = sampleRecord({
      cells: operations.map((operation, index) => ({
        check,
        operation,
        verdict: deviating.includes(index) ? 'fail' : 'pass',
      })),
      apiSets: Object.fromEntries(operations.map((operation) => [operation, 'Things'])),
    })
    const text = render(record, { width: 80 })
    return text.slice(text.indexOf('Scope matrix'), text.indexOf('\n\nCoverage'))
  }

  test('are one line where every credential was denied', () => {
    expect(alike([])).toContain(
      '\n  Things\n  14 operations, denied as documented to every credential tried\n',
    )
  })

  test('keep their marks in one line where one was granted', () => {
    expect(alike([], 'scope-grants')).toMatch(/\n {2}Things\n {2}14 × {3}operations alike +●\n/)
  })

  test('stand below those that deviate', () => {
    expect(alike([3])).toMatch(
      /\n {2}Things\n {2}GET {4}\/v2\/nvcf\/things\/3 +!\n {2}13 operations, denied as documented to every credential tried\n/,
    )
  })

  test('are read one by one where they are few', () => {
    expect(alike([3, 4]).match(/GET/g)).toHaveLength(14)
  })
})

describe('the scope matrix on a terminal', () => {
  const scopes = Array.from({ length: 13 }, (_, index) => `scope_number_${index + 1}`)
  const long =
    'PATCH /v2/nvcf/deployments/{deploymentId}/gpu-specifications/{gpuSpecificationIdentifier}/more'
  const cells = [LIST, DELETE, long].flatMap((operation) =>
    scopes.map(
      (scope, index): SampleCell => ({
        check: index === 0 ? 'scope-grants' : 'scope-denies',
        operation,
        credential: keyOf(scope),
        verdict: operation === DELETE && index === 12 ? 'fail' : 'pass',
      }),
    ),
  )
  const record = sampleRecord({ cells, apiSets: { [long]: 'Function Deployment' } })
  const matrixAt = (width: number) => {
    const text = render(record, { width })
    return text.slice(text.indexOf('Scope matrix'), text.indexOf('\n\nCoverage'))
  }

  test('fits eighty columns by shortening long paths in the middle', () => {
    const lines = matrixAt(80).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines.some((line) => /PATCH {2}\/v2.*….*more .*●/.test(line))).toBe(true)
  })

  test('shows whole paths where there is room', () => {
    expect(matrixAt(200)).toContain(long.replace(' ', '  '))
  })

  test('breaks into blocks where there is none', () => {
    const text = matrixAt(40)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40)
    expect(text.match(/GET {4}\/v2\/nvcf\/functions/g)?.length).toBeGreaterThan(1)
  })

  test('numbers its columns, and says what numbers and glyphs mean', () => {
    const text = matrixAt(120)
    const [, tens = '', units = ''] = text.split('\n')
    const row = text.split('\n').find((line) => line.includes('DELETE')) ?? ''
    const column = row.indexOf('!')
    expect(`${tens[column]}${units[column]}`).toBe('13')
    expect(text).toContain('13 scope_number_13')
    expect(text).toContain('! not denied as documented')
    expect(text).not.toContain('inconclusive')
  })

  test('is left out where the run examined no scopes', () => {
    expect(render(sampleRecord({ cells: [{ check: 'response-status' }] }))).not.toContain('Scope matrix')
  })

  test('counts operations that the run left out', () => {
    const leftOut = { verdict: 'excluded', why: 'not asked for' } as const
    const text = render(sampleRecord({ cells: [{}, { operation: DELETE, leftOut }] }))
    expect(text).toContain('and 1 operation that this run left out')
    expect(text).not.toContain(`${DELETE.replace(' ', '  ')}`)
  })
})
