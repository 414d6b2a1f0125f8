import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Libraries that do I/O or parse, and the one file that may import each. */
const IMPORTERS: Readonly<Record<string, string>> = {
  '@apidevtools/swagger-parser': 'openapi/load.ts',
  yaml: 'openapi/yaml.ts',
  undici: 'fixtures/target.ts',
  'ajv/dist/2020.js': 'fixtures/validator.ts',
  'ajv-formats': 'fixtures/validator.ts',
  commander: 'cli/main.ts',
  '@clack/prompts': 'cli/init.ts',
  '@sigstore/core': 'certification/attestation.ts',
  '@noble/curves/nist.js': 'certification/keys.ts',
  fflate: 'certification/archive.ts',
}

/** Libraries that only the reference gateway uses. */
const GATEWAY_ONLY = ['hono', '@hono/node-server', 'jose']

/** What the files under a folder may import; the longest matching prefix decides. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'openapi/': ['openapi/'],
  'suites/': ['openapi/', 'suites/'],
  'suites/area.ts': ['fixtures/lab.ts', 'suites/'],
  'suites/checks/': [
    'openapi/',
    'suites/check.ts',
    'suites/clauses.ts',
    'suites/disguises.ts',
    'suites/jwt.ts',
    'suites/model.ts',
    'suites/paths.ts',
    'suites/story-verdict.ts',
    'suites/verdict.ts',
  ],
  'suites/checks/index.ts': ['suites/check.ts', 'suites/checks/'],
  'fixtures/': ['fixtures/', 'openapi/', 'suites/'],
  'fixtures/gateway/': ['fixtures/gateway/'],
  'reporters/': ['openapi/', 'reporters/', 'suites/'],
  'certification/': ['certification/', 'openapi/', 'reporters/', 'suites/'],
  'certification/testing.ts': ['certification/', 'fixtures/redact.ts', 'openapi/', 'reporters/', 'suites/'],
  'cli/': ['certification/', 'cli/', 'fixtures/', 'openapi/', 'reporters/', 'suites/'],
}

interface Import {
  readonly from: string
  readonly what: string
}

const FOLDERS = ['certification', 'cli', 'fixtures', 'openapi', 'reporters', 'suites']

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    posix.join(folder, file),
  ),
).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))

const imports: Import[] = sources.flatMap((from) =>
  ts.preProcessFile(readFileSync(join(root, from), 'utf8'), true, true).importedFiles.map(({ fileName }) => ({
    from,
    what: fileName.startsWith('.') ? posix.join(dirname(from), fileName).replace(/\.js$/, '.ts') : fileName,
  })),
)

const isLocal = ({ what }: Import): boolean => sources.includes(what)

const ruleFor = (file: string): readonly string[] | undefined => {
  const [prefix] = Object.keys(MAY_IMPORT)
    .filter((candidate) => file.startsWith(candidate))
    .sort((a, b) => b.length - a.length)
  return prefix === undefined ? undefined : MAY_IMPORT[prefix]
}

describe('import boundaries', () => {
  test('there is something to look at', () => {
    expect(sources.length).toBeGreaterThan(60)
    expect(imports.filter(isLocal).length).toBeGreaterThan(200)
  })

  test.each(Object.entries(IMPORTERS))('%s has one importer: %s', (library, importer) => {
    expect([...new Set(imports.filter(({ what }) => what === library).map(({ from }) => from))]).toEqual([
      importer,
    ])
  })

  test.each(GATEWAY_ONLY)('%s serves the reference gateway alone', (library) => {
    const importers = imports.filter(({ what }) => what === library).map(({ from }) => from)
    expect(importers).not.toEqual([])
    expect(importers.filter((from) => !from.startsWith('fixtures/gateway/'))).toEqual([])
  })

  test('every file imports only what its folder may', () => {
    const strays = imports
      .filter(isLocal)
      .filter(({ from, what }) => !ruleFor(from)?.some((allowed) => what.startsWith(allowed)))
    expect(strays).toEqual([])
  })
})
