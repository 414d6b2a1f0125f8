import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loadContract } from '../openapi/load.js'
import { MARKS } from './matrix.js'
import { matrixLines } from './matrix-picture.js'
import type { RunRecord } from './record.js'
import { DELETE, keyOf, type SampleCell, sampleRecord } from './sample-record.js'
import { coloured, plain } from './terminal.js'

const WIDTHS = [40, 60, 80, 120, 200]

const SCOPES = Array.from({ length: 22 }, (_, index) => `scope_number_${index + 1}`)
const CREDENTIALS: readonly [string, SampleCell][] = [
  ['admin-token-grants', { credential: { kind: 'admin' } }],
  ['no-credential-denies', { credential: { kind: 'none' } }],
]
const COLUMNS = SCOPES.length + CREDENTIALS.length

/** All cells of an operation, which its first scope opens; `given` by the number of the column, from 1. */
const cellsOf = (operation: string, given: Readonly<Record<number, SampleCell>> = {}): SampleCell[] => [
  ...SCOPES.map((scope, index) => ({
    check: index === 0 ? 'scope-grants' : 'scope-denies',
    operation,
    credential: keyOf(scope),
    ...given[index + 1],
  })),
  ...CREDENTIALS.map(([check, cell], index) => ({
    check,
    operation,
    ...cell,
    ...given[SCOPES.length + index + 1],
  })),
]

const named = (count: number, path: string): string[] =>
  Array.from({ length: count }, (_, index) => `GET ${path}/${index + 1}`)

const LONG =
  'PATCH /v2/nvcf/deployments/{deploymentId}/gpu-specifications/{gpuSpecificationIdentifierWhichIsLong}/more'
const SETS: Readonly<Record<string, readonly string[]>> = {
  Small: named(4, '/v2/nvcf/small'),
  Large: named(20, '/v2/nvcf/large'),
  'Large and broken': named(15, '/v2/nvcf/broken'),
  'Long paths': [LONG, DELETE],
}
const BROKEN: Readonly<Record<string, Readonly<Record<number, SampleCell>>>> = {
  'GET /v2/nvcf/broken/7': {
    13: { verdict: 'fail', deviation: 'over-grant' },
    24: { verdict: 'fail', deviation: 'other' },
  },
  [LONG]: { 1: { verdict: 'fail', deviation: 'under-grant' }, 2: { verdict: 'inconclusive' } },
}
const operations = Object.values(SETS).flat()
const apiSets = Object.fromEntries(
  Object.entries(SETS).flatMap(([name, own]) => own.map((operation) => [operation, name])),
)
const healthy = sampleRecord({ cells: operations.flatMap((operation) => cellsOf(operation)), apiSets })
const broken = sampleRecord({
  cells: operations.flatMap((operation) => cellsOf(operation, BROKEN[operation])),
  apiSets,
})
const left = { verdict: 'excluded', why: 'asked together', together: true } as const
/** Many scopes, all refused together but those of one operation. */
const groupedRun = sampleRecord({
  cells: operations.flatMap((operation, index): SampleCell[] => [
    ...cellsOf(
      operation,
      Object.fromEntries(SCOPES.slice(1).map((_, scope) => [scope + 2, { leftOut: left }])),
    ),
    {
      check: 'scopes-deny-together',
      operation,
      credential: { kind: 'key', keyKind: 'apiKey', scopes: SCOPES.slice(1), name: 'all but scope_number_1' },
      ...(index === 5 && { verdict: 'fail', deviation: 'over-grant' }),
    },
  ]),
  apiSets,
  run: { matrix: 'grouped' },
})
const wide = sampleRecord({
  cells: Array.from({ length: 100 }, (_, index) => ({
    credential: keyOf(`a_scope_with_a_name_that_no_narrow_terminal_holds_${index + 1}`),
    ...(index === 98 && { verdict: 'fail', deviation: 'over-grant' }),
  })),
})

const RECORDS: readonly [string, RunRecord][] = [
  ['a healthy target', healthy],
  ['a broken target', broken],
  ['a grouped matrix', groupedRun],
  ['a hundred scopes', wide],
]
const CASES = RECORDS.flatMap(([name, record]) =>
  WIDTHS.map((width): [string, number, RunRecord] => [name, width, record]),
)

