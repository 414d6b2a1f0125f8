/** From settings to a run that can start, and back to a target as clean as it was found. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { ADMIN_LABEL, IssueRefused, KeyRing, type KeySettings, mintAdminToken } from '../fixtures/keys.js'
import type { RunSetup } from '../fixtures/lab.js'
import { Ledger, type LedgerHead, type OpenLedger, readLedger } from '../fixtures/ledger.js'
import { Operator } from '../fixtures/operator.js'
import { type PlannedService, Preflight } from '../fixtures/preflight.js'
import { Redactor } from '../fixtures/redact.js'
import type { FunctionSettings } from '../fixtures/subjects.js'
import { possessionInWords, sweep } from '../fixtures/sweep.js'
import { type Asker, Target, type TargetOptions } from '../fixtures/target.js'
import { apiSets, type Contract, type KeyIssue, type KeyKind } from '../openapi/contract.js'
import type { TargetIdentity } from '../reporters/record.js'
import { CHECKS } from '../suites/checks/index.js'
import type { Cell } from '../suites/model.js'
import {
  askedTogether,
  type Estimate,
  estimate,
  type MatrixPlan,
  MODES,
  plan,
  running,
  SelectionError,
} from '../suites/plan.js'
import { startEmbedded } from './embedded.js'
import { loadRecord } from './record-file.js'
import { DEFAULT_OUT, type Settings, SettingsError } from './settings.js'
import { contractFor, nameOf, summaryOf } from './spec.js'

/** Suits the reference gateway; a real deployment names an image that starts there. */
const FUNCTION_DEFAULTS: FunctionSettings = {
  containerImage: 'nvcr.io/nvcf-conformance/echo:1.0',
  inferenceUrl: '/echo',
  readyTimeoutMs: 120_000,
  inFlightRequest: { respondWith: 202 },
}

function functionSettings(configured: Settings['function']): FunctionSettings {
  const known = [...Object.keys(FUNCTION_DEFAULTS), 'gpu', 'instanceType']
  for (const key of Object.keys(configured)) {
    if (!known.includes(key))
      throw new SettingsError(`There is no setting 'function.${key}'. There are: ${known.join(', ')}.`)
  }
  const textOf = (key: string): string | undefined => {
    const value = configured[key]
    if (value === undefined || typeof value === 'string') return value
    throw new SettingsError(`The setting 'function.${key}' must be text.`)
  }
  const ready = configured.readyTimeoutMs ?? FUNCTION_DEFAULTS.readyTimeoutMs
  if (typeof ready !== 'number' || !Number.isFinite(ready) || ready < 0)
    throw new SettingsError("The setting 'function.readyTimeoutMs' must be milliseconds.")
  const [gpu, instanceType] = [textOf('gpu'), textOf('instanceType')]
  return {
    containerImage: textOf('containerImage') ?? FUNCTION_DEFAULTS.containerImage,
    inferenceUrl: textOf('inferenceUrl') ?? FUNCTION_DEFAULTS.inferenceUrl,
    readyTimeoutMs: ready,
    inFlightRequest: configured.inFlightRequest ?? FUNCTION_DEFAULTS.inFlightRequest,
    ...(gpu !== undefined && { gpu }),
    ...(instanceType !== undefined && { instanceType }),
  }
}

const NOBODY = '00000000-0000-4000-8000-000000000000'

/** The services that the run will ask. */
export function servicesOf(contract: Contract, cells: readonly Cell[]): Map<string, PlannedService> {
  const planned = new Set(running(cells).map(({ operation }) => operation))
  const services = new Map<string, PlannedService>()
  for (const { id, service, apiSet } of contract.operations) {
    if (!planned.has(id)) continue
    const known = services.get(service)?.apiSets ?? []
    const read = contract.operations.find(
      (one) => one.service === service && one.method === 'GET' && one.hostLabels.length === 0,
    )
    if (read === undefined) continue
    const path = read.path.replaceAll(/\{[^}]*\}/g, NOBODY)
    services.set(service, { apiSets: known.includes(apiSet) ? known : [...known, apiSet], path })
  }
  return services
}

/** Those that every run asks in other ways before it begins. */
const ALWAYS_ASKED: ReadonlySet<string> = new Set(['api', 'api-keys'])

/** The kinds of keys that the run will ask with; every run issues one of the first. */
export const keyKindsOf = (cells: readonly Cell[]): KeyKind[] => [
  ...new Set<KeyKind>([
    'apiKey',
    ...running(cells).flatMap(({ probe: { credential } }) =>
      credential.kind === 'key' || credential.kind === 'own-keys' ? [credential.keyKind] : [],
    ),
  ]),
]

/** What the settings select, and what asking so costs under either plan of the matrix. */
export interface Planned {
  readonly contract: Contract
  readonly cells: readonly Cell[]
  readonly costs: Readonly<Record<MatrixPlan, Estimate>>
}

