import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { nvcf, scratch } from './testing.js'

/** What `--help` takes at most; it takes a fifth of a second, and machines are busy. */
const HELP_MS = 2000

const SELECTION = [
  ...['--gateway', '--domain', '--release', '--profile', '--mode', '--check', '--operation', '--matrix'],
  ...['--spec', '--allow-remote-refs'],
  ...['--out', '--seed', '--concurrency', '--timeout', '--shard', '--config'],
]

const COMMANDS: readonly { readonly command: string; readonly names: readonly string[] }[] = [
  { command: 'run', names: SELECTION },
  { command: 'plan', names: SELECTION },
  { command: 'sweep', names: ['--out', '--config'] },
  { command: 'matrix', names: ['--release', '--json', '--csv', '--spec', '--gateway', '--diff'] },
  { command: 'drift', names: ['[SPEC]', '--gateway', '--domain', '--against', '--release', '--json'] },
  { command: 'explain', names: ['CHECK-ID'] },
  { command: 'serve', names: ['--port', '--domain', '--release', '--fault', '--variation', '--list'] },
]

describe('help', () => {
  test.each(COMMANDS)('of $command names its flags', async ({ command, names }) => {
    const { code, stdout, stderr } = await nvcf([command, '--help'], { cwd: scratch() })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: nvcf-conformance ${command}`)
    for (const name of names) expect(stdout).toContain(name)
  })

  test('names every command and the exit codes, at once', async () => {
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      const started = performance.now()
      const { code, stdout } = await nvcf(['--help'], { cwd: scratch() })
      times.push(performance.now() - started)
      expect(code).toBe(0)
      for (const { command } of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
      expect(stdout).toContain('Exit codes: 0 conformant')
    }
    expect(times.sort((a, b) => a - b)[1]).toBeLessThan(HELP_MS)
  })

  test('is what a call without a command gets, with exit 2', async () => {
    const { code, stderr } = await nvcf([], { cwd: scratch() })
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: nvcf-conformance')
  })

  test('--version is that of the package', async () => {
    const { code, stdout } = await nvcf(['--version'], { cwd: scratch() })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${packageJson.version}\n` })
  })
})

describe('what needs no gateway', () => {
  test('explain: the rule, where it comes from, and the faults it finds', async () => {
    const { code, stdout } = await nvcf(['explain', 'scope-denies'], { cwd: scratch() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^scope-denies {2}\(required, authorization\)/)
    for (const part of ['Clause', 'Source', 'one-cell-over-grant', 'run --check scope-denies'])
      expect(stdout).toContain(part)
  })

  test('serve --list: faults and variations, each with a sentence', async () => {
    const { code, stdout } = await nvcf(['serve', '--list'], { cwd: scratch() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}one-cell-over-grant +\S.*\.$/m)
    expect(stdout).toMatch(/^ {2}delayed +\S.*\.$/m)
  })

  test('matrix: the same operations as a table, JSON and CSV', async () => {
    const [table, json, csv] = await Promise.all(
      [[], ['--json'], ['--csv']].map((form) => nvcf(['matrix', ...form], { cwd: scratch() })),
    )
    expect([table?.code, json?.code, csv?.code]).toEqual([0, 0, 0])
    expect(table?.stdout).toMatch(/DELETE \/v2\/nvcf\/functions\/\S+ +delete_function \| admin token/)
    expect(JSON.stringify(JSON.parse(json?.stdout ?? ''))).toContain('"scopes":["delete_function"]')
    const [header = '', ...rows] = csv?.stdout.trim().split('\n') ?? []
    const column = header.split(',').indexOf('delete_function')
    const removal = rows.find((row) => row.includes('DELETE /v2/nvcf/functions/'))
    expect(removal?.split(',')[column]).toBe('grant')
    expect(removal?.split(',').filter((mark) => mark === 'grant')).toHaveLength(2)
  })
})
