/**
 * What a run is told to do: flags before environment before config file before defaults. Secrets come from
 * the environment only.
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { KeyKind } from '../openapi/contract.js'
import { isRecord, type JsonRecord } from '../openapi/json.js'
import { readYaml } from '../openapi/yaml.js'
import { DEFAULT_REPORTERS, REPORTER_NAMES, type ReporterName } from '../reporters/write.js'
import { MATRIX_PLANS, type MatrixPlan, MODES, type Mode } from '../suites/plan.js'
import { nearest } from './nearest.js'
import { readProduct } from './product.js'
import { SettingsError } from './settings-error.js'

export { SettingsError } from './settings-error.js'

export interface Settings {
  /** Undefined: the embedded reference gateway. */
  readonly gateway?: string
  /** Undefined: the gateway's host name. */
  readonly domain?: string
  readonly release?: string
  /** A document laid over the release's: a file, a URL, or `target` for the gateway's own. */
  readonly spec?: string
  /** Whether references that leave such a document for another host are followed. */
  readonly allowRemoteRefs: boolean
  readonly profile: string
  readonly mode: Mode
  readonly matrix: MatrixPlan
  /** Within how many milliseconds a change to a key has to take effect. */
  readonly propagationTimeoutMs: number
  readonly checks: readonly string[]
  readonly operations: readonly string[]
  readonly out: string
  /** Names of the reports to render. */
  readonly reporters: readonly ReporterName[]
  /** File of waivers. */
  readonly waivers?: string
  /** File of an earlier record. */
  readonly baseline?: string
  readonly seed: number
  /** Whether nobody gave it. */
  readonly seedIsDrawn: boolean
  readonly concurrency: number
  readonly timeoutMs: number
  readonly shard?: { readonly index: number; readonly count: number }
  readonly services: Readonly<Record<string, string>>
  /** Key-Issuer-Id by kind of key, where it is not the documented one. */
  readonly serviceIds: Readonly<Partial<Record<KeyKind, string>>>
  /** The account in which clusters are registered; undefined for one of the run's own. */
  readonly account?: string
  readonly unsupported: readonly string[]
  readonly product?: Readonly<Record<string, string>>
  readonly function: JsonRecord
  /** The config file, where it was named. */
  readonly config?: string
  /** From NVCF_TOKEN. A secret. */
  readonly adminToken?: string
}

/** Where the record and the reports go. */
export const DEFAULT_OUT = 'conformance-report'

/** One setting: its flag, what it takes, and other environment variables that NVCF's documentation uses. */
interface Option {
  readonly name: string
  /** Absent for a switch. */
  readonly takes?: string
  readonly help: string
  readonly many?: boolean
  readonly alias?: string
  /** Which values are paths: in the config file they are meant from where that stands. */
  readonly isPath?: (value: string) => boolean
}

/** The flags of `run` and `plan`; each is also NVCF_CONFORMANCE_<NAME>, and a key of the config file. */
export const OPTIONS: readonly Option[] = [
  {
    name: 'gateway',
    takes: 'URL',
    help: 'gateway under test; without it, the embedded reference gateway',
    alias: 'GATEWAY_ADDR',
  },
  {
    name: 'domain',
    takes: 'NAME',
    help: "domain behind the services' Hosts (default: the gateway's host name)",
  },
  { name: 'release', takes: 'R', help: 'NVCF release whose documents hold (default: current)' },
  {
    name: 'spec',
    takes: 'FILE|URL|target',
    help: "OpenAPI document to lay over the release's; target: the gateway's own",
    isPath: (value) => value !== 'target' && !value.includes('://'),
  },
  { name: 'allow-remote-refs', help: "follow the document's references to other hosts" },
  { name: 'profile', takes: 'P', help: 'named set of API sets: full, core (default: full)' },
  { name: 'mode', takes: 'M', help: 'read-only, non-destructive or full (default: full)' },
  { name: 'check', takes: 'ID', help: 'run only this check; may be repeated', many: true },
  {
    name: 'operation',
    takes: 'OP',
    help: 'run only this operation, "METHOD /path"; may be repeated',
    many: true,
  },
  {
    name: 'matrix',
    takes: 'PLAN',
    help: 'exhaustive: every operation with every scope; grouped: with all that must not open it in one key, and alone only where that is not refused (default: exhaustive)',
  },
  {
    name: 'propagation-timeout',
    takes: 'S',
    help: 'seconds within which revoked, expired and changed keys must be noticed (default: 180)',
  },
  {
    name: 'out',
    takes: 'DIR',
    help: `where the record and the reports go (default: ${DEFAULT_OUT})`,
    isPath: () => true,
  },
  { name: 'seed', takes: 'N', help: 'seed of generated identifiers (default: random, kept in the record)' },
  { name: 'concurrency', takes: 'N', help: 'requests under way at once, 1 to 64 (default: 8)' },
  { name: 'timeout', takes: 'MS', help: 'patience for one answer, in milliseconds (default: 10000)' },
  { name: 'shard', takes: 'I/N', help: 'run the I-th of N parts of the plan' },
  {
    name: 'reporter',
    takes: 'NAME',
    help: `reports beside record.json: ${REPORTER_NAMES.join(', ')}; may be repeated (default: ${DEFAULT_REPORTERS.join(', ')})`,
    many: true,
  },
  {
    name: 'waivers',
    takes: 'FILE',
    help: 'YAML file of what to put up with, why, on whose word, until when',
    isPath: () => true,
  },
  {
    name: 'baseline',
    takes: 'RECORD',
    help: 'an earlier record: only what is new since then fails the run',
    isPath: () => true,
  },
]

