import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { records } from '../openapi/json.js'
import { loadContract } from '../openapi/load.js'
import { CHECKS } from '../suites/checks/index.js'
import type { Cell } from '../suites/model.js'
import { plan } from '../suites/plan.js'
import { SettingsError } from './settings.js'
import { filesUnder, nvcf, proxyTo, readRecord, remaining, scratch } from './testing.js'
import { describeWaivers, readWaivers } from './waivers.js'

const REMOVE = 'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'
/** What the fault `one-cell-over-grant` opens. */
const BROKEN = `scope-denies::${REMOVE}::[queue_details]`
const NARROW = ['--check', 'scope-denies', '--operation', REMOVE]

const day = (days: number): string =>
  new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)

/** One waiver in YAML, good but for what is given. */
const entry = (given: Readonly<Record<string, string>> = {}): string => {
  const members = {
    cells: `'${BROKEN}'`,
    reason: 'the proxy is old',
    owner: 'jane',
    expires: day(30),
    ...given,
  }
  const lines = Object.entries(members).map(([name, value]) => `${name}: ${value}`)
  return `  - ${lines.join('\n    ')}`
}

const fileOf = (...entries: readonly string[]): string => `waivers:\n${entries.join('\n')}\n`

function written(content: string, cwd = scratch()): string {
  const file = join(cwd, 'waivers.yaml')
  writeFileSync(file, content)
  return file
}

let cells: readonly Cell[]
beforeAll(async () => {
  cells = plan(await loadContract(), CHECKS, {
    ...{ profile: 'full', mode: 'full', checks: [], operations: [], unsupported: [] },
    ...{ matrix: 'exhaustive', seed: 1 },
  })
})