/** With the seed of the baseline, where nobody gives another: only the same draw can be compared with it. */
export async function likeBaseline(settings: Settings): Promise<Settings> {
  const { baseline, seedIsDrawn } = settings
  if (baseline === undefined || !seedIsDrawn) return settings
  const { run } = await loadRecord(baseline)
  return { ...settings, seed: run.seed }
}

/** Plans what the settings select; nothing is sent but a request for the gateway's document. */
export async function planFor(settings: Settings): Promise<Planned> {
  functionSettings(settings.function)
  const { contract, examined, notes } = await contractFor(settings)
  if (notes.length > 0) process.stderr.write(`${summaryOf(notes, nameOf(settings.spec ?? ''))}\n`)
  const isGone = (apiSet: string) => apiSets(contract).includes(apiSet) && !apiSets(examined).includes(apiSet)
  const unsupported = settings.unsupported.filter((apiSet) => !isGone(apiSet))
  const selection = { ...settings, unsupported }
  const exhaustive = plan(examined, CHECKS, { ...selection, matrix: 'exhaustive' })
  const grouped = askedTogether(exhaustive, CHECKS, selection)
  const cells = settings.matrix === 'grouped' ? grouped : exhaustive
  if (running(cells).length === 0) {
    throw new SelectionError(
      'This selection leaves nothing to run. Widen --check, --operation, --mode, --profile or --shard.',
    )
  }
  const { mode } = settings
  const costs = {
    exhaustive: estimate(contract, exhaustive, mode),
    grouped: estimate(contract, grouped, mode),
  }
  return { contract, cells, costs }
}

const unwritable = (out: string, cause: unknown): SettingsError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  return new SettingsError(`Nothing can be written to ${out} (${code}). Give another folder with --out.`, {
    cause,
  })
}

/** How keys are issued: as documented, but for the service ids that the settings give. */
export function keyIssueOf(contract: Contract, { serviceIds }: Settings): KeySettings['issue'] {
  const issue: Partial<Record<KeyKind, KeyIssue>> = {}
  for (const [kind, documented] of Object.entries(contract.keyIssue)) {
    const keyKind: KeyKind = kind === 'taskKey' ? kind : 'apiKey'
    issue[keyKind] = { ...documented, issuerId: serviceIds[keyKind] ?? documented.issuerId }
  }
  return issue
}

export interface Cleanup {
  readonly leftBehind: readonly string[]
  readonly requests: number
}

/** Removes what a ledger still lists from its own target, and the ledger when nothing is left there. */
export async function cleanUp(
  open: OpenLedger,
  contract: Contract,
  given: Asker | undefined,
  issue: KeySettings['issue'],
  { concurrency, timeoutMs }: Pick<TargetOptions, 'timeoutMs' | 'concurrency'>,
): Promise<Cleanup> {
  const ledger = Ledger.attach(open.file)
  if (open.all.length === 0) {
    ledger.discard()
    return { leftBehind: [], requests: 0 }
  }
  const { gateway, domain, services, run } = open.head
  const redactor = new Redactor()
  const target = new Target({ gateway, domain, services, concurrency, timeoutMs }, redactor)
  const keys = new KeyRing(target, redactor, ledger, { runId: `${run}s`, issue })
  try {
    const needsAdmin = open.all.some(({ kind }) => kind !== 'key' && kind !== 'task')
    const admin = given ?? (needsAdmin ? await mintAdminToken(target, redactor) : { label: 'no credential' })
    const operator = new Operator(contract, target, keys, admin)
    const leftBehind = await sweep(operator, ledger, () => readLedger(open.file) ?? open)
    if (leftBehind.length === 0) ledger.discard()
    return { leftBehind, requests: target.requests }
  } catch (cause) {
    // A target that gives no credential any more lets nothing be removed; the ledger keeps the list.
    if (!(cause instanceof IssueRefused)) throw cause
    return { leftBehind: open.left.map(({ thing }) => possessionInWords(thing)), requests: target.requests }
  } finally {
    await target.close()
  }
}

export interface Session {
  readonly setup: RunSetup
  readonly identity: TargetIdentity
  /** The words that make a replay command reach the same target. */
  readonly replayTarget: string
  readonly runId: string
  readonly startedAt: Date
  /** Cleans up, stops the embedded gateway, and tells what stayed. */
  close(): Promise<Cleanup>
}

export const givenAdmin = ({ adminToken }: Settings): Asker | undefined =>
  adminToken === undefined ? undefined : { label: ADMIN_LABEL, bearer: adminToken }