/** Keys that only the config file has. */
const CONFIG_ONLY = [
  'services',
  'unsupported',
  'product',
  'function',
  'serviceId',
  'taskServiceId',
  'account',
] as const

/** What can have an address of its own, by the first label of its Host. */
export const SERVICES: Readonly<Record<string, string>> = {
  api: 'the control plane',
  'api-keys': 'API Keys',
  invocation: 'invocation',
  tasks: 'tasks',
  sis: 'clusters',
}

const MODE_NAMES = Object.keys(MODES).filter((name): name is Mode => name in MODES)

export const DEFAULT_CONFIG = 'nvcf-conformance.yaml'

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>
type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'NVCF_CONFORMANCE_'
const variableOf = ({ name }: Option): string => `${PREFIX}${name.toUpperCase().replaceAll('-', '_')}`

const VARIABLES = [`${PREFIX}CONFIG`, `${PREFIX}KEY_PASSPHRASE`, ...OPTIONS.map(variableOf)]

/** What is misspelt would be a setting that silently does not hold. */
function assertKnown(environment: Environment): void {
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || value === undefined || value === '' || VARIABLES.includes(variable))
      continue
    throw new SettingsError(
      `There is no environment variable ${variable} of this suite; the nearest is ${nearest(variable, VARIABLES, 1)[0]}. Correct it, or unset it.`,
    )
  }
}

interface Config {
  readonly file: string
  readonly settings: JsonRecord
}

async function readConfig(named: string | undefined): Promise<Config> {
  const file = named ?? DEFAULT_CONFIG
  if (named === undefined && !existsSync(file)) return { file, settings: {} }
  const settings = (await readYaml(file)) ?? {}
  if (!isRecord(settings))
    throw new SettingsError(`${file} must hold a mapping of settings, such as 'gateway: http://…'.`)
  const known = [...OPTIONS.map((option) => option.name), ...CONFIG_ONLY]
  for (const key of Object.keys(settings)) {
    if (!known.some((name) => name === key)) {
      throw new SettingsError(`${file}: there is no setting '${key}'. There are: ${known.join(', ')}.`)
    }
  }
  return { file, settings }
}

const texts = (value: unknown, where: string): string[] => {
  const list = Array.isArray(value) ? value : [value]
  return list.map((item) => {
    if (item === '') throw new SettingsError(`${where} must not be empty. Give a value, or leave it out.`)
    if (typeof item === 'string' || typeof item === 'number') return String(item)
    throw new SettingsError(`${where} must be text, not ${JSON.stringify(item)}.`)
  })
}

/** A setting by its name in the config file, as messages begin with it. */
const settingIn = ({ file }: Config, name: string): string => `The setting '${name}' in ${file}`

/** A path in the config file, as it is from here. */
const besideConfig = ({ file }: Config, path: string): string =>
  isAbsolute(path) ? path : join(dirname(file), path)

/** Values, and who gave them. */
interface Given {
  readonly values: readonly string[]
  /** The flag, variable or file; undefined for nobody. */
  readonly origin?: string
  /** As messages begin with it. */
  readonly where: string
}

/** Every value of an option, from the first source that has one. */
function givenFor(option: Option, flags: Flags, environment: Environment, config: Config): Given {
  const flag = flags[option.name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]
  // A switch is on or off; whatever else is given for it is said to be wrong where it is read.
  const plain = (value: unknown) =>
    typeof value === 'boolean' && option.takes === undefined ? `${value}` : value
  const own = `--${option.name}`
  if (flag !== undefined) return { values: texts(plain(flag), own), origin: own, where: own }
  const variables = [variableOf(option), ...(option.alias === undefined ? [] : [option.alias])]
  for (const variable of variables) {
    const value = environment[variable]
    if (value !== undefined && value !== '') {
      const values = option.many === true ? value.split(',').map((item) => item.trim()) : [value]
      return { values, origin: variable, where: variable }
    }
  }
  const configured = config.settings[option.name]
  if (configured === undefined || configured === null) return { values: [], where: own }
  const where = settingIn(config, option.name)
  const values = texts(plain(configured), where).map((value) =>
    option.isPath?.(value) === true ? besideConfig(config, value) : value,
  )
  return { values, origin: config.file, where }
}