describe('the file', () => {
  test('holds ids, patterns and lists of them, and dates in any form of YAML', async () => {
    const ids = [BROKEN, `scope-denies::${REMOVE}::[list_functions]`]
    const file = written(
      fileOf(
        entry({ cells: `['${ids.join("', '")}']`, expires: '2027-01-31' }),
        entry({
          cells: "'scope-grants::GET /v2/nvcf/functions::*'",
          expires: '"2028-02-29"',
          reason: '"a: b"',
        }),
      ),
    )
    expect(await readWaivers(file, cells)).toEqual([
      { cells: ids, reason: 'the proxy is old', owner: 'jane', expires: '2027-01-31' },
      {
        cells: ['scope-grants::GET /v2/nvcf/functions::*'],
        reason: 'a: b',
        owner: 'jane',
        expires: '2028-02-29',
      },
    ])
  })

  test('may be none', async () => {
    expect(await readWaivers(written('waivers: []'), cells)).toEqual([])
  })

  const two = `waivers:\n${entry()}\n${entry({ cells: "'scope-grants::GET /v2/nvcf/functions::*'" })}\n`

  // biome-ignore format: a table
  const MISTAKES: readonly { readonly what: string; readonly content: string; readonly says: readonly string[] }[] = [
    { what: 'nothing',                     content: '',                                              says: ["list of 'waivers'"] },
    { what: 'a list at the top',           content: `- ${BROKEN}`,                                   says: ["list of 'waivers'"] },
    { what: 'one waiver without a list',   content: 'waivers: { owner: jane }',                      says: ["list of 'waivers'"] },
    { what: 'something beside the list',   content: `${two}version: 1\n`,                            says: ['nothing else'] },
    { what: 'a text for a waiver',         content: `waivers:\n  - '${BROKEN}'`,                     says: ['waiver 1', 'a mapping with cells, reason, owner, expires'] },
    { what: 'a member that is not known',  content: fileOf(entry({ until: '2027-01-01' })),          says: ['waiver 1', "'until'", 'expires'] },
    { what: 'no reason',                   content: fileOf(entry({ reason: '' })),                   says: ['waiver 1', "'reason'", 'in words'] },
    { what: 'a blank reason',              content: fileOf(entry({ reason: '"  "' })),               says: ['waiver 1', "'reason'"] },
    { what: 'no owner, in the third',      content: `${two}${entry({ cells: "'x'", owner: '[]' })}`,       says: ['waiver 3', "'owner'"] },
    { what: 'a number for the owner',      content: fileOf(entry({ owner: '7' })),                   says: ['waiver 1', "'owner'"] },
    { what: 'no date',                     content: fileOf(entry({ expires: '' })),                  says: ["'expires'", 'such as 2026-12-31'] },
    { what: 'a day that there is not',     content: fileOf(entry({ expires: '2027-02-29' })),        says: ["'expires'"] },
    { what: 'a date of another form',      content: fileOf(entry({ expires: '31.12.2027' })),        says: ["'expires'"] },
    { what: 'a time',                      content: fileOf(entry({ expires: '2027-01-01T10:00:00Z' })), says: ["'expires'"] },
    { what: 'a year',                      content: fileOf(entry({ expires: '2027' })),              says: ["'expires'"] },
    { what: 'no cells',                    content: fileOf(entry({ cells: '[]' })),                  says: ['empty list', 'by its id'] },
    { what: 'a mapping for cells',         content: fileOf(entry({ cells: '{ id: x }' })),           says: ["'cells'", 'in quotes'] },
    { what: 'an empty id',                 content: fileOf(entry({ cells: "['']" })),                says: ["'cells'"] },
    { what: 'everything',                  content: fileOf(entry({ cells: "'*'" })),                 says: ["'*' would waive everything", 'Name the cells'] },
    { what: 'everything in two stars',     content: fileOf(entry({ cells: `['${BROKEN}', '**']` })), says: ['would waive everything'] },
    { what: 'everything in other words',   content: fileOf(entry({ cells: "'*::*'" })),              says: ['more than a quarter of the plan', 'Narrow it'] },
    { what: 'everything in many words',    content: fileOf(entry({ cells: "['*GET*', '*POST*', '*PUT*', '*DELETE*']" })), says: ['more than a quarter'] },
    { what: 'a pattern twice in a list',   content: fileOf(entry({ cells: `['${BROKEN}', '${BROKEN}']` })), says: ['waiver 1', 'already', 'Remove'] },
    { what: 'a pattern in two waivers',    content: fileOf(entry(), entry()),                        says: ['waiver 2', 'in waiver 1 already'] },
    { what: 'an id that no cell has',      content: fileOf(entry({ cells: `'${BROKEN.replace('queue_details', 'queue_detail')}'` })), says: ['waiver 1', 'no planned cell', `'${BROKEN}'`] },
    { what: 'a pattern of no cell',        content: fileOf(entry({ cells: "'scope-deny::GET /v2/nvcf/functions::*'" })), says: ['no planned cell', "'scope-denies::GET /v2/nvcf/functions::"] },
    { what: 'a bad one beside a good one', content: fileOf(entry({ cells: `['${BROKEN}', 'nothing']` })), says: ['waiver 1', "'nothing'"] },
    { what: 'a star without quotes',       content: fileOf(entry({ cells: '*::GET' })),              says: ['not valid YAML'] },
    { what: 'what is no YAML',             content: 'waivers: [',                                    says: ['not valid YAML'] },
  ]
  test.each(MISTAKES)('must not hold $what', async ({ content, says }) => {
    const file = written(content)
    const mistake: unknown = await readWaivers(file, cells).catch((cause: unknown) => cause)
    expect(mistake).toBeInstanceOf(Error)
    const message = String(mistake)
    for (const part of [file, ...says]) expect(message).toContain(part)
    if (!message.includes('not valid YAML')) expect(mistake).toBeInstanceOf(SettingsError)
  })
})

test('a line for each tells what it covers, and whether it will hold', async () => {
  const file = written(
    fileOf(entry({ cells: `'scope-denies::${REMOVE}::*'` }), entry({ expires: day(-1), owner: '"j\\nane"' })),
  )
  const waivers = await readWaivers(file, cells)
  const some = cells.map(
    (cell): Cell => (cell.id === BROKEN ? { ...cell, leftOut: { verdict: 'excluded', why: '' } } : cell),
  )
  expect(describeWaivers(waivers, some, new Date())).toEqual([
    `Waiver 1 (jane): 12 cells, of which 11 run; until ${day(30)}.`,
    `Waiver 2 (j ane): 1 cell, of which 0 run; expired on ${day(-1)}: not applied, and the run fails for it.`,
  ])
})

