import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { nvcf, remaining, scratch, serve } from '../cli/testing.js'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body]) => body ?? '')

/** The commands of the shell blocks, without their comments. */
const COMMANDS = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '')

const ours = COMMANDS.filter((line) => line.startsWith('npx nvcf-conformance ')).map((line) =>
  line.split(' ').slice(2),
)

/** Commands that end otherwise than with 0 on the reference gateway, and why. */
const EXITS: Readonly<Record<string, number>> = {
  // The document that a gateway serves of itself contradicts the scope table, and leaves much out.
  drift: 1,
}

/** Runs in full take long, and `npm start` is one: here each asks a part, and is still the command that is read. */
const NARROWED = { NVCF_CONFORMANCE_CHECK: 'scope-denies,scope-grants', NVCF_CONFORMANCE_PROFILE: 'core' }
const environmentOf = (command: string | undefined) => (command === 'run' ? NARROWED : {})

/** What the README's reader would have, on loopback. */
const onLoopback = (args: readonly string[], gateway: string): string[] =>
  args.map((arg) => (arg === 'http://gateway.example' || arg === 'http://127.0.0.1:8080' ? gateway : arg))

describe('the README', () => {
  let gateway: RunningGateway
  beforeAll(async () => {
    gateway = await startGateway()
    return () => gateway.close()
  })

  test('opens with the two commands', () => {
    expect(COMMANDS.slice(0, 2)).toEqual(['npm ci && npm start', 'npm cit'])
    expect(ours).toHaveLength(16)
  })

  // In the order in which they are read, in one folder: what one writes, another reads.
  const together = scratch()
  const healthy = ours
    .filter(([command, flag]) => command !== 'serve' || flag === '--list')
    .filter((args) => !args.includes('http://127.0.0.1:8080'))
    .map((args) => args.join(' '))

  test.each(healthy)('npx nvcf-conformance %s', async (line) => {
    const args = line.split(' ')
    const env = environmentOf(args[0])
    const { code, stderr, stdout } = await nvcf(onLoopback(args, gateway.url), { cwd: together, env })
    expect(code, stdout + stderr).toBe(EXITS[args[0] ?? ''] ?? 0)
    expect(remaining(gateway.census())).toEqual({})
  })

  test('shows a broken gateway and the exit code that it earns', async () => {
    const cwd = scratch()
    const broken = ours.find(([command, flag]) => command === 'serve' && flag === '--port') ?? []
    const served = await serve(broken.slice(3), cwd)
    const against = ours.find((args) => args.includes('http://127.0.0.1:8080')) ?? []
    const { code, stdout } = await nvcf(onLoopback(against, served.url), { cwd, env: environmentOf('run') })
    served.kill('SIGTERM')
    expect(code, stdout).toBe(1)
    expect(README).toContain('# in another shell: exit 1')
    for (const line of [
      'observed  204, granted, and the state read back differs',
      'with key [queue_details]',
    ]) {
      expect(stdout).toContain(line)
      expect(README).toContain(line)
    }
  })

  test('has a config file and waivers that are taken', async () => {
    const [config = '', waivers = ''] = blocks('yaml')
    const cwd = scratch()
    writeFileSync(join(cwd, 'nvcf-conformance.yaml'), config)
    writeFileSync(join(cwd, 'waivers.yaml'), waivers)
    copyFileSync(join(together, 'nvcf-product.yaml'), join(cwd, 'nvcf-product.yaml'))
    const { code, stdout, stderr } = await nvcf(['plan'], { cwd })
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('https://gateway.example (domain nvcf.example)')
    expect(stdout).not.toContain('pexec')
  })

  test('lists every command', async () => {
    const { stdout } = await nvcf(['--help'], { cwd: scratch() })
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help')
    expect(commands.length).toBeGreaterThan(12)
    for (const name of commands) expect(README).toMatch(new RegExp(`^\\| \`${name}[ \`]`, 'm'))
  })
})
