import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVERY_VERDICT, PROOF, sampleRecord } from '../reporters/sample-record.js'
import { filesUnder, nvcf, scratch } from './testing.js'

const RECORD = JSON.stringify(sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF }))

/** A folder with a record in it. */
function place(record: string): string {
  const cwd = scratch()
  writeFileSync(join(cwd, 'given.json'), record)
  return cwd
}

describe.concurrent('report', () => {
  test('renders the reports that every run renders', async () => {
    const cwd = place(RECORD)
    const { code, stderr, stdout } = await nvcf(['report', 'given.json'], { cwd })
    expect(code, stderr).toBe(0)
    const files = ['record.json', 'report.html', 'junit.xml', 'summary.md']
    expect(stdout).toBe(files.map((file) => `${file}\n`).join(''))
    expect(filesUnder(cwd)).toEqual([...files, 'given.json'].sort())
    expect(JSON.parse(readFileSync(join(cwd, 'record.json'), 'utf8'))).toEqual(JSON.parse(RECORD))
    expect((await nvcf(['report', 'record.json', '--reporter', 'csv'], { cwd })).code).toBe(0)
  })

  test('puts no record in the place of another run’s', async () => {
    const cwd = place(RECORD)
    const other = JSON.stringify(
      sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF, run: { id: 'other' } }),
    )
    writeFileSync(join(cwd, 'record.json'), other)
    const { code, stderr } = await nvcf(['report', 'given.json'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('record.json is not the record of run')
    expect(filesUnder(cwd)).toEqual(['given.json', 'record.json'])
    expect(readFileSync(join(cwd, 'record.json'), 'utf8')).toBe(other)
  })

  test('renders those that are asked for, the same each time', async () => {
    const cwd = place(RECORD)
    const asked = ['--reporter', 'ctrf', '--reporter', 'csv', '--reporter', 'html']
    const outs = ['one', 'two']
    for (const out of outs)
      expect((await nvcf(['report', 'given.json', ...asked, '--out', out], { cwd })).code).toBe(0)
    const [one, two] = outs.map((out) =>
      filesUnder(join(cwd, out)).map((file) => [file, readFileSync(join(cwd, out, file), 'utf8')]),
    )
    expect(one?.map(([file]) => file)).toEqual(['ctrf.json', 'matrix.csv', 'record.json', 'report.html'])
    expect(two).toEqual(one)
  })

  test.each([
    ['a record that is not there', ['absent.json'], RECORD, 'cannot be read (ENOENT)'],
    ['an empty one', ['given.json'], '', 'is empty'],
    ['one cut short', ['given.json'], RECORD.slice(0, 2000), 'cut short'],
    [
      'one of a later schema',
      ['given.json'],
      RECORD.replace(/"schemaVersion":"[\d.]+"/, '"schemaVersion":"2.0"'),
      'Update',
    ],
    [
      'one that was altered',
      ['given.json'],
      RECORD.replace('"cells":[', '"cells":[7,'),
      'is no valid record',
    ],
    ['something else', ['given.json'], '{"a":1}', 'is no record of a run'],
    ['brackets within brackets', ['given.json'], '['.repeat(5_000_000), 'nests deeper'],

    ['a report that there is not', ['given.json', '--reporter', 'pdf'], RECORD, "not 'pdf'"],
  ])('refuses %s: exit 2, nothing written', async (_, args, record, says) => {
    const cwd = place(record)
    const { code, stderr, stdout } = await nvcf(['report', ...args], { cwd })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(filesUnder(cwd)).toEqual(['given.json'])
  })

  test('writes nothing half where it cannot write all', async () => {
    const cwd = place(RECORD)
    mkdirSync(join(cwd, 'out', 'junit.xml', 'in-the-way'), { recursive: true })
    const { code, stderr } = await nvcf(['report', 'given.json', '--out', 'out'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('cannot be written to out')
    expect(filesUnder(join(cwd, 'out')).filter((file) => file.endsWith('.tmp'))).toEqual([])
  })
})
