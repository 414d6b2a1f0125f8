/** Conversations are held on a pseudo-terminal that `script` opens (util-linux; Debian's bsdutils, which is essential). */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readProduct } from './product.js'
import { filesUnder, nvcf, scratch } from './testing.js'

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
/** The program that opens the terminal. */
const TERMINAL = 'script'
const FILES = ['nvcf-conformance.yaml', 'nvcf-product.yaml']

const PRODUCT = {
  name: 'Example: "Cloud" # 1',
  version: '1.10',
  vendor: "O'Hara & Söhne",
  contact: 'nvcf@example.com',
  environment: 'Kubernetes 1.33, 4 nodes',
}

const FLAGS = [
  ...['--name', PRODUCT.name, '--product-version', PRODUCT.version, '--vendor', PRODUCT.vendor],
  ...['--contact', PRODUCT.contact, '--environment', PRODUCT.environment],
]
const ALL = [
  '--gateway',
  'https://gateway.example/',
  '--domain',
  'NVCF.example',
  '--release',
  'v0.6.0',
  ...FLAGS,
]

const contents = (cwd: string): string[] => FILES.map((file) => readFileSync(join(cwd, file), 'utf8'))

describe.concurrent('from flags, init', () => {
  test('writes both files, which plan accepts, and says what comes next', async () => {
    const cwd = scratch()
    const { code, stderr, stdout } = await nvcf(['init', ...ALL], { cwd })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
      '  nvcf-conformance doctor',
      '  nvcf-conformance run',
    ])
    expect(filesUnder(cwd)).toEqual(FILES)
    expect(await readProduct(join(cwd, 'nvcf-product.yaml'))).toEqual(PRODUCT)
    expect(contents(cwd)[0]).toContain('NVCF_TOKEN')
    const planned = await nvcf(['plan', '--check', 'key-values-differ'], { cwd })
    expect(planned.code, planned.stderr).toBe(0)
    expect(planned.stdout).toContain('Release v0.6.0,')
    expect(planned.stdout).toContain('against https://gateway.example (domain nvcf.example)')
  })

  test('leaves out what nobody said: then defaults hold', async () => {
    const cwd = scratch()
    const { code } = await nvcf(['init', '--gateway', 'gw.test:8080', ...FLAGS], { cwd })
    expect(code).toBe(0)
    const settings = contents(cwd)[0]
      ?.split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(settings).toEqual(['gateway: "http://gw.test:8080"', 'product: "nvcf-product.yaml"'])
  })

  test('asks for what is missing by its flags, where there is no terminal', async () => {
    const cwd = scratch()
    const { code, stderr } = await nvcf(['init', '--name', 'N', '--vendor', 'V'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toBe(
      'error: Without a terminal nothing can be asked. Give --gateway, --product-version, --contact, --environment as well.\n',
    )
    expect(filesUnder(cwd)).toEqual([])
  })

  test.each([
    {
      what: 'a gateway over FTP',
      args: ['--gateway', 'ftp://x'],
      says: '--gateway takes an http or https URL',
    },
    { what: 'a domain that is a URL', args: ['--domain', 'http://x'], says: '--domain takes a host name' },
    { what: 'an unknown release', args: ['--release', '99'], says: '--release takes initial, v0.5' },
    { what: 'an empty name', args: ['--name', ' '], says: '--name must be one line of text, and not empty' },
    { what: 'two lines', args: ['--contact', 'a\nb'], says: '--contact must be one line' },
  ])('refuses $what, and writes nothing', async ({ args, says }) => {
    const cwd = scratch()
    const { code, stderr } = await nvcf(['init', ...ALL, ...args], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(says)
    expect(filesUnder(cwd)).toEqual([])
  })

  test.each(FILES)('never replaces %s, unless by force', async (file) => {
    const cwd = scratch()
    writeFileSync(join(cwd, file), 'by hand')
    const { code, stderr } = await nvcf(['init', ...ALL], { cwd })
    expect(code).toBe(2)
    expect(stderr).toBe(`error: ${file} is there already. Replace with --force, or go to another folder.\n`)
    expect(filesUnder(cwd)).toEqual([file])
    expect(readFileSync(join(cwd, file), 'utf8')).toBe('by hand')
    expect((await nvcf(['init', ...ALL, '--force'], { cwd })).code).toBe(0)
    expect(contents(cwd).join('')).not.toContain('by hand')
    expect(filesUnder(cwd)).toEqual(FILES)
  })

  test.each(FILES)('writes neither file where %s cannot be written', async (file) => {
    const cwd = scratch()
    const other = FILES.find((one) => one !== file) ?? ''
    mkdirSync(join(cwd, file))
    writeFileSync(join(cwd, other), 'by hand')
    const { code, stderr } = await nvcf(['init', ...ALL, '--force'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^error: \S+ is there already, and is no file/)
    expect(filesUnder(cwd)).toEqual([other])
    expect(readFileSync(join(cwd, other), 'utf8')).toBe('by hand')
  })
})

interface Turn {
  /** What init has to have shown since the turn before. */
  readonly seen: string
  readonly typed: string
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal is told
const ESCAPES = /\u001B\[[0-9;?]*[A-Za-z]/g

/** Holds the conversation; what was on the screen, and the exit code. */
function conversation(args: readonly string[], cwd: string, turns: readonly Turn[]) {
  // As wide as the questions need: a terminal of no width shows one letter a line.
  const command = `stty cols 120 rows 40; exec '${process.execPath}' '${MAIN}' init ${args.join(' ')}`
  const child = spawn(TERMINAL, ['-qec', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 30_000,
  })
  const left = [...turns]
  let screen = ''
  let since = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk
    since += chunk
    const [turn] = left
    if (turn === undefined || !since.replaceAll(ESCAPES, '').includes(turn.seen)) return
    left.shift()
    since = ''
    child.stdin.write(turn.typed)
  })
  return new Promise<{ code: number | null; screen: string; unsaid: readonly Turn[] }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, screen: screen.replaceAll(ESCAPES, ''), unsaid: left }))
  })
}

