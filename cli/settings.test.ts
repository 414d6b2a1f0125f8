import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadContract, releaseNames } from '../openapi/load.js'
import { OPTIONS, resolveSettings, resolveWithOrigins, SERVICES, SettingsError } from './settings.js'
import { nvcf, scratch } from './testing.js'

const SHEET = {
  name: 'Example Cloud',
  version: '1.10',
  vendor: 'Example Inc.',
  contact: 'nvcf@example.com',
  environment: 'Kubernetes: "1.33"',
}

/** A config file in a new folder, beside a product sheet where there is to be one. */
function configured(config: string, sheet?: string): string {
  const folder = scratch()
  const file = join(folder, 'my.yaml')
  writeFileSync(file, config)
  if (sheet !== undefined) writeFileSync(join(folder, 'product.yaml'), sheet)
  return file
}

const inYaml = (sheet: object): string =>
  Object.entries(sheet)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('')

interface Mistake {
  readonly what: string
  readonly flags?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Given, a config file holds it, which messages name. */
  readonly config?: string
  readonly says: readonly string[]
}

async function messageOf({ config, env = {}, flags = {} }: Mistake): Promise<string> {
  const file = config === undefined ? undefined : configured(config)
  const cause: unknown = await resolveSettings(
    { ...flags, ...(file !== undefined && { config: file }) },
    env,
  ).catch((error: unknown) => error)
  expect(cause).toBeInstanceOf(SettingsError)
  const message = cause instanceof Error ? cause.message : ''
  if (file !== undefined) expect(message).toContain(file)
  return message
}