const linesAt = (record: RunRecord, width: number) => matrixLines(record, width, plain)
const GLYPHS = new Set(Object.values(MARKS).map(({ glyph }) => glyph))
/** A run of marks, each behind a space, at the end of a line that names a row or a column. */
const marksIn = (line: string): string[] =>
  (/(?: {1,}[●·∘▲▼≠?E-])+$/u.exec(line)?.[0] ?? '').split(' ').filter((glyph) => GLYPHS.has(glyph))

/** The lines above the legend. */
const pictureIn = (lines: readonly string[]): string[] => {
  const end = lines.indexOf('')
  return lines.slice(1, end === -1 ? undefined : end)
}
const legendIn = (lines: readonly string[]): string => lines.slice(lines.indexOf('')).join('\n')

describe.each(CASES)('%s at %i columns', (_name, width, record) => {
  const lines = linesAt(record, width)
  const picture = pictureIn(lines)

  test('keeps to the width', () => {
    expect(lines.filter((line) => line.length > width)).toEqual([])
  })

  test('tells every cell once, as a mark or in a count', () => {
    const marks = picture.flatMap(marksIn).length
    const folds = [
      ...picture
        .join(' ')
        .replaceAll(/ +/g, ' ')
        .matchAll(/as documented \(([^)]*)\)/g),
    ]
    const counts = folds.flatMap(([, counted = '']) => [...counted.matchAll(/\d+/g)].map(Number))
    const cells = record.cells.filter(
      ({ check }) => record.run.matrix === 'grouped' || check !== 'scopes-deny-together',
    )
    expect(marks + counts.reduce((sum, count) => sum + count, 0)).toBe(cells.length)
  })

  test('explains the glyphs that it shows, and no others', () => {
    const shown = new Set(picture.flatMap(marksIn))
    for (const { glyph, meaning } of Object.values(MARKS)) {
      expect(legendIn(lines).includes(`${glyph} ${meaning}`), meaning).toBe(shown.has(glyph))
    }
    expect(legendIn(lines).includes('> not as documented')).toBe(
      picture.some((line) => line.startsWith('> ')),
    )
  })

  test('adds colour and nothing else', () => {
    const painted = matrixLines(record, width, coloured)
    expect(painted.map((line) => stripVTControlCharacters(line))).toEqual(lines)
  })
})

test('on a wide terminal small API sets are shown row by row, large ones are a line', () => {
  const lines = linesAt(healthy, 120)
  expect(lines.filter((line) => line.includes('/v2/nvcf/small/'))).toHaveLength(4)
  expect(lines).toContain('  Large: 20 operations as documented (40 granted, 440 denied)')
  expect(lines.join('\n')).toMatch(
    /\n {2}Long paths\n {2}PATCH .* ● (· ){21}● ·\n {2}DELETE .* ● (· ){21}● ·\n\n/,
  )
})

test('on a narrow terminal a healthy target is a line for each API set, without a legend', () => {
  expect(linesAt(healthy, 60)).toEqual([
    'Scope matrix',
    '  Small: 4 operations as documented (8 granted, 88 denied)',
    '  Large: 20 operations as documented (40 granted, 440',
    '    denied)',
    '  Large and broken: 15 operations as documented (30',
    '    granted, 330 denied)',
    '  Long paths: 2 operations as documented (4 granted, 44',
    '    denied)',
  ])
})

test('what deviates is pointed at, beside a count of the rest of a large API set', () => {
  const lines = linesAt(broken, 200)
  const from = lines.indexOf('  Large and broken')
  expect(lines.slice(from + 1, from + 3)).toEqual([
    expect.stringMatching(/^> GET {4}\/v2\/nvcf\/broken\/7 +● (· ){11}▲ (· ){9}● ≠$/),
    '  14 more operations as documented (28 granted, 308 denied)',
  ])
})

test('a table says above its marks which column they stand in', () => {
  const [, tens = '', units = '', ...rest] = linesAt(broken, 120)
  const row = rest.find((line) => line.includes('▲')) ?? ''
  expect(`${tens[row.indexOf('▲')]}${units[row.indexOf('▲')]}`).toBe('13')
  expect(rest.join('\n')).toContain('13 scope_number_13')
})

test('a table shortens paths in the middle where they do not fit', () => {
  expect(linesAt(broken, 200).some((line) => line.includes(LONG.replace(' ', '  ')))).toBe(true)
  expect(linesAt(broken, 80).some((line) => /^> PATCH {2}\/v2.*….*\/more ▼/.test(line))).toBe(true)
})

