/** Records beside each other: diff, merge and baselines, as processes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startGateway } from '../fixtures/gateway/server.js'
import { Validator } from '../fixtures/validator.js'
import type { RunRecord } from '../reporters/record.js'
import schema from '../reporters/record.schema.json' with { type: 'json' }
import { filesUnder, nvcf, scratch } from './testing.js'

const REMOVE = 'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'

/** A small record, with operations of both shards of two. */
const NARROWED = [
  REMOVE,
  'GET /v2/nvcf/functions',
  'POST /v2/nvcf/functions',
  'GET /v2/nvcf/clusterGroups',
  'GET /v1/keys',
].flatMap((operation) => ['--operation', operation])
const CHECKS = ['scope-denies', 'scope-grants', 'response-schema'].flatMap((check) => ['--check', check])

let home: string
const inHome = (...args: readonly string[]) => nvcf(args, { cwd: home })
const run = (out: string, ...args: readonly string[]) =>
  inHome('run', '--out', out, '--seed', '42', '--profile', 'core', ...NARROWED, ...CHECKS, ...args)
const recordIn = (out: string): RunRecord => JSON.parse(readFileSync(join(home, out, 'record.json'), 'utf8'))

/** A file made of the record of the good run. */
function derived(name: string, make: (record: RunRecord) => unknown): string {
  const made = make(recordIn('good'))
  writeFileSync(join(home, name), typeof made === 'string' ? made : JSON.stringify(made))
  return name
}

beforeAll(async () => {
  home = scratch()
  const [good, bad] = await Promise.all([startGateway(), startGateway({ faults: ['one-cell-over-grant'] })])
  const ended = await Promise.all([
    run('good', '--gateway', good.url),
    run('bad', '--gateway', bad.url),
    run('whole'),
    run('one', '--shard', '1/2'),
    run('two', '--shard', '2/2'),
  ])
  await Promise.all([good.close(), bad.close()])
  expect(ended.map(({ code }) => code)).toEqual([0, 1, 0, 0, 0])
  return () => undefined
})

const GOOD = join('good', 'record.json')
const BAD = join('bad', 'record.json')

describe.concurrent('diff', () => {
  test('tells a new failure: exit 1', async () => {
    const { code, stdout } = await inHome('diff', GOOD, BAD)
    expect(code, stdout).toBe(1)
    expect(stdout).toContain('## New failures (1)')
    expect(stdout).toContain('pass → fail')
    expect(stdout).toContain('204, granted, and the state read back differs')
  })

  test('tells what was fixed: exit 0', async () => {
    const { code, stdout } = await inHome('diff', BAD, GOOD)
    expect(code, stdout).toBe(0)
    expect(stdout).toContain('## Fixed (1)')
    expect(stdout).not.toContain('## New failures')
  })

  test('tells what is no longer run: exit 3', async () => {
    const { code, stdout } = await inHome('diff', join('whole', 'record.json'), join('one', 'record.json'))
    expect(code, stdout).toBe(3)
    expect(stdout).toContain('## No longer run')
  })

  test('gives all of it as JSON', async () => {
    const { stdout } = await inHome('diff', GOOD, BAD, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      stillFailing: 0,
      changes: [
        { kind: 'new-failure', check: 'scope-denies', operation: REMOVE, first: 'pass', second: 'fail' },
      ],
    })
  })

  test.each([
    ['cut short', (record: RunRecord) => JSON.stringify(record).slice(0, 1000), 'cut short'],
    ['empty', () => '', 'is empty'],
    [
      'of a later schema',
      (record: RunRecord) => ({ ...record, schemaVersion: '1.99' }),
      'Update nvcf-conformance',
    ],
    ['of an earlier schema', (record: RunRecord) => ({ ...record, schemaVersion: '1.0' }), 'that wrote it'],
    ['something else', () => '[1, 2]', 'is no record of a run'],
    ['altered', (record: RunRecord) => ({ ...record, verdict: 'splendid' }), 'is no valid record'],
    [
      'of another suite',
      (record: RunRecord) => ({ ...record, suite: { ...record.suite, name: 'another' } }),
      'different suites',
    ],
  ])('compares with no record that is %s: exit 2', async (what, make, says) => {
    const file = derived(`diff ${what}.json`, make)
    const { code, stderr, stdout } = await inHome('diff', GOOD, file)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })
})

