/**
 * What a run is told to do: flags before environment before config file before defaults. Secrets come from
 * the environment only.
 */
import { existsSync } from 'node:fs'
import type { KeyKind } from '../openapi/contract.js'
import { isRecord, type JsonRecord } from '../openapi/json.js'
import { readYaml } from '../openapi/yaml.js'
import { DEFAULT_REPORTERS, REPORTER_NAMES, type ReporterName } from '../reporters/write.js'
import { MATRIX_PLANS, type MatrixPlan, MODES, type Mode } from '../suites/plan.js'

/** A mistake in flags, environment or config file; the message names it and the mend. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

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
  /** From NVCF_TOKEN. A secret. */
  readonly adminToken?: string
}

/** One setting: its flag, what it takes, and other environment variables that NVCF's documentation uses. */
interface Option {
  readonly name: string
  /** Absent for a switch. */
  readonly takes?: string
  readonly help: string
  readonly many?: boolean
  readonly alias?: string
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
  { name: 'out', takes: 'DIR', help: 'where the record and the reports go (default: conformance-report)' },
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
  },
  { name: 'baseline', takes: 'RECORD', help: 'an earlier record: only what is new since then fails the run' },
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

const MODE_NAMES = Object.keys(MODES).filter((name): name is Mode => name in MODES)

const DEFAULT_CONFIG = 'nvcf-conformance.yaml'

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>
type Environment = Readonly<Record<string, string | undefined>>

async function readConfig(file: string | undefined): Promise<JsonRecord> {
  if (file === undefined && !existsSync(DEFAULT_CONFIG)) return {}
  const name = file ?? DEFAULT_CONFIG
  const config = (await readYaml(name)) ?? {}
  if (!isRecord(config))
    throw new SettingsError(`${name} must hold a mapping of settings, such as 'gateway: http://…'.`)
  const known = [...OPTIONS.map((option) => option.name), ...CONFIG_ONLY]
  for (const key of Object.keys(config)) {
    if (!known.some((name) => name === key)) {
      throw new SettingsError(`${name}: there is no setting '${key}'. There are: ${known.join(', ')}.`)
    }
  }
  return config
}

const texts = (value: unknown, where: string): string[] => {
  const list = Array.isArray(value) ? value : [value]
  return list.map((item) => {
    if (typeof item === 'string' || typeof item === 'number') return String(item)
    throw new SettingsError(`${where} must be text, not ${JSON.stringify(item)}.`)
  })
}

/** Every value of an option, from the first source that has one. */
function valuesOf(option: Option, flags: Flags, environment: Environment, config: JsonRecord): string[] {
  const flag = flags[option.name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]
  // A switch is on or off; whatever else is given for it is said to be wrong where it is read.
  const plain = (value: unknown) =>
    typeof value === 'boolean' && option.takes === undefined ? `${value}` : value
  if (flag !== undefined) return texts(plain(flag), `--${option.name}`)
  const variables = [
    `NVCF_CONFORMANCE_${option.name.toUpperCase().replaceAll('-', '_')}`,
    ...(option.alias === undefined ? [] : [option.alias]),
  ]
  for (const variable of variables) {
    const value = environment[variable]
    if (value !== undefined && value !== '') {
      return option.many === true ? value.split(',').map((item) => item.trim()) : [value]
    }
  }
  const configured = config[option.name]
  return configured === undefined || configured === null
    ? []
    : texts(plain(configured), `the setting '${option.name}'`)
}

const integer = (name: string, value: string, least: number, most: number): number => {
  const number = Number(value)
  if (Number.isInteger(number) && value.trim() !== '' && number >= least && number <= most) return number
  throw new SettingsError(`--${name} takes a whole number from ${least} to ${most}, not '${value}'.`)
}

const among = <T extends string>(name: string, value: string, known: readonly T[]): T => {
  const found = known.find((candidate) => candidate === value)
  if (found === undefined) throw new SettingsError(`--${name} takes ${known.join(', ')}, not '${value}'.`)
  return found
}

/** The reports that are named, or those that every run renders. */
export const reportersOf = (names: readonly string[]): readonly ReporterName[] =>
  names.length === 0
    ? DEFAULT_REPORTERS
    : [...new Set(names.map((name) => among('reporter', name, REPORTER_NAMES)))]

const isOn = (name: string, value: string): boolean =>
  among(name, value, ['true', 'false', '1', '0']) === 'true' || value === '1'