test('below the whole path, each line of marks begins with the number of its first column', () => {
  const lines = linesAt(broken, 40)
  const from = lines.indexOf('> GET /v2/nvcf/broken/7')
  expect(lines.slice(from, from + 5)).toEqual([
    '> GET /v2/nvcf/broken/7',
    '     1 ● · · · · · · · · ·',
    '    11 · · ▲ · · · · · · ·',
    '    21 · · ● ≠',
    '  14 more operations as documented (28',
  ])
  const long = lines.findIndex((line) => line.startsWith('> PATCH'))
  expect(lines.slice(long, long + 4)).toEqual([
    '> PATCH /v2/nvcf/deployments',
    '    /{deploymentId}/gpu-specifications',
    '    /{gpuSpecificationIdentifierWhichIsL',
    '    ong}/more',
  ])
})

test('a line of marks that the documents say nothing about is left out', () => {
  const operation = 'GET /v2/nvcf/little'
  const record = sampleRecord({
    cells: [
      ...cellsOf(DELETE),
      { operation, credential: keyOf('scope_number_22'), verdict: 'fail', deviation: 'over-grant' },
    ],
    apiSets: { [operation]: 'Function Management' },
  })
  const lines = linesAt(record, 40)
  expect(lines.slice(lines.indexOf(`> ${operation}`) + 1)[0]).toBe(`    21   ▲`)
})

test('is left out where the run examined no scopes', () => {
  expect(linesAt(sampleRecord({ cells: [{ check: 'response-status' }] }), 80)).toEqual([])
})

test('counts operations that the run left out', () => {
  const leftOut = { verdict: 'excluded', why: 'not asked for' } as const
  const lines = linesAt(sampleRecord({ cells: [{}, { operation: DELETE, leftOut }] }), 80)
  expect(lines).toContain('  and 1 operation that this run left out')
  expect(lines.join('\n')).not.toContain('DELETE')
})

test('the numbers of the columns are told for as many as there are', () => {
  expect(legendIn(linesAt(broken, 120))).toContain(`${COLUMNS} no credential`)
})

describe('the operations of the contract', async () => {
  const contract = await loadContract()
  const ids = contract.operations.map(({ id }) => id)
  const recordOf = (columns: number) =>
    sampleRecord({
      cells: ids.flatMap((operation) =>
        SCOPES.slice(0, columns).map((scope) => ({
          operation,
          credential: keyOf(scope),
          verdict: 'fail' as const,
          deviation: 'over-grant' as const,
        })),
      ),
      apiSets: Object.fromEntries(contract.operations.map(({ apiSet, id }) => [id, apiSet])),
    })

  /** What each row is called, with the lines below it that go on with its path. */
  const labelsIn = (picture: readonly string[]): string[] => {
    const labels: string[] = []
    for (const line of picture) {
      const [, method, begin] = /^> ([A-Z]+) +(\S+)/.exec(line) ?? []
      const more = /^ {4,}([^\s▲\d][^\s▲]*)$/.exec(line)?.[1]
      if (method !== undefined) labels.push(`${method} ${begin}`)
      else if (more !== undefined) labels.push(`${labels.pop()}${more}`)
    }
    return labels
  }

  test.each([60, 80, 100, 120].flatMap((width) => [1, 12, 22].map((columns) => [width, columns] as const)))(
    'are told apart at %i columns, of which %i are for marks',
    (width, columns) => {
      const lines = linesAt(recordOf(columns), width)
      const labels = labelsIn(pictureIn(lines))
      expect(labels).toHaveLength(ids.length)
      expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([])
      expect(lines.filter((line) => line.length > width)).toEqual([])
      expect(pictureIn(lines).flatMap(marksIn)).toHaveLength(ids.length * columns)
    },
  )

  test('keep the segments by which they differ where their middle is left out', () => {
    const sharing = sampleRecord({
      cells: ['', '/versions/{functionVersionId}'].flatMap((tail) =>
        cellsOf(`PATCH /v2/nvcf/authorizations/functions/{functionId}${tail}/add`),
      ),
      apiSets: Object.fromEntries(ids.map((id) => [id, 'Function Sharing'])),
    })
    expect(labelsIn(linesAt(sharing, 80).map((line) => line.replace(/^ {2}(?=PATCH)/, '> ')))).toEqual([
      'PATCH /v2…/functions/{}/add',
      'PATCH /v2…/{}/versions/{}/add',
    ])
  })
})
