import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EVERY_VERDICT, PROOF, sampleRecord } from './sample-record.js'
import { DEFAULT_REPORTERS, REPORTER_NAMES, renderJson, writeReports } from './write.js'

const record = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })
let base = ''

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'reports-'))
})
afterEach(() => rm(base, { recursive: true }))

test('writes every report into a folder that it makes', async () => {
  const out = join(base, 'deep', 'report')
  const paths = await writeReports(record, out, DEFAULT_REPORTERS)
  const files = ['record.json', 'report.html', 'junit.xml', 'summary.md']
  expect(paths).toEqual(files.map((file) => join(out, file)))
  expect((await readdir(out)).sort()).toEqual(files.sort())
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

test('writes each report by its name, beside the record', async () => {
  const paths = await writeReports(record, base, REPORTER_NAMES)
  expect(paths.map((path) => path.slice(base.length + 1))).toEqual([
    ...['record.json', 'report.html', 'junit.xml', 'summary.md', 'matrix.csv', 'ctrf.json', 'allure-results'],
  ])
  expect((await readdir(join(base, 'allure-results'))).length).toBeGreaterThan(record.cells.length)
  expect((await readdir(base)).filter((file) => file.endsWith('.tmp'))).toEqual([])
})

test('replaces a folder of its own making, and none of others', async () => {
  const folder = join(base, 'allure-results')
  await writeReports(record, base, ['allure'])
  await writeFile(join(folder, 'stale-result.json'), '{}')
  await writeReports(record, base, ['allure'])
  expect(await readdir(folder)).not.toContain('stale-result.json')
  await rm(folder, { recursive: true })
  await mkdir(folder)
  await writeFile(join(folder, 'theirs.json'), '{}')
  await expect(writeReports(record, base, ['allure'])).rejects.toThrow('was not written by nvcf-conformance')
  expect(await readdir(folder)).toEqual(['theirs.json'])
})

test.each([
  ['a run', sampleRecord({ cells: [{ verdict: 'fail' }, { verdict: 'pass' }] })],
  ['a run without cells', sampleRecord({ cells: [] })],
])('record.json of %s is the record, indented as JSON.stringify does', (_, record) => {
  expect([...renderJson(record)].join('')).toBe(`${JSON.stringify(record, null, 2)}\n`)
})