/** `host:port` as NVCF's documentation writes GATEWAY_ADDR, or a URL. */
function gatewayUrl(value: string, where: string): string {
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

const shardOf = (value: string): { index: number; count: number } => {
  const [index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).slice(1).map(Number)
  if (index < 1 || count < index)
    throw new SettingsError(`--shard takes I/N with I from 1 to N, such as 1/4, not '${value}'.`)
  return { index, count }
}

const mapping = (value: unknown, where: string): JsonRecord => {
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw new SettingsError(`The setting '${where}' must be a mapping.`)
  return value
}

const textMapping = (value: unknown, where: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(mapping(value, where)).map(([key, item]) => [
      key,
      texts(item, `the setting '${where}.${key}'`)[0] ?? '',
    ]),
  )

/** Puts the sources together. Throws SettingsError or UnreadableFile. */
export async function resolveSettings(flags: Flags, environment: Environment): Promise<Settings> {
  const configFile = flags.config ?? environment.NVCF_CONFORMANCE_CONFIG
  const config = await readConfig(configFile === undefined ? undefined : texts(configFile, '--config')[0])
  const values = new Map(OPTIONS.map((option) => [option.name, valuesOf(option, flags, environment, config)]))
  const all = (name: string): string[] => values.get(name) ?? []
  const one = <T>(name: string, read: (value: string) => T): T | undefined => {
    const value = all(name)[0]
    return value === undefined ? undefined : read(value)
  }
  const gateway = one('gateway', (value) => gatewayUrl(value, '--gateway'))
  const domain = one('domain', (value) => value.toLowerCase())
  if (domain !== undefined && !/^[a-z0-9.:[\]-]+$/.test(domain)) {
    throw new SettingsError(`--domain takes a host name such as nvcf.example, not '${domain}'.`)
  }
  const release = one('release', (value) => value)
  const spec = one('spec', (value) => value)
  const shard = one('shard', shardOf)
  const [waivers, baseline] = [one('waivers', (value) => value), one('baseline', (value) => value)]
  const product = config.product === undefined ? undefined : textMapping(config.product, 'product')
  const services = Object.entries(textMapping(config.services, 'services'))
  const configured = (name: 'serviceId' | 'taskServiceId' | 'account') =>
    config[name] === undefined ? undefined : texts(config[name], `the setting '${name}'`)[0]
  const serviceId = environment.SERVICE_ID ?? configured('serviceId')
  const [taskServiceId, account] = [configured('taskServiceId'), configured('account')]
  return {
    ...(gateway !== undefined && { gateway }),
    ...(domain !== undefined && { domain }),
    ...(release !== undefined && { release }),
    ...(spec !== undefined && { spec }),
    allowRemoteRefs: one('allow-remote-refs', (value) => isOn('allow-remote-refs', value)) ?? false,
    profile: all('profile')[0] ?? 'full',
    mode: one('mode', (value) => among('mode', value, MODE_NAMES)) ?? 'full',
    matrix: one('matrix', (value) => among('matrix', value, MATRIX_PLANS)) ?? 'exhaustive',
    propagationTimeoutMs:
      1000 * (one('propagation-timeout', (value) => integer('propagation-timeout', value, 1, 3600)) ?? 180),
    checks: all('check'),
    operations: all('operation'),
    out: all('out')[0] ?? 'conformance-report',
    reporters: reportersOf(all('reporter')),
    ...(waivers !== undefined && { waivers }),
    ...(baseline !== undefined && { baseline }),
    seed:
      one('seed', (value) => integer('seed', value, 0, 2 ** 31 - 1)) ?? Math.floor(Math.random() * 2 ** 31),
    concurrency: one('concurrency', (value) => integer('concurrency', value, 1, 64)) ?? 8,
    timeoutMs: one('timeout', (value) => integer('timeout', value, 100, 600_000)) ?? 10_000,
    ...(shard !== undefined && { shard }),
    services: Object.fromEntries(
      services.map(([name, url]) => [name, gatewayUrl(url, `The setting 'services.${name}'`)]),
    ),
    serviceIds: {
      ...(serviceId !== undefined && { apiKey: serviceId }),
      ...(taskServiceId !== undefined && { taskKey: taskServiceId }),
    },
    ...(account !== undefined && { account }),
    unsupported:
      config.unsupported === undefined ? [] : texts(config.unsupported, "the setting 'unsupported'"),
    ...(product !== undefined && { product }),
    function: mapping(config.function, 'function'),
    ...(environment.NVCF_TOKEN !== undefined &&
      environment.NVCF_TOKEN !== '' && { adminToken: environment.NVCF_TOKEN }),
  }
}
