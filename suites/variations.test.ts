/**
 * The suite does not cry wolf: a gateway that differs from the reference and still conforms passes, and so
 * does one that two runs examine at once.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { KNOWN_TO_FAIL, nvcf, remaining, SAMPLE, scratch } from '../cli/testing.js'
import { runHere } from '../cli/testing-run.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { VARIATIONS } from '../fixtures/gateway/variations.js'
import type { RunRecord } from '../reporters/record.js'

// Each run waits more than it works.
vi.setConfig({ maxConcurrency: 4, testTimeout: 240_000 })

/** Each service and each effect once: together, the variations are tried on every operation. */
const FEW = [
  'POST /v1/keys',
  'PUT /v1/keys/{key-id}/authorizations',
  'GET /v2/nvcf/functions',
  'POST /v2/nvcf/functions',
  'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}',
  'POST /v2/nvcf/pexec/functions/{functionId}',
  'GET /v1/nvct/tasks',
  'GET /v1/accounts/{ncaId}/clusters',
]

const ALL = VARIATIONS.map(({ id }) => id)

function expectSilence(code: number | null, { cells, leftBehind }: RunRecord): void {
  const notPassed = cells.filter(
    ({ check, verdict }) => !['pass', 'excluded'].includes(verdict) && !KNOWN_TO_FAIL.has(check),
  )
  expect(notPassed.map(({ because, finding, id }) => ({ id, because: because ?? finding }))).toEqual([])
  expect(cells.filter(({ verdict }) => verdict === 'pass')).not.toEqual([])
  expect(code).toBe(0)
  expect(leftBehind).toEqual([])
}

describe.concurrent('conformant on some operations', () => {
  test.for(VARIATIONS.map(({ id, sentence }) => [id, sentence] as const))(
    '%s: %s',
    async ([id], { onTestFinished }) => {
      const gateway = await startGateway({ variations: [id] })
      onTestFinished(() => gateway.close())
      const flags = { gateway: gateway.url, out: scratch(), seed: '42', operation: FEW }

      const { code, record, troubles } = await runHere(flags)

      expectSilence(code, record)
      expect(troubles).toEqual([])
      expect(remaining(gateway.census())).toEqual({})
    },
  )
})

describe('conformant', () => {
  test.for([
    ['all variations together, on every operation', { variations: ALL, runs: 1, operations: [] }],
    ['no variation, two runs at once', { variations: [], runs: 2, operations: SAMPLE }],
  ] as const)('%s', async ([, { operations, runs, variations }], { onTestFinished }) => {
    const gateway = await startGateway({ variations })
    onTestFinished(() => gateway.close())
    const narrowed = operations.flatMap((operation) => ['--operation', operation])

    const ended = await Promise.all(
      Array.from({ length: runs }, async () => {
        const cwd = scratch()
        const args = ['run', '--gateway', gateway.url, '--out', 'report', '--seed', '42', ...narrowed]
        return { cwd, ...(await nvcf(args, { cwd })) }
      }),
    )

    for (const { code, cwd, stderr } of ended) {
      expect([0, 1, 3], stderr).toContain(code)
      expectSilence(code, JSON.parse(readFileSync(join(cwd, 'report', 'record.json'), 'utf8')))
    }
    expect(remaining(gateway.census())).toEqual({})
  })
})