const ENTER = '\r'
const CLEAR = '\u0015'
const INTERRUPT = '\u0003'

describe.concurrent('on a terminal, init', () => {
  test('asks, says at once what is wrong with an answer, and writes the same as from flags', async () => {
    const [asked, told] = [scratch(), scratch()]
    const { code, screen, unsaid } = await conversation([], asked, [
      { seen: 'Gateway under test', typed: `ftp://x${ENTER}` },
      { seen: 'It takes an http or https URL', typed: `${CLEAR}https://gateway.example${ENTER}` },
      { seen: 'Domain behind', typed: `nvcf.example${ENTER}` },
      { seen: 'NVCF release', typed: `v9${ENTER}` },
      { seen: "not 'v9'", typed: `${CLEAR}v0.6.0${ENTER}` },
      { seen: 'Name of the product', typed: ENTER },
      { seen: 'An answer is needed', typed: `${PRODUCT.name}${ENTER}` },
      { seen: 'Version of the product', typed: `${PRODUCT.version}${ENTER}` },
      { seen: 'Who makes', typed: `${PRODUCT.vendor}${ENTER}` },
      { seen: 'Where questions', typed: `${PRODUCT.contact}${ENTER}` },
      { seen: 'What the product runs on', typed: `${PRODUCT.environment}${ENTER}` },
    ])
    expect(unsaid, screen).toEqual([])
    expect(code, screen).toBe(0)
    expect(screen.trimEnd()).toMatch(/nvcf-conformance doctor\s+nvcf-conformance run$/)
    await nvcf(['init', ...ALL], { cwd: told })
    expect(filesUnder(asked)).toEqual(FILES)
    expect(contents(asked)).toEqual(contents(told))
  })

  test('asks only for what no flag says, and takes no answer for the default', async () => {
    const cwd = scratch()
    const given = [
      '--gateway',
      'gw.test',
      '--name',
      'N',
      '--product-version',
      '1',
      '--vendor',
      'V',
      '--contact',
      'C',
    ]
    const { code, screen, unsaid } = await conversation(given, cwd, [
      { seen: 'Domain behind', typed: ENTER },
      { seen: 'NVCF release', typed: ENTER },
      { seen: 'What the product runs on', typed: `E${ENTER}` },
    ])
    expect({ code, unsaid }, screen).toEqual({ code: 0, unsaid: [] })
    expect(screen).not.toContain('Gateway under test')
    expect(contents(cwd)[0]).toMatch(/^# domain: /m)
    expect(await readProduct(join(cwd, 'nvcf-product.yaml'))).toMatchObject({ name: 'N', environment: 'E' })
  })

  test('writes nothing where it is stopped half-way: exit 2', async () => {
    const cwd = scratch()
    const { code, screen, unsaid } = await conversation([], cwd, [
      { seen: 'Gateway under test', typed: `https://gateway.example${ENTER}` },
      { seen: 'Domain behind', typed: INTERRUPT },
    ])
    expect({ code, unsaid }, screen).toEqual({ code: 2, unsaid: [] })
    expect(screen).toContain('error: Stopped: nothing was written.')
    expect(filesUnder(cwd)).toEqual([])
  })

  test('asks nothing where there are files already', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'nvcf-product.yaml'), 'by hand')
    const { code, screen } = await conversation([], cwd, [])
    expect(code).toBe(2)
    expect(screen).toContain('nvcf-product.yaml is there already')
    expect(screen).not.toContain('Gateway under test')
  })
})