describe('a mistake is named by where it was made', () => {
  // biome-ignore format: a table
  const MISTAKES: readonly Mistake[] = [
    { what: 'a number, by flag',             flags: { seed: 'x' },                              says: ["--seed takes a whole number"] },
    { what: 'a number, in the environment',  env: { NVCF_CONFORMANCE_SEED: 'x' },               says: ["NVCF_CONFORMANCE_SEED takes a whole number", "'x'"] },
    { what: 'a number, in the file',         config: 'seed: x',                                 says: ["The setting 'seed' in ", "'x'"] },
    { what: 'a number beyond all',           config: 'propagation-timeout: 9999',               says: ["The setting 'propagation-timeout' in ", 'from 1 to 3600'] },
    { what: 'a mode, in the environment',    env: { NVCF_CONFORMANCE_MODE: 'careful' },         says: ['NVCF_CONFORMANCE_MODE takes read-only'] },
    { what: 'a matrix, in the file',         config: 'matrix: sparse',                          says: ["The setting 'matrix' in ", 'exhaustive'] },
    { what: 'a switch, in the environment',  env: { NVCF_CONFORMANCE_ALLOW_REMOTE_REFS: 'so' }, says: ['NVCF_CONFORMANCE_ALLOW_REMOTE_REFS takes true, false'] },
    { what: 'a report, in the environment',  env: { NVCF_CONFORMANCE_REPORTER: 'html,pdf' },    says: ['NVCF_CONFORMANCE_REPORTER takes html', "'pdf'"] },
    { what: 'a report, in the file',         config: 'reporter: [pdf]',                         says: ["The setting 'reporter' in ", "'pdf'"] },
    { what: 'a shard, in the environment',   env: { NVCF_CONFORMANCE_SHARD: '3/2' },            says: ['NVCF_CONFORMANCE_SHARD takes I/N'] },
    { what: 'the gateway, as GATEWAY_ADDR',  env: { GATEWAY_ADDR: 'ftp://x' },                  says: ['GATEWAY_ADDR takes an http or https URL'] },
    { what: 'the gateway, in the file',      config: 'gateway: "http://me:hunter2@x.test"',     says: ["The setting 'gateway' in ", 'must not hold a user'] },
    { what: 'the domain, in the environment', env: { NVCF_CONFORMANCE_DOMAIN: 'http://x' },     says: ['NVCF_CONFORMANCE_DOMAIN takes a host name'] },
    { what: 'the domain, in the file',       config: 'domain: a b',                             says: ["The setting 'domain' in "] },
    // What only the file has.
    { what: 'an unknown service',            config: 'services: { clusters: "http://x" }',      says: ["'services.clusters'", 'api-keys (API Keys)', 'sis (clusters)'] },
    { what: 'a service that is a word of JavaScript', config: 'services: { constructor: "http://x" }', says: ["'services.constructor'", 'names no service'] },
    { what: 'a service that is no URL',      config: 'services: { tasks: "ftp://x" }',          says: ["The setting 'services.tasks' in ", 'http or https'] },
    { what: 'an account with a slash',       config: 'account: a/b',                            says: ["'account'", 'slashes', '"a/b"'] },
    { what: 'an account of dots',            config: 'account: ..',                             says: ["'account'"] },
    { what: 'an empty account',              config: 'account: ""',                             says: ["'account'", 'must not be empty'] },
    { what: 'two accounts',                  config: 'account: [a, b]',                         says: ["'account'"] },
    { what: 'a mapping for the account',     config: 'account: { id: a }',                      says: ["'account'", 'must be text'] },
    { what: 'a service id with a line break', config: 'taskServiceId: "a\\nb"',                 says: ["'taskServiceId'", 'without blanks'] },
    { what: 'a text for the function',       config: 'function: echo',                          says: ["The setting 'function' in ", 'must be a mapping'] },
    { what: 'a number for the product',      config: 'product: 7',                              says: ["The setting 'product' in ", 'must be a mapping, or the name of a product sheet'] },
    // Variables.
    { what: 'a misspelt variable',           env: { NVCF_CONFORMANCE_GATWAY: 'http://x' },      says: ['NVCF_CONFORMANCE_GATWAY', 'nearest is NVCF_CONFORMANCE_GATEWAY', 'unset it'] },
    { what: 'a variable in the plural',      env: { NVCF_CONFORMANCE_CHECKS: 'scope-denies' },  says: ['nearest is NVCF_CONFORMANCE_CHECK.'] },
    { what: 'a variable with its dashes lost', env: { NVCF_CONFORMANCE_PROPAGATIONTIMEOUT: '1' }, says: ['nearest is NVCF_CONFORMANCE_PROPAGATION_TIMEOUT.'] },
  ]
  test.each(MISTAKES)('$what', async (mistake) => {
    const message = await messageOf(mistake)
    for (const part of mistake.says) expect(message).toContain(part)
    expect(message).not.toContain('hunter2')
  })

  test('a misspelt variable without a value is none, and those of others are not looked at', async () => {
    const env = { NVCF_CONFORMANCE_GATWAY: '', NVCF_TOKEN: '', OTHER_CONFORMANCE_X: '1', SERVICE_ID: '' }
    const settings = await resolveSettings({}, env)
    expect(settings).not.toHaveProperty('adminToken')
    expect(settings.serviceIds).toEqual({})
  })

  test('every option has its variable, as have the config file and the passphrase', async () => {
    for (const { name } of OPTIONS) {
      const variable = `NVCF_CONFORMANCE_${name.toUpperCase().replaceAll('-', '_')}`
      const message = await resolveSettings({}, { [variable]: '\0' }).then(
        () => '',
        (error: unknown) => String(error),
      )
      expect(message).not.toContain('no environment variable')
    }
    const config = configured('seed: 7')
    const env = { NVCF_CONFORMANCE_CONFIG: config, NVCF_CONFORMANCE_KEY_PASSPHRASE: 'x' }
    expect(await resolveSettings({}, env)).toMatchObject({ seed: 7, config })
    expect(await resolveSettings({}, { NVCF_CONFORMANCE_CONFIG: '' })).not.toHaveProperty('config')
  })
})

test('it is known where each setting comes from', async () => {
  const file = configured('seed: 1\nmode: read-only\n')
  const { origins } = await resolveWithOrigins(
    { config: file, timeout: '500' },
    { NVCF_CONFORMANCE_SEED: '2', GATEWAY_ADDR: 'x.test' },
  )
  expect(Object.fromEntries(origins)).toEqual({
    gateway: 'GATEWAY_ADDR',
    mode: file,
    seed: 'NVCF_CONFORMANCE_SEED',
    timeout: '--timeout',
  })
})