describe.concurrent('merge', () => {
  const ONE = join('one', 'record.json')
  const TWO = join('two', 'record.json')

  test('makes of all shards what one run makes, whatever their order', async () => {
    const merged = await inHome('merge', TWO, ONE, '--out', 'merged')
    expect(merged.code, merged.stderr).toBe(0)
    expect(merged.stdout).toMatch(/^✔ conformant/)
    await inHome('merge', ONE, TWO, '--out', 'again')
    expect(recordIn('again')).toEqual(recordIn('merged'))
    const [whole, record] = [recordIn('whole'), recordIn('merged')]
    expect(new Validator().violations(schema, record)).toEqual([])
    const told = ({ cells }: RunRecord) => cells.map(({ because, id, verdict }) => [id, verdict, because])
    expect(told(record)).toEqual(told(whole))
    expect(record.coverage).toEqual(whole.coverage)
    expect(record.counts).toEqual(whole.counts)
    expect(record.run).toMatchObject({ shard: null, shards: [{ index: 1 }, { index: 2 }] })
    const exchanges = new Set(record.exchanges.map(({ id }) => id))
    expect(exchanges.size).toBe(record.exchanges.length)
    const cited = record.cells.flatMap(({ evidence }) => evidence.map(({ exchange }) => exchange))
    expect(cited.filter((id) => !exchanges.has(id))).toEqual([])
    expect(cited.length).toBeGreaterThan(50)
  })

  test.each([
    ['a shard is missing', () => [ONE], 'these are missing: 2'],
    ['a shard is there twice', () => [ONE, ONE, TWO], 'Shard 1 is there 2 times'],
    ['a whole run is among them', () => [ONE, join('whole', 'record.json')], 'and no shard'],
    [
      'another seed was drawn',
      () => {
        const record = recordIn('two')
        writeFileSync(join(home, 'seed.json'), JSON.stringify({ ...record, run: { ...record.run, seed: 1 } }))
        return [ONE, 'seed.json']
      },
      'they differ in seed, 42 and 1',
    ],
    [
      'another target was asked',
      () => {
        const record = recordIn('two')
        const target = { ...record.target, domain: 'elsewhere' }
        writeFileSync(join(home, 'target.json'), JSON.stringify({ ...record, target }))
        return [ONE, 'target.json']
      },
      'they differ in target',
    ],
    [
      'another contract held',
      () => {
        const record = recordIn('two')
        const contract = { ...record.contract, sha256: 'b'.repeat(64) }
        writeFileSync(join(home, 'contract.json'), JSON.stringify({ ...record, contract }))
        return [ONE, 'contract.json']
      },
      'they differ in contract',
    ],
    ['one cannot be read', () => [ONE, 'absent.json'], 'cannot be read'],
  ])('refuses where %s: exit 2, nothing written', async (what, files, says) => {
    const out = `out of ${what}`
    const { code, stderr, stdout } = await inHome('merge', ...files(), '--out', out)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(filesUnder(join(home, out))).toEqual([])
  })
})

describe.concurrent('run --baseline', () => {
  const against = async (out: string, baseline: string) => {
    const gateway = await startGateway({ faults: ['one-cell-over-grant'] })
    const ended = await run(out, '--gateway', gateway.url, '--baseline', baseline)
    await gateway.close()
    return ended
  }

  test('fails for nothing that is known: exit 0', async () => {
    const { code, stdout } = await against('known', BAD)
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/^✗ nonconformant/)
    expect(stdout).toContain('0 new, 1 known since run')
    expect(stdout).toContain('scope-denies (known)')
    const { baseline, certifying, verdict } = recordIn('known')
    expect({ certifying, verdict }).toEqual({ certifying: false, verdict: 'nonconformant' })
    expect(baseline?.old).toEqual([`scope-denies::${REMOVE}::[queue_details]`])
  })

  test('asks what the baseline asked, unless another seed is given', async () => {
    const file = derived('seeded.json', (record) => ({ ...record, run: { ...record.run, seed: 1234567 } }))
    const planned = async (...args: readonly string[]) =>
      (await inHome('plan', '--baseline', file, ...NARROWED, ...args)).stdout
    expect(await planned()).toContain('seed 1234567,')
    expect(await planned('--seed', '7')).toContain('seed 7,')
  })

  test('fails for what is new: exit 1', async () => {
    const { code, stdout } = await against('new', GOOD)
    expect(code, stdout).toBe(1)
    expect(stdout).toContain('1 new, 0 known since run')
  })

  test.each([
    [
      'of another suite',
      (record: RunRecord) => ({ ...record, suite: { ...record.suite, name: 'another' } }),
      'suite another',
    ],
    [
      'of another release',
      (record: RunRecord) => ({ ...record, contract: { ...record.contract, release: 'initial' } }),
      'release initial',
    ],
    ['cut short', (record: RunRecord) => JSON.stringify(record).slice(0, 1000), 'cut short'],
  ])('takes none that is %s: exit 2, nothing written', async (what, make, says) => {
    const file = derived(`baseline ${what}.json`, make)
    const { code, stderr, stdout } = await inHome('run', '--baseline', file, '--out', `none ${what}`)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(filesUnder(join(home, `none ${what}`))).toEqual([])
  })
})
