import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isRecord, type JsonRecord, records } from '../openapi/json.js'
import { renderAllure } from './allure.js'
import { DELETE, EVERY_VERDICT, PROOF, sampleRecord } from './sample-record.js'
import { writeReports } from './write.js'

const WAIVER = { cells: ['waived'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }
const record = sampleRecord({
  cells: [...EVERY_VERDICT, { id: 'waived', verdict: 'fail' }],
  exchanges: PROOF,
  waivers: [WAIVER, { ...WAIVER, cells: ['nothing'] }],
})

const files = new Map([...renderAllure(record)].map(({ name, pieces }) => [name, [...pieces].join('')]))

const results: readonly JsonRecord[] = [...files]
  .filter(([name]) => name.endsWith('-result.json'))
  .map(([, text]): unknown => JSON.parse(text))
  .filter((one) => isRecord(one))

/** Those of waivers stand behind them. */
const ofCells = results.slice(0, record.cells.length)

const labelsOf = (result: JsonRecord | undefined, name: string) =>
  records(result?.labels)
    .filter((label) => label.name === name)
    .map(({ value }) => value)

describe('the results', () => {
  test('are one for each cell, none of them passed that did not', () => {
    expect(ofCells.map(({ fullName }) => fullName)).toEqual(record.cells.map(({ id }) => id))
    expect(ofCells.map(({ status }) => status)).toEqual([
      ...['passed', 'failed', 'broken', 'skipped', 'skipped', 'broken', undefined, 'skipped'],
    ])
    expect(new Set(results.map(({ uuid }) => uuid)).size).toBe(results.length)
    expect(new Set(results.map(({ historyId }) => historyId)).size).toBe(results.length)
  })

  test('tell of each waiver, and fail where one does not hold', () => {
    const [held, unused, ...more] = results.slice(record.cells.length)
    expect(more).toEqual([])
    expect(held).toMatchObject({
      status: 'passed',
      statusDetails: { message: expect.stringContaining('the waiver of jane for waived excuses 1 cell') },
    })
    expect(labelsOf(held, 'epic')).toEqual(['Waivers'])
    expect(unused).toMatchObject({
      status: 'failed',
      statusDetails: { message: expect.stringContaining('covers no cell of the plan') },
    })
  })

  test('stand by API set, operation and check, weighed by level, with the scope as parameter', () => {
    const [, failed] = results
    expect(labelsOf(failed, 'epic')).toEqual(['Function Management'])
    expect(labelsOf(failed, 'feature')).toEqual([DELETE])
    expect(labelsOf(failed, 'story')).toEqual(['scope-denies'])
    expect(labelsOf(failed, 'severity')).toEqual(['critical'])
    expect(labelsOf(results[6], 'severity')).toEqual(['minor'])
    expect(failed?.parameters).toContainEqual({ name: 'scope', value: 'queue_details' })
    expect(failed?.statusDetails).toMatchObject({
      message: expect.stringContaining('Over-granted: '),
      trace: expect.stringContaining('replay    nvcf-conformance run'),
    })
    expect(labelsOf(results[7], 'tag')).toEqual(['required', 'waived'])
  })

  test('are the same each time', () => {
    const again = new Map([...renderAllure(record)].map(({ name, pieces }) => [name, [...pieces].join('')]))
    expect(again).toEqual(files)
  })

  test('say what was run against what', () => {
    expect(files.get('environment.properties')).toContain('gateway = http://gateway.test\n')
    expect(JSON.parse(files.get('categories.json') ?? '')).toContainEqual(
      expect.objectContaining({ name: 'Over-granted', messageRegex: '^Over-granted: .*' }),
    )
  })
})

describe('Allure', () => {
  let home = ''
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'allure-'))
    await writeReports(record, home, ['allure'])
    const main = fileURLToPath(new URL('../cli.js', import.meta.resolve('allure')))
    execFileSync(process.execPath, [main, 'generate', 'allure-results', '--output', 'report'], {
      cwd: home,
      stdio: 'pipe',
    })
  })
  afterAll(() => rm(home, { recursive: true }))

  test('makes a report of them that holds every cell', async () => {
    const pages = await readdir(join(home, 'report'), { recursive: true })
    expect(pages).toContain('index.html')
    const made = await Promise.all(
      pages
        .filter((name) => /test-results\/[^/]+\.json$/.test(name))
        .map(
          async (name): Promise<unknown> => JSON.parse(await readFile(join(home, 'report', name), 'utf8')),
        ),
    )
    const told = made.filter((one) => isRecord(one)).map(({ fullName, status }) => [fullName, status])
    const given = results.map(({ fullName, status = 'unknown' }) => [fullName, status])
    expect(told.sort()).toEqual(given.sort())
  })
})
