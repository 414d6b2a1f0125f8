/** Every release is examined in full: on a gateway of its own, nothing is left out, undecided or left behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { KNOWN_TO_FAIL, nvcf, scratch } from '../cli/testing.js'
import { releaseNames } from '../openapi/load.js'
import type { RunRecord } from '../reporters/record.js'

const RELEASES = await releaseNames()

vi.setConfig({ maxConcurrency: 3, testTimeout: 120_000 })

describe.concurrent('against the embedded gateway', () => {
  test.for(RELEASES)('release %s is conformant and covered', async (release) => {
    const cwd = scratch()

    const { code, stderr } = await nvcf(['run', '--release', release, '--out', 'report'], { cwd })

    expect(code, stderr).toBe(0)
    const record: RunRecord = JSON.parse(readFileSync(join(cwd, 'report', 'record.json'), 'utf8'))
    expect(record.contract.release).toBe(release)
    const notPassed = record.cells.filter(
      ({ check, verdict }) => verdict !== 'pass' && !KNOWN_TO_FAIL.has(check),
    )
    expect(notPassed.map(({ id }) => id)).toEqual([])
    expect(record.leftBehind).toEqual([])
    for (const { covered, missing, total } of [record.coverage.operations, record.coverage.scopeCells]) {
      expect({ covered, missing }).toEqual({ covered: total, missing: [] })
      expect(total).toBeGreaterThan(100)
    }
  })
})
