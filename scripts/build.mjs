// Compiles to dist/, copies what is read at run time, stamps the commit, and lints the contract. What is built
// already is not built again.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const run = (...args) => execFileSync(process.execPath, args, { stdio: 'inherit' })

/** Undefined outside a git checkout. */
const git = (...args) => {
  try {
    return execFileSync('git', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return undefined
  }
}

/** Of all that a build may depend on; undefined outside a git checkout. */
function digestOfSources({ commit, dirty }) {
  const files = git('ls-files', '-z', '--cached', '--others', '--exclude-standard')
  if (files === undefined) return undefined
  const hash = createHash('sha256').update(`${commit} ${dirty}`)
  for (const file of files.split('\0').filter(existsSync)) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** What the suite is made of, by the lock file: the same for every machine that builds the same commit. */
function billOfMaterials({ commit, dirty }) {
  const asked = [
    'sbom',
    '--sbom-format',
    'cyclonedx',
    '--package-lock-only',
    '--offline',
    '--loglevel',
    'error',
  ]
  const npm = execFileSync('npm', asked, { maxBuffer: 64 * 1024 * 1024 })
  const { components, dependencies, metadata, $schema, bomFormat, specVersion } = JSON.parse(npm)
  // npm's own way to leave out what only developers need loses what others need, too.
  const needed = new Set(
    Object.entries(readJson('package-lock.json').packages)
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`),
  )
  const isNeeded = (ref) => needed.has(ref) || ref === metadata.component['bom-ref']
  const { name } = readJson('package.json')
  const properties = [
    { name: `${name}:commit`, value: commit ?? 'none' },
    { name: `${name}:dirty`, value: String(dirty) },
  ]
  // npm calls the whole by its folder, and says where each part was loaded from and when.
  const plain = ({ externalReferences: _, properties: __, ...component }) => component
  return {
    ...{ $schema, bomFormat, specVersion, version: 1 },
    metadata: { component: { ...plain(metadata.component), name, properties } },
    components: components.filter((component) => isNeeded(component['bom-ref'])).map(plain),
    dependencies: dependencies
      .filter(({ ref }) => isNeeded(ref))
      .map(({ dependsOn, ref }) => ({ ref, dependsOn: dependsOn.filter(isNeeded) })),
  }
}

const STAMP = 'dist/build.json'
const stamp = { commit: git('rev-parse', 'HEAD') ?? null, dirty: git('status', '--porcelain') !== '' }
const sources = digestOfSources(stamp)
const built = existsSync(STAMP) ? readJson(STAMP).sources : undefined
if (sources !== undefined && built === sources) process.exit()

try {
  rmSync('dist', { recursive: true, force: true })
  // `npm run check` looks at the types of everything.
  run(tsc, '-p', 'tsconfig.build.json', '--noCheck')
  mkdirSync('dist/openapi', { recursive: true })
  cpSync('openapi/documents', 'dist/openapi/documents', { recursive: true })
  cpSync('openapi/releases.yaml', 'dist/openapi/releases.yaml')
  cpSync('reporters/record.schema.json', 'dist/reporters/record.schema.json')
  for (const asset of ['client.mjs', 'style.css'])
    cpSync(`reporters/html/${asset}`, `dist/reporters/html/${asset}`)
  writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(billOfMaterials(stamp), null, 2)}\n`)
  chmodSync('dist/cli/main.js', 0o755)
  const [{ lint }, { compiledContract, loadRelease, releaseNames }, { Validator }] = await Promise.all([
    import('../dist/openapi/lint.js'),
    import('../dist/openapi/load.js'),
    import('../dist/fixtures/validator.js'),
  ])
  const validator = new Validator()
  mkdirSync('dist/openapi/contracts')
  const problems = []
  for (const release of await releaseNames()) {
    const { contract, documents } = await loadRelease(release)
    const found = lint(contract, documents, (schema, value) => validator.violations(schema, value))
    problems.push(...found.filter((problem) => !problems.includes(problem)))
    writeFileSync(compiledContract(release), `${JSON.stringify(contract)}\n`)
  }
  for (const problem of problems) process.stderr.write(`contract: ${problem}\n`)
  if (problems.length > 0) process.exit(1)
  // Last: what carries it is whole.
  writeFileSync(STAMP, `${JSON.stringify({ ...stamp, sources })}\n`)
} catch (cause) {
  if (cause.status === undefined) throw cause
  // The failing command has said why.
  process.exit(cause.status ?? 1)
}
