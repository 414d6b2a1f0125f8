/** Every release is examined in full: on a gateway of its own, nothing is left out, undecided or left behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { proofTroubles } from '../certification/claims.js'
import { KNOWN_TO_FAIL, nvcf, scratch } from '../cli/testing.js'
import { loadContract, releaseNames } from '../openapi/load.js'
import type { RunRecord } from '../reporters/record.js'
import { CHECKS } from './checks/index.js'

const RELEASES = await releaseNames()

vi.setConfig({ maxConcurrency: 2, testTimeout: 240_000 })

describe.concurrent('against the embedded gateway', () => {
  test.for(RELEASES)('release %s is conformant and covered', async (release) => {
    const cwd = scratch()

    const { code, stderr } = await nvcf(['run', '--release', release, '--out', 'report'], { cwd })

    expect(code, stderr).toBe(0)
    const record: RunRecord = JSON.parse(readFileSync(join(cwd, 'report', 'record.json'), 'utf8'))
    expect(record.contract.release).toBe(release)
    const notPassed = record.cells.filter(({ verdict }) => verdict !== 'pass')
    expect(new Set(notPassed.map(({ check, verdict }) => `${verdict}: ${check}`))).toEqual(
      new Set([...KNOWN_TO_FAIL].map((check) => `fail: ${check}`)),
    )
    const checks = new Set(record.cells.map(({ check }) => check))
    if (release === 'current') expect(checks).toEqual(new Set(CHECKS.map(({ id }) => id)))
    expect(record.leftBehind).toEqual([])
    expect(proofTroubles(record, await loadContract(release))).toEqual([])
    for (const { covered, missing, total } of [record.coverage.operations, record.coverage.scopeCells]) {
      expect({ covered, missing }).toEqual({ covered: total, missing: [] })
      expect(total).toBeGreaterThan(100)
    }
  })
})
