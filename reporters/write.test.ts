import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EVERY_VERDICT, PROOF, sampleRecord } from './sample-record.js'
import { DEFAULT_REPORTERS, renderJson, writeReports } from './write.js'

const record = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })
let base = ''

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'reports-'))
})
afterEach(() => rm(base, { recursive: true }))

test('writes every report into a folder that it makes', async () => {
  const out = join(base, 'deep', 'report')
  const paths = await writeReports(record, out, DEFAULT_REPORTERS)
  expect(paths).toEqual(['record.json', 'junit.xml', 'summary.md'].map((file) => join(out, file)))
  expect((await readdir(out)).sort()).toEqual(['junit.xml', 'record.json', 'summary.md'])
})

test('writes the record as it is, indented, with a newline at its end', async () => {
  const [path = ''] = await writeReports(record, base, DEFAULT_REPORTERS)
  const text = await readFile(path, 'utf8')
  expect(JSON.parse(text)).toEqual(record)
  expect(text.startsWith('{\n  "schemaVersion"')).toBe(true)
  expect(text.endsWith('}\n')).toBe(true)
})

test('replaces the reports of an earlier run and leaves other files alone', async () => {
  await writeFile(join(base, 'record.json'), 'old')
  await writeFile(join(base, 'notes.txt'), 'mine')
  await writeReports(record, base, DEFAULT_REPORTERS)
  expect(await readFile(join(base, 'record.json'), 'utf8')).not.toBe('old')
  expect(await readFile(join(base, 'notes.txt'), 'utf8')).toBe('mine')
})

test('leaves no half-written file where it cannot finish', async () => {
  await mkdir(join(base, 'junit.xml', 'in-the-way'), { recursive: true })
  await expect(writeReports(record, base, DEFAULT_REPORTERS)).rejects.toThrow()
  expect((await readdir(base)).filter((file) => file.endsWith('.tmp'))).toEqual([])
})

test.each([
  ['a run', sampleRecord({ cells: [{ verdict: 'fail' }, { verdict: 'pass' }] })],
  ['a run without cells', sampleRecord({ cells: [] })],
])('record.json of %s is the record, indented as JSON.stringify does', (_, record) => {
  expect([...renderJson(record)].join('')).toBe(`${JSON.stringify(record, null, 2)}\n`)
})
