import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startGateway } from '../fixtures/gateway/server.js'
import { nvcf, readRecord, remaining, scratch } from './testing.js'

const root = fileURLToPath(new URL('..', import.meta.url))

const CHECKS = ['scope-denies', 'response-schema']
const OPERATIONS = ['GET /v2/nvcf/functions', 'DELETE /v2/nvcf/functions/{functionId}/versions/{versionId}']

/** `npx vitest run --project conformance`, with no other settings than these. */
const viaVitest = (env: Readonly<Record<string, string>>): Promise<{ code: unknown; output: string }> =>
  new Promise((resolve) => {
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'conformance']
    const options = { cwd: root, env: { PATH: process.env.PATH, ...env } }
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    )
  })

const narrowed = (out: string, gateway: string) => ({
  NVCF_CONFORMANCE_CHECK: CHECKS.join(','),
  NVCF_CONFORMANCE_OPERATION: OPERATIONS.join(','),
  NVCF_CONFORMANCE_SEED: '7',
  NVCF_CONFORMANCE_OUT: out,
  GATEWAY_ADDR: new URL(gateway).host,
})

test('vitest makes the same record as the command line, and leaves nothing behind', async () => {
  const gateway = await startGateway()
  try {
    const cwd = scratch()
    const { code, output } = await viaVitest(narrowed(join(cwd, 'vitest'), gateway.url))
    expect({ code, output: output.includes('conformant: ') }, output).toEqual({ code: 0, output: true })
    expect(output).not.toMatch(/unhandled/i)
    const flags = [
      ...CHECKS.flatMap((id) => ['--check', id]),
      ...OPERATIONS.flatMap((id) => ['--operation', id]),
    ]
    await nvcf(['run', '--gateway', gateway.url, '--seed', '7', '--out', 'cli', ...flags], { cwd })
    const [own, other] = [readRecord(join(cwd, 'vitest')), readRecord(join(cwd, 'cli'))]
    const verdicts = ({ cells }: typeof own) => cells.map(({ id, verdict }) => [id, verdict])
    expect(verdicts(own)).toEqual(verdicts(other))
    expect(own.json.contract).toEqual(other.json.contract)
    expect(remaining(gateway.census())).toEqual({})
  } finally {
    await gateway.close()
  }
})

test('vitest fails where the target does', async () => {
  const gateway = await startGateway({ faults: ['one-cell-over-grant'] })
  try {
    const out = join(scratch(), 'vitest')
    const { code, output } = await viaVitest(narrowed(out, gateway.url))
    expect(code, output).toBe(1)
    expect(readRecord(out).json.verdict).toBe('nonconformant')
    expect(output).toContain('key [queue_details]')
  } finally {
    await gateway.close()
  }
})