test('paths in the config file are meant from where it stands, all others from here', async () => {
  const config = configured('waivers: w.yaml\nbaseline: /b/record.json\nout: out\nspec: target\n')
  const folder = dirname(config)
  expect(await resolveSettings({ config }, {})).toMatchObject({
    ...{
      waivers: join(folder, 'w.yaml'),
      baseline: '/b/record.json',
      out: join(folder, 'out'),
      spec: 'target',
    },
  })
  const env = { NVCF_CONFORMANCE_OUT: 'here' }
  expect(await resolveSettings({ config, waivers: 'mine.yaml', spec: 'api.yaml' }, env)).toMatchObject({
    ...{ waivers: 'mine.yaml', spec: 'api.yaml', out: 'here' },
  })
})

test('the services that can have an address are those of the documents', async () => {
  const services = new Set<string>()
  for (const release of await releaseNames())
    for (const { service } of (await loadContract(release)).operations) services.add(service)
  expect([...services].sort()).toEqual(Object.keys(SERVICES).sort())
})

describe('the product', () => {
  const settingsOf = (config: string, sheet?: string) =>
    resolveSettings({ config: configured(config, sheet) }, {})

  test('may stand in the config file', async () => {
    const { product } = await settingsOf('product: { name: Example, version: 1.2 }')
    expect(product).toEqual({ name: 'Example', version: '1.2' })
  })

  test('may be a sheet beside it, wherever the command is called', async () => {
    expect((await settingsOf('product: product.yaml', inYaml(SHEET))).product).toEqual(SHEET)
    const folder = scratch()
    mkdirSync(join(folder, 'sheets'))
    writeFileSync(join(folder, 'sheets', 'one.yaml'), inYaml(SHEET))
    writeFileSync(join(folder, 'my.yaml'), 'product: ./sheets/one.yaml')
    expect((await resolveSettings({ config: join(folder, 'my.yaml') }, {})).product).toEqual(SHEET)
  })

  // biome-ignore format: a table
  const MISTAKES: readonly (readonly [what: string, sheet: string, says: string])[] = [
    ['a sheet that is empty',         '',                                             'must hold a mapping with name, version, vendor'],
    ['a sheet that is a list',        '- name',                                       'must hold a mapping'],
    ['a sheet with something else',   inYaml({ ...SHEET, licence: 'none' }),          "has no 'licence'"],
    ['a sheet without a vendor',      inYaml({ ...SHEET, vendor: undefined }).replace('vendor: undefined\n', ''), "lacks 'vendor'"],
    ['a sheet with an empty contact', inYaml({ ...SHEET, contact: ' ' }),             "'contact' must be one line of text, and not empty"],
    ['a sheet with two lines',        inYaml({ ...SHEET, contact: 'a\nb' }),          "'contact' must be one line"],
    ['a sheet with a number',         inYaml({ ...SHEET, version: undefined }).replace('undefined', '1.10'), "'version' must be text: put it in quotes"],
    ['a sheet with a list',           inYaml({ ...SHEET, name: ['a'] }),              "'name' must be text"],
  ]
  test.each(MISTAKES)('must not be %s', async (_, sheet, says) => {
    await expect(settingsOf('product: product.yaml', sheet)).rejects.toThrow(says)
    await expect(settingsOf('product: product.yaml', sheet)).rejects.toBeInstanceOf(SettingsError)
  })

  test('must be there', async () => {
    await expect(settingsOf('product: product.yaml')).rejects.toThrow(
      /product\.yaml cannot be read \(ENOENT\)/,
    )
  })
})

describe('plan refuses what a run would refuse', () => {
  test.each([
    {
      what: 'an unknown member of the function',
      config: 'function: { image: echo }',
      says: "'function.image'",
    },
    { what: 'a time in words', config: 'function: { readyTimeoutMs: soon }', says: 'must be milliseconds' },
    { what: 'no time at all', config: 'function: { readyTimeoutMs: .nan }', says: 'must be milliseconds' },
    { what: 'an endless time', config: 'function: { readyTimeoutMs: .inf }', says: 'must be milliseconds' },
  ])('$what', async ({ config, says }) => {
    const { code, stderr, stdout } = await nvcf(['plan', '--config', configured(config)], { cwd: scratch() })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^error: /)
    expect(stderr).toContain(says)
  })
})
