/**
 * The suite does not cry wolf: a gateway that differs from the reference and still conforms passes, and so
 * does one that two runs examine at once.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { KNOWN_TO_FAIL, nvcf, remaining, SAMPLE, scratch } from '../cli/testing.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { VARIATIONS } from '../fixtures/gateway/variations.js'
import type { RunRecord } from '../reporters/record.js'

// Each run is a process of its own that waits more than it works.
vi.setConfig({ maxConcurrency: 5, testTimeout: 120_000 })

const ALL = VARIATIONS.map(({ id }) => id)

interface Case {
  readonly ids: readonly string[]
  /** Runs that examine it at once. */
  readonly runs: number
  readonly operations: readonly string[]
}

/** How a gateway may differ: each variation by itself on a sample of operations, all of them together on every one. */
const CASES: readonly (readonly [name: string, one: Case])[] = [
  ...VARIATIONS.map(
    ({ id, sentence }) => [`${id}: ${sentence}`, { ids: [id], runs: 1, operations: SAMPLE }] as const,
  ),
  ['all variations together', { ids: ALL, runs: 1, operations: [] }],
  ['no variation, two runs at once', { ids: [], runs: 2, operations: [] }],
]

async function runAgainst(gateway: string, operations: readonly string[]) {
  const cwd = scratch()
  const { code, stderr } = await nvcf(
    [
      ...['run', '--gateway', gateway, '--out', 'report', '--seed', '42'],
      ...operations.flatMap((operation) => ['--operation', operation]),
    ],
    { cwd },
  )
  return { code, stderr, recordFile: join(cwd, 'report', 'record.json') }
}

describe.concurrent('conformant', () => {
  test.for(CASES)('%s', async ([, { ids, operations, runs }], { onTestFinished }) => {
    const gateway = await startGateway({ variations: ids })
    onTestFinished(() => gateway.close())

    const ended = await Promise.all(Array.from({ length: runs }, () => runAgainst(gateway.url, operations)))

    for (const { code, recordFile, stderr } of ended) {
      expect([0, 1, 3], stderr).toContain(code)
      const { cells, leftBehind }: RunRecord = JSON.parse(readFileSync(recordFile, 'utf8'))
      const notPassed = cells.filter(
        ({ check, verdict }) => !['pass', 'excluded'].includes(verdict) && !KNOWN_TO_FAIL.has(check),
      )
      expect(notPassed.map(({ because, finding, id }) => ({ id, because: because ?? finding }))).toEqual([])
      expect(cells).not.toEqual([])
      expect(code).toBe(0)
      expect(leftBehind).toEqual([])
    }
    expect(remaining(gateway.census())).toEqual({})
  })
})