const integer = (where: string, value: string, least: number, most: number): number => {
  const number = Number(value)
  if (Number.isInteger(number) && value.trim() !== '' && number >= least && number <= most) return number
  throw new SettingsError(`${where} takes a whole number from ${least} to ${most}, not '${value}'.`)
}

const among = <T extends string>(where: string, value: string, known: readonly T[]): T => {
  const found = known.find((candidate) => candidate === value)
  if (found === undefined) throw new SettingsError(`${where} takes ${known.join(', ')}, not '${value}'.`)
  return found
}

/** The reports that are named, or those that every run renders. */
export const reportersOf = (names: readonly string[], where = '--reporter'): readonly ReporterName[] =>
  names.length === 0
    ? DEFAULT_REPORTERS
    : [...new Set(names.map((name) => among(where, name, REPORTER_NAMES)))]

const isOn = (where: string, value: string): boolean =>
  among(where, value, ['true', 'false', '1', '0']) === 'true' || value === '1'

/** `host:port` as NVCF's documentation writes GATEWAY_ADDR, or a URL. Throws SettingsError. */
export function gatewayUrl(value: string, where: string): string {
  let url: URL
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`)
  } catch {
    throw new SettingsError(
      `${where} takes a URL such as http://gateway.example or host:port, not '${value}'.`,
    )
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SettingsError(`${where} takes an http or https URL, not '${url.protocol}'.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new SettingsError(`${where} must not hold a user or password: they would show in reports.`)
  }
  return url.href.replace(/\/$/, '')
}

/** Host names are the same in any case. Throws SettingsError. */
export function domainName(value: string, where: string): string {
  const domain = value.toLowerCase()
  if (/^[a-z0-9.:[\]-]+$/.test(domain)) return domain
  throw new SettingsError(`${where} takes a host name such as nvcf.example, not '${domain}'.`)
}

const shardOf = (where: string, value: string): { index: number; count: number } => {
  const [index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).slice(1).map(Number)
  if (index < 1 || count < index)
    throw new SettingsError(`${where} takes I/N with I from 1 to N, such as 1/4, not '${value}'.`)
  return { index, count }
}

const mapping = (value: unknown, where: string): JsonRecord => {
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw new SettingsError(`${where} must be a mapping.`)
  return value
}

const textMapping = (config: Config, name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(mapping(config.settings[name], settingIn(config, name))).map(([key, item]) => [
      key,
      texts(item, settingIn(config, `${name}.${key}`))[0] ?? '',
    ]),
  )

function servicesOf(config: Config): Record<string, string> {
  const services = Object.entries(textMapping(config, 'services'))
  for (const [name] of services) {
    if (Object.hasOwn(SERVICES, name)) continue
    const known = Object.entries(SERVICES).map(([id, about]) => (id === about ? id : `${id} (${about})`))
    throw new SettingsError(
      `${settingIn(config, `services.${name}`)} names no service. There are: ${known.join(', ')}.`,
    )
  }
  return Object.fromEntries(
    services.map(([name, url]) => [name, gatewayUrl(url, settingIn(config, `services.${name}`))]),
  )
}

/** The product in the config file itself, or in a sheet beside it. */
async function productOf(config: Config): Promise<Readonly<Record<string, string>> | undefined> {
  const { product } = config.settings
  if (product === undefined || product === null) return undefined
  if (typeof product === 'string') return { ...(await readProduct(besideConfig(config, product))) }
  if (isRecord(product)) return textMapping(config, 'product')
  throw new SettingsError(
    `${settingIn(config, 'product')} must be a mapping, or the name of a product sheet.`,
  )
}

/** Travels in a path: what would change the path is no account. */
const ACCOUNT = /^(?!\.+$)[^\s/?#%\\]{1,256}$/
/** Travels in a header. */
const SERVICE_ID = /^[!-~]+$/

/** A text that only the config file has, in the form that it must have. */
function configured(
  config: Config,
  name: 'serviceId' | 'taskServiceId' | 'account',
  form: RegExp,
): string | undefined {
  const value = config.settings[name]
  if (value === undefined || value === null) return undefined
  const where = settingIn(config, name)
  const [text = '', ...more] = texts(value, where)
  if (more.length === 0 && form.test(text)) return text
  throw new SettingsError(
    `${where} must be one word, without blanks${form === ACCOUNT ? ', slashes or other signs of a URL' : ''}, not ${JSON.stringify(value)}.`,
  )
}

const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** Settings, and where those that were given come from: option → flag, variable or file. */
export interface Resolved {
  readonly settings: Settings
  readonly origins: ReadonlyMap<string, string>
}

/** Puts the sources together. Throws SettingsError or UnreadableFile. */
export async function resolveWithOrigins(flags: Flags, environment: Environment): Promise<Resolved> {
  assertKnown(environment)
  const variable = filled(environment[`${PREFIX}CONFIG`])
  const named = flags.config === undefined ? variable : texts(flags.config, '--config')[0]
  const config = await readConfig(named)
  const given = new Map(
    OPTIONS.map((option) => [option.name, givenFor(option, flags, environment, config)] as const),
  )
  const all = (name: string): readonly string[] => given.get(name)?.values ?? []
  const one = <T>(name: string, read: (where: string, value: string) => T): T | undefined => {
    const { values: [value] = [], where = '' } = given.get(name) ?? {}
    return value === undefined ? undefined : read(where, value)
  }
  const plain = (name: string): string | undefined => all(name)[0]
  const whole = (name: string, least: number, most: number): number | undefined =>
    one(name, (where, value) => integer(where, value, least, most))
  const gateway = one('gateway', (where, value) => gatewayUrl(value, where))
  const domain = one('domain', (where, value) => domainName(value, where))
  const [release, spec, shard] = [plain('release'), plain('spec'), one('shard', shardOf)]
  const [waivers, baseline] = [plain('waivers'), plain('baseline')]
  if (shard !== undefined && plain('seed') === undefined)
    throw new SettingsError(
      '--shard needs --seed: all shards of a run have to draw the same. Give each the same number.',
    )
  const product = await productOf(config)
  const serviceId = filled(environment.SERVICE_ID) ?? configured(config, 'serviceId', SERVICE_ID)
  const taskServiceId = configured(config, 'taskServiceId', SERVICE_ID)
  const account = configured(config, 'account', ACCOUNT)
  const { unsupported } = config.settings
  const adminToken = filled(environment.NVCF_TOKEN)
  const settings: Settings = {
    ...(gateway !== undefined && { gateway }),
    ...(domain !== undefined && { domain }),
    ...(release !== undefined && { release }),
    ...(spec !== undefined && { spec }),
    allowRemoteRefs: one('allow-remote-refs', isOn) ?? false,
    profile: plain('profile') ?? 'full',
    mode: one('mode', (where, value) => among(where, value, MODE_NAMES)) ?? 'full',
    matrix: one('matrix', (where, value) => among(where, value, MATRIX_PLANS)) ?? 'exhaustive',
    propagationTimeoutMs: 1000 * (whole('propagation-timeout', 1, 3600) ?? 180),
    checks: all('check'),
    operations: all('operation'),
    out: plain('out') ?? DEFAULT_OUT,
    reporters: reportersOf(all('reporter'), given.get('reporter')?.where),
    ...(waivers !== undefined && { waivers }),
    ...(baseline !== undefined && { baseline }),
    seed: whole('seed', 0, 2 ** 31 - 1) ?? Math.floor(Math.random() * 2 ** 31),
    seedIsDrawn: plain('seed') === undefined,
    concurrency: whole('concurrency', 1, 64) ?? 8,
    timeoutMs: whole('timeout', 100, 600_000) ?? 10_000,
    ...(shard !== undefined && { shard }),
    services: servicesOf(config),
    serviceIds: {
      ...(serviceId !== undefined && { apiKey: serviceId }),
      ...(taskServiceId !== undefined && { taskKey: taskServiceId }),
    },
    ...(account !== undefined && { account }),
    unsupported:
      unsupported === undefined || unsupported === null
        ? []
        : texts(unsupported, settingIn(config, 'unsupported')),
    ...(product !== undefined && { product }),
    function: mapping(config.settings.function, settingIn(config, 'function')),
    ...(named !== undefined && { config: named }),
    ...(adminToken !== undefined && { adminToken }),
  }
  const origins = [...given].flatMap(([name, { origin }]): [string, string][] =>
    origin === undefined ? [] : [[name, origin]],
  )
  return { settings, origins: new Map(origins) }
}

/** Puts the sources together. Throws SettingsError or UnreadableFile. */
export const resolveSettings = async (flags: Flags, environment: Environment): Promise<Settings> =>
  (await resolveWithOrigins(flags, environment)).settings