describe.concurrent('a run', () => {
  let good: RunningGateway
  let broken: RunningGateway
  beforeAll(async () => {
    ;[good, broken] = await Promise.all([startGateway(), startGateway({ faults: ['one-cell-over-grant'] })])
  })
  afterAll(async () => {
    expect([good, broken].map((gateway) => remaining(gateway.census()))).toEqual([{}, {}])
    await Promise.all([good.close(), broken.close()])
  })

  async function runWith(gateway: RunningGateway, content: string, narrow = NARROW) {
    const cwd = scratch()
    written(content, cwd)
    const ended = await nvcf(['run', '--gateway', gateway.url, '--waivers', 'waivers.yaml', ...narrow], {
      cwd,
    })
    const { cells: ran, json } = readRecord(join(cwd, 'conformance-report'))
    const found = ran.find(({ id }) => id === BROKEN)
    return { ...ended, json, found, waivers: records(json.waivers) }
  }

  test('is conformant but for what is waived: exit 0, and no certificate', async () => {
    const { code, found, json, stderr, waivers } = await runWith(broken, fileOf(entry()))
    expect(code, stderr).toBe(0)
    expect(json).toMatchObject({ verdict: 'conformant', certifying: false, counts: { fail: 1 } })
    expect(json.notCertifyingBecause).toContain('waived: 1 cell')
    expect(waivers).toMatchObject([{ state: 'applied', waived: 1, owner: 'jane' }])
    expect(found).toMatchObject({ verdict: 'fail', finding: {}, waived: { owner: 'jane' } })
    expect(stderr).toContain('Waiver 1 (jane): 1 cell, of which 1 run; until ')
  })

  test('where none is in force: exit 1, for what was found', async () => {
    const other = entry({ cells: "'scope-denies::GET /v2/nvcf/functions::[queue_details]'" })
    const { code, found, stderr, waivers } = await runWith(broken, fileOf(other, entry({ expires: day(-1) })))
    expect(code).toBe(1)
    expect(found).toMatchObject({ verdict: 'fail' })
    expect(found).not.toHaveProperty('waived')
    expect(stderr).toContain(`expired on ${day(-1)}: not applied`)
    // Nothing that the first covers was asked.
    expect(waivers).toMatchObject([
      { state: 'idle', waived: 0 },
      { state: 'expired', waived: 0 },
    ])
  })

  const LIST = 'GET /v2/nvcf/functions'
  test.each([
    { state: 'unused', expires: day(1) },
    { state: 'expired', expires: day(-1) },
  ])('where nothing is wrong but that one is $state: exit 1, and told', async ({ expires, state }) => {
    const { code, json, stdout, waivers } = await runWith(
      good,
      fileOf(entry({ cells: `'scope-denies::${LIST}::[queue_details]'`, expires })),
      ['--check', 'scope-denies', '--operation', LIST],
    )
    expect(code).toBe(1)
    expect(json).toMatchObject({ verdict: 'conformant', certifying: false })
    expect(waivers).toMatchObject([{ state, waived: 0 }])
    expect(stdout).toMatch(/waivers\s+that do not hold: 1/)
  })

  test.each([
    {
      what: 'unknown',
      content: fileOf(entry({ cells: "'scope-denies::nothing'" })),
      says: "'scope-denies::nothing'",
    },
    { what: 'without a reason', content: fileOf(entry({ reason: '' })), says: "'reason'" },
  ])('with one that is $what: exit 2, and nothing sent', async ({ content, says }) => {
    const proxy = await proxyTo(good.url)
    const cwd = scratch()
    written(content, cwd)
    const { code, stderr } = await nvcf(
      ['run', '--gateway', proxy.url, '--waivers', 'waivers.yaml', ...NARROW],
      { cwd },
    )
    await proxy.close()
    expect(code).toBe(2)
    expect(stderr).toMatch(/^error: waivers\.yaml, waiver 1: /)
    expect(stderr).toContain(says)
    expect(proxy.passed).toEqual([])
    expect(filesUnder(cwd)).toEqual(['waivers.yaml'])
  })

  test('is planned with a line for each waiver', async () => {
    const cwd = scratch()
    written(fileOf(entry({ expires: day(-1) })), cwd)
    writeFileSync(join(cwd, 'nvcf-conformance.yaml'), 'waivers: waivers.yaml\n')
    const { code, stdout } = await nvcf(['plan', ...NARROW], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Waiver 1 \(jane\): 1 cell, of which 1 run; expired on /m)
    written(fileOf(entry({ cells: "'nothing'" })), cwd)
    const unknown = await nvcf(['plan', ...NARROW], { cwd })
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain("no planned cell has the id 'nothing'")
  })
})