/** A target with a ledger for what is made on it. */
export interface OpenTarget {
  readonly runId: string
  readonly startedAt: Date
  readonly options: TargetOptions
  readonly embedded: boolean
  readonly ledger: Ledger
  readonly issue: KeySettings['issue']
  /** The admin token that the settings give. */
  readonly given: Asker | undefined
  readonly redactor: Redactor
  /** For what comes before the run itself; as are the keys. */
  readonly target: Target
  readonly keys: KeyRing
  /** No more is asked of that target. */
  finish(): Promise<void>
  /** Cleans up, stops the embedded gateway, and tells what stayed. */
  close(): Promise<Cleanup>
}

/** Opens the target that the settings name; sends nothing. Throws SettingsError, leaving nothing behind. */
export async function openTarget(settings: Settings, contract: Contract): Promise<OpenTarget> {
  const startedAt = new Date()
  const runId = randomBytes(4).toString('hex')
  const embedded = settings.gateway === undefined ? await startEmbedded(contract.release) : undefined
  const gateway = settings.gateway ?? embedded?.url ?? ''
  const domain = settings.domain ?? new URL(gateway).hostname
  const patience = { timeoutMs: settings.timeoutMs, concurrency: settings.concurrency }
  const options: TargetOptions = { gateway, domain, services: settings.services, ...patience }
  const head: LedgerHead = {
    run: runId,
    gateway,
    domain,
    services: settings.services,
    startedAt: startedAt.toISOString(),
    pid: process.pid,
    host: hostname(),
    embedded: embedded !== undefined,
    release: contract.release,
  }
  let ledger: Ledger
  try {
    ledger = Ledger.open(settings.out, head)
  } catch (cause) {
    await embedded?.close()
    throw unwritable(settings.out, cause)
  }
  const issue = keyIssueOf(contract, settings)
  const given = embedded === undefined ? givenAdmin(settings) : undefined
  const redactor = new Redactor()
  const target = new Target(options, redactor)
  return {
    ...{
      runId,
      startedAt,
      options,
      embedded: embedded !== undefined,
      ledger,
      issue,
      given,
      redactor,
      target,
    },
    keys: new KeyRing(target, redactor, ledger, { runId: `${runId}p`, issue }),
    finish: () => target.close(),
    async close() {
      try {
        const open = readLedger(ledger.file)
        const cleanup =
          open === undefined
            ? { leftBehind: ['unknown: the ledger of the run is gone'], requests: 0 }
            : await cleanUp(open, contract, given, issue, patience)
        return { ...cleanup, requests: cleanup.requests + target.requests }
      } finally {
        await embedded?.close()
      }
    },
  }
}

/** The command that removes what a run with these settings may leave. */
export const sweepCommand = ({ out }: Settings): string =>
  `nvcf-conformance sweep${out === DEFAULT_OUT ? '' : ` --out "${out}"`}`

/** The words that make a command reach the same target, from the same config file, and do no more to it. */
function replayWords({ config, domain, gateway, mode, release, spec }: Settings): string {
  const words: readonly (readonly [flag: string, value: string | undefined])[] = [
    ['gateway', gateway],
    ['domain', gateway === undefined ? undefined : domain],
    ['release', release],
    ['spec', spec && `"${nameOf(spec)}"`],
    ['config', config && `"${config}"`],
    // What a target is spared by a run, it is spared by every replay.
    ['mode', mode === 'full' ? undefined : mode],
  ]
  return words
    .map(([flag, value]) => (value === undefined || value === '' ? '' : ` --${flag} ${value}`))
    .join('')
}

/** Opens the target for a planned run. Throws PreflightError and SettingsError, leaving nothing behind. */
export async function openSession(
  settings: Settings,
  contract: Contract,
  cells: readonly Cell[],
): Promise<Session> {
  const fn = functionSettings(settings.function)
  const opened = await openTarget(settings, contract)
  const { embedded, given, issue, keys, ledger, options, redactor, runId, startedAt, target } = opened
  try {
    const services = [...servicesOf(contract, cells)].filter(([service]) => !ALWAYS_ASKED.has(service))
    const { admin, reference } = await new Preflight(target, options).pass(
      redactor,
      keys,
      given,
      new Map(services),
      keyKindsOf(cells),
    )
    return {
      setup: {
        contract,
        cells,
        target: options,
        keys: { runId, issue },
        account: settings.account ?? `nvcf-conformance-${runId}`,
        function: fn,
        effects: MODES[settings.mode].effects,
        ledger: ledger.file,
        admin,
        seed: settings.seed,
        propagationTimeoutMs: settings.propagationTimeoutMs,
      },
      identity: {
        gateway: options.gateway,
        domain: options.domain,
        embedded,
        reference: embedded || reference,
        ...(settings.product && { product: settings.product }),
      },
      replayTarget: replayWords(settings),
      runId,
      startedAt,
      close: opened.close,
    }
  } catch (cause) {
    // The target may be out of reach: what could not be removed stays in the ledger for `sweep`.
    await opened.close().catch(() => undefined)
    throw cause
  } finally {
    await opened.finish()
  }
}
