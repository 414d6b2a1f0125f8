/** Every release is examined in full: on a gateway of its own, nothing is left out, undecided or left behind. */
import { describe, expect, test, vi } from 'vitest'
import { KNOWN_TO_FAIL, remaining, scratch } from '../cli/testing.js'
import { runHere } from '../cli/testing-run.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { releaseNames } from '../openapi/load.js'
import { CHECKS } from './checks/index.js'

const RELEASES = await releaseNames()

vi.setConfig({ testTimeout: 240_000 })

describe('against a gateway of its own', () => {
  test.for(RELEASES)('release %s is conformant and covered', async (release, { onTestFinished }) => {
    const gateway = await startGateway({ release })
    onTestFinished(() => gateway.close())

    const { code, record, troubles } = await runHere({ gateway: gateway.url, release, out: scratch() })

    expect(code).toBe(0)
    expect(troubles).toEqual([])
    expect(record.contract.release).toBe(release)
    const notPassed = record.cells.filter(({ verdict }) => verdict !== 'pass')
    expect(new Set(notPassed.map(({ check, verdict }) => `${verdict}: ${check}`))).toEqual(
      new Set([...KNOWN_TO_FAIL].map((check) => `fail: ${check}`)),
    )
    const checks = new Set(record.cells.map(({ check }) => check))
    if (release === 'current') expect(checks).toEqual(new Set(CHECKS.map(({ id }) => id)))
    expect(record.leftBehind).toEqual([])
    expect(remaining(gateway.census())).toEqual({})
    for (const { covered, missing, total } of [record.coverage.operations, record.coverage.scopeCells]) {
      expect({ covered, missing }).toEqual({ covered: total, missing: [] })
      expect(total).toBeGreaterThan(100)
    }
  })
})
