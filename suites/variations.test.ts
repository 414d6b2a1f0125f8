/**
 * The suite does not cry wolf: a gateway that differs from the reference and still conforms passes, and so
 * does one that two runs examine at once.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { nvcf, remaining, scratch } from '../cli/testing.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { VARIATIONS } from '../fixtures/gateway/variations.js'
import type { RunRecord } from '../reporters/record.js'
import { CHECKS } from './checks/index.js'

// Each run is a process of its own that waits more than it works.
vi.setConfig({ maxConcurrency: 5, testTimeout: 120_000 })

const ALL = VARIATIONS.map(({ id }) => id)

/** Checks that fail on the reference gateway, as on real deployments. */
const KNOWN: ReadonlySet<string> = new Set(
  CHECKS.filter(({ failsOnReference }) => failsOnReference !== undefined).map(({ id }) => id),
)

interface Case {
  readonly ids: readonly string[]
  /** Runs that examine it at once. */
  readonly runs: number
  readonly profile: 'core' | 'full'
}

/** How a gateway may differ: each variation by itself in the core API sets, all of them together in every one. */
const CASES: readonly (readonly [name: string, one: Case])[] = [
  ...VARIATIONS.map(
    ({ id, sentence }) => [`${id}: ${sentence}`, { ids: [id], runs: 1, profile: 'core' }] as const,
  ),
  ['all variations together', { ids: ALL, runs: 1, profile: 'full' }],
  ['no variation, two runs at once', { ids: [], runs: 2, profile: 'full' }],
]

async function runAgainst(gateway: string, profile: string) {
  const cwd = scratch()
  const { code, stderr } = await nvcf(
    ['run', '--gateway', gateway, '--profile', profile, '--out', 'report', '--seed', '42'],
    { cwd },
  )
  return { code, stderr, recordFile: join(cwd, 'report', 'record.json') }
}

describe.concurrent('conformant', () => {
  test.for(CASES)('%s', async ([, { ids, profile, runs }], { onTestFinished }) => {
    const gateway = await startGateway({ variations: ids })
    onTestFinished(() => gateway.close())

    const ended = await Promise.all(Array.from({ length: runs }, () => runAgainst(gateway.url, profile)))

    for (const { code, recordFile, stderr } of ended) {
      expect([0, 1, 3], stderr).toContain(code)
      const { cells, leftBehind }: RunRecord = JSON.parse(readFileSync(recordFile, 'utf8'))
      const notPassed = cells.filter(({ check, verdict }) => verdict !== 'pass' && !KNOWN.has(check))
      expect(notPassed.map(({ because, finding, id }) => ({ id, because: because ?? finding }))).toEqual([])
      expect(cells).not.toEqual([])
      expect(code).toBe(0)
      expect(leftBehind).toEqual([])
    }
    expect(remaining(gateway.census())).toEqual({})
  })
})
