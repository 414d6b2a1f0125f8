/** The package as it is published: what is in it, and that it runs where nothing but its dependencies is. */
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PRODUCT_MEMBERS } from '../certification/product.js'
import { filesUnder, KNOWN_TO_FAIL } from '../cli/testing.js'
import { FAULTS } from '../fixtures/gateway/faults.js'
import { VARIATIONS } from '../fixtures/gateway/variations.js'
import manifest from '../package.json' with { type: 'json' }
import type { RunRecord } from '../reporters/record.js'

const repository = dirname(dirname(fileURLToPath(import.meta.url)))

/** What the package must hold, beside the documents and the program. */
const NEEDED = [
  'LICENSE',
  'README.md',
  'dist/build.json',
  'dist/openapi/releases.yaml',
  'dist/reporters/html/client.mjs',
  'dist/reporters/html/style.css',
  'dist/reporters/record.schema.json',
  'dist/sbom.cdx.json',
  'package.json',
]

/** What must not be in it, by path. */
const UNWANTED: readonly (readonly [what: string, path: RegExp])[] = [
  ['tests', /\.test\.|\btesting\b|\bsample-/],
  ['sources', /\.[cm]?tsx?$/],
  ['state of the build', /\.tsbuildinfo$/],
  ['source maps', /\.map$/],
  ['secrets', /\.(pem|key)$|(^|\/)\.(env|npmrc)/],
  ['reports of a run', /conformance-report|(^|\/)record\.json$/],
]

/** What no file of it may say. */
const UNSAID: readonly (readonly [what: string, text: string])[] = [
  ['the folder of its sources', repository],
  ['a package registry', '://registry.'],
]

const SHEET = Object.keys(PRODUCT_MEMBERS)
  .map((member) => `${member}: this`)
  .join('\n')

const home = mkdtempSync(join(tmpdir(), 'nvcf-conformance-package-'))
const modules = join(home, 'node_modules')
const installed = join(modules, manifest.name)
const program = join(modules, '.bin', manifest.name)

const environment = { PATH: process.env.PATH, HOME: home }

/** Runs a program; throws with what it wrote when it fails. */
const execute = (file: string, args: readonly string[], cwd = home) =>
  promisify(execFile)(file, args, { cwd, env: environment, maxBuffer: 64 * 1024 * 1024 })

/** A link as a package manager makes it: relative, whatever folders it needs. */
function link(from: string, to: string): void {
  mkdirSync(dirname(from), { recursive: true })
  symlinkSync(to, from)
}

/** What the packed files say, by path. */
let contents: ReadonlyMap<string, string>

/** Packs and installs without a network: the dependencies are those of the repository, and no others. */
beforeAll(async () => {
  await execute(
    'npm',
    ['pack', '--ignore-scripts', '--offline', '--pack-destination', home, '--loglevel', 'error'],
    repository,
  )
  await execute('tar', ['-xzf', `${manifest.name}-${manifest.version}.tgz`])
  mkdirSync(modules)
  renameSync(join(home, 'package'), installed)
  contents = new Map(
    filesUnder(installed).map((file) => [file, readFileSync(join(installed, file), 'utf8')] as const),
  )
  for (const name of Object.keys(manifest.dependencies)) {
    link(join(modules, name), join(repository, 'node_modules', name))
  }
  for (const [name, path] of Object.entries(manifest.bin)) {
    link(join(modules, '.bin', name), join('..', manifest.name, path))
  }
})

afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('the package', () => {
  test('holds what it needs', () => {
    const files = [...contents.keys()]
    expect(NEEDED.filter((file) => !files.includes(file))).toEqual([])
    expect(files.filter((file) => /^dist\/openapi\/documents\/.+\.yaml$/.test(file))).toEqual(
      filesUnder(join(repository, 'openapi', 'documents')).map((file) => `dist/openapi/documents/${file}`),
    )
  })

  test.for(UNWANTED)('holds no %s', ([, path]) => {
    expect([...contents.keys()].filter((file) => path.test(file))).toEqual([])
  })

  test.for(UNSAID)('does not name %s: %s', ([, text]) => {
    expect([...contents].filter(([, content]) => content.includes(text)).map(([file]) => file)).toEqual([])
  })

  test('holds no program whose source is gone', () => {
    const sourceOf = (file: string) => join(repository, file.replace(/^dist\//, '').replace(/\.js$/, '.ts'))
    const compiled = [...contents.keys()].filter((file) => file.endsWith('.js'))
    expect(compiled).not.toEqual([])
    expect(compiled.filter((file) => !existsSync(sourceOf(file)))).toEqual([])
  })
})

describe('installed with its dependencies alone', () => {
  test('runs and conforms, and what it made is signed and verified', async () => {
    await execute(program, ['run', '--profile', 'core', '--out', 'report'])
    const { cells, counts, suite, verdict }: RunRecord = JSON.parse(
      readFileSync(join(home, 'report', 'record.json'), 'utf8'),
    )
    expect({ suite, verdict }).toMatchObject({
      suite: { name: manifest.name, version: manifest.version },
      verdict: 'conformant',
    })
    const failed = cells.filter(({ check, verdict }) => verdict === 'fail' && !KNOWN_TO_FAIL.has(check))
    expect(failed).toEqual([])
    expect(counts).toMatchObject({ inconclusive: 0, unsupported: 0, excluded: 0, error: 0 })
    expect(counts.pass).toBeGreaterThan(0)
    writeFileSync(join(home, 'sheet.yaml'), SHEET)
    await execute(program, ['keygen', '--out', 'key.pem'])
    const record = join('report', 'record.json')
    const parts = ['--key', 'key.pem', '--product', 'sheet.yaml']
    await execute(program, ['bundle', record, ...parts, '--out', 'bundle.zip'])
    const { stdout } = await execute(program, ['verify', 'bundle.zip', '--key', 'key.pem.pub'])
    expect(stdout).toContain('authentic:  yes')
    expect(stdout).toContain('✔ report ')
  })

  test('helps', async () => {
    expect((await execute(program, ['--help'])).stdout).toMatch(/^Usage: nvcf-conformance /)
  })

  test('tells its version', async () => {
    expect((await execute(program, ['--version'])).stdout.trim()).toBe(manifest.version)
  })

  test('lists the faults and variations of its gateway', async () => {
    const { stdout } = await execute(program, ['serve', '--list'])
    const missing = [...FAULTS, ...VARIATIONS].filter(({ id }) => !stdout.includes(`  ${id} `))
    expect(missing.map(({ id }) => id)).toEqual([])
  })
})
