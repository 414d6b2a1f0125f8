import { describe, expect, test } from 'vitest'
import { csvRow, renderCsv } from './csv.js'
import { DELETE, keyOf, LIST, sampleRecord } from './sample-record.js'

/** Reads RFC 4180. */
function parse(text: string): string[][] {
  const rows: string[][] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
  let row: string[] = []
  while (field.lastIndex < text.length) {
    const match = field.exec(text)
    if (match === null) throw new Error('no CSV')
    const [, quoted, plain = '', end] = match
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

describe('a field', () => {
  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', 'two lines'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    [' =1', "' =1"],
    ['=HYPERLINK("http://x.example","y")', `"'=HYPERLINK(""http://x.example"",""y"")"`],
    ['', ''],
  ])('%j is written as %j', (value, written) => {
    expect(csvRow([value])).toBe(written)
  })
})

test('the matrix has a line for each operation and a column for each credential', () => {
  const record = sampleRecord({
    cells: [
      { check: 'scope-grants', operation: LIST, credential: keyOf('list_functions') },
      { operation: LIST, credential: keyOf('queue_details') },
      { operation: DELETE, credential: keyOf('queue_details'), verdict: 'fail', deviation: 'over-grant' },
      {
        check: 'no-credential-denies',
        operation: DELETE,
        credential: { kind: 'none' },
        verdict: 'inconclusive',
      },
    ],
  })
  expect(parse([...renderCsv(record)].join(''))).toEqual([
    ['operation', 'method', 'path', 'api set', 'list_functions', 'queue_details', 'no credential'],
    [LIST, 'GET', '/v2/nvcf/functions', 'Function Management', 'granted', 'denied', ''],
    [
      DELETE,
      'DELETE',
      DELETE.slice('DELETE '.length),
      'Function Management',
      '',
      'over-granted',
      'inconclusive',
    ],
  ])
})

test('a mark behind which something is waived says so', () => {
  const cells = [{ operation: LIST, credential: keyOf('queue_details'), verdict: 'fail' as const }]
  const waivers = [{ cells: ['*'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }]
  const [, row] = parse([...renderCsv(sampleRecord({ cells, waivers }))].join(''))
  expect(row?.at(-1)).toMatch(/^[a-z-]+ \(waived\)$/)
})
