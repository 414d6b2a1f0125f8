/** From settings to a run that can start, and back to a target as clean as it was found. */
import { randomBytes } from 'node:crypto'
import { startGateway } from '../fixtures/gateway/server.js'
import { ADMIN_LABEL, KeyRing, type KeySettings, mintAdminToken } from '../fixtures/keys.js'
import type { RunSetup } from '../fixtures/lab.js'
import {
  findLedgers,
  Ledger,
  type LedgerEntry,
  type LedgerHead,
  type OpenLedger,
  readLedger,
} from '../fixtures/ledger.js'
import { Operator } from '../fixtures/operator.js'
import { Preflight } from '../fixtures/preflight.js'
import { Redactor } from '../fixtures/redact.js'
import type { FunctionSettings } from '../fixtures/subjects.js'
import { sweep } from '../fixtures/sweep.js'
import { type Asker, Target, type TargetOptions } from '../fixtures/target.js'
import type { Contract } from '../openapi/contract.js'
import { loadContract } from '../openapi/load.js'
import type { TargetIdentity } from '../reporters/record.js'
import { CHECKS } from '../suites/checks/index.js'
import type { Cell } from '../suites/model.js'
import { MODES, plan, running, SelectionError } from '../suites/plan.js'
import { type Settings, SettingsError } from './settings.js'

const ISSUER_SERVICE = 'nvcf-api'

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
  if (typeof ready !== 'number' || ready < 0)
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

/** The contract and the cells that the settings select; nothing is sent. */
export async function planFor(settings: Settings): Promise<{ contract: Contract; cells: Cell[] }> {
  const contract = await loadContract(settings.release)
  const cells = plan(contract, CHECKS, settings)
  if (running(cells).length === 0) {
    throw new SelectionError(
      'This selection leaves nothing to run. Widen --check, --operation, --mode, --profile or --shard.',
    )
  }
  return { contract, cells }
}

/** What could not be removed, in words. */
const describe = ({ thing }: LedgerEntry): string =>
  thing.kind === 'function' ? `function ${thing.name}` : `key '${thing.description}' of ${thing.ownerId}`

export interface Cleanup {
  readonly leftBehind: readonly string[]
  readonly requests: number
}

/** Removes what a ledger still lists from its target, and the ledger with the last of it. */
export async function cleanUp(
  open: OpenLedger,
  contract: Contract,
  given: Asker | undefined,
  patience: Pick<TargetOptions, 'timeoutMs' | 'concurrency'>,
): Promise<Cleanup> {
  if (open.left.length === 0) {
    Ledger.attach(open.file).discard()
    return { leftBehind: [], requests: 0 }
  }
  const redactor = new Redactor()
  const target = new Target({ ...open.head, ...patience }, redactor)
  const ledger = Ledger.attach(open.file)
  const issuer = open.left.map(({ thing }) => thing).find((thing) => thing.kind === 'key')
  const keys = new KeyRing(target, redactor, ledger, {
    runId: `${open.head.run}s`,
    issuerId: issuer?.issuerId ?? '',
    issuerService: issuer?.issuerService ?? ISSUER_SERVICE,
  })
  try {
    const needsAdmin = open.left.some(({ thing }) => thing.kind === 'function')
    const admin = given ?? (needsAdmin ? await mintAdminToken(target, redactor) : { label: 'no credential' })
    const operator = new Operator(contract, target, keys, admin)
    await sweep(operator, ledger, open.left)
    // Keys that the sweep itself had to issue are in the ledger as well.
    const rest = readLedger(open.file)?.left ?? []
    const left = rest.length === 0 ? [] : await sweep(operator, ledger, rest)
    if (left.length === 0) ledger.discard()
    return { leftBehind: left.map(describe), requests: target.requests }
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

/** Opens the target for a planned run. Throws PreflightError and SettingsError, leaving nothing behind. */
export async function openSession(
  settings: Settings,
  contract: Contract,
  cells: readonly Cell[],
): Promise<Session> {
  const fn = functionSettings(settings.function)
  const startedAt = new Date()
  const runId = randomBytes(4).toString('hex')
  const embedded =
    settings.gateway === undefined ? await startGateway({ release: contract.release }) : undefined
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
  }
  const ledger = Ledger.open(settings.out, head)
  const keySettings: KeySettings = { runId, issuerId: settings.serviceId, issuerService: ISSUER_SERVICE }
  const given = embedded === undefined ? givenAdmin(settings) : undefined
  let before = 0

  const close = async (): Promise<Cleanup> => {
    const open = readLedger(ledger.file)
    const cleanup =
      open === undefined ? { leftBehind: [], requests: 0 } : await cleanUp(open, contract, given, patience)
    await embedded?.close()
    return { ...cleanup, requests: cleanup.requests + before }
  }

  const redactor = new Redactor()
  const target = new Target(options, redactor)
  try {
    const keys = new KeyRing(target, redactor, ledger, { ...keySettings, runId: `${runId}p` })
    const admin = await new Preflight(target, gateway).pass(redactor, keys, given)
    return {
      setup: {
        contract,
        cells,
        target: options,
        keys: keySettings,
        function: fn,
        effects: MODES[settings.mode].effects,
        ledger: ledger.file,
        admin,
        seed: settings.seed,
      },
      identity: {
        gateway,
        domain,
        embedded: embedded !== undefined,
        ...(settings.product && { product: settings.product }),
      },
      replayTarget:
        embedded === undefined
          ? ` --gateway ${gateway}${settings.domain === undefined ? '' : ` --domain ${domain}`}`
          : '',
      runId,
      startedAt,
      close,
    }
  } catch (cause) {
    // The target may be out of reach: what could not be removed stays in the ledger for `sweep`.
    await close().catch(() => undefined)
    throw cause
  } finally {
    before = target.requests
    await target.close()
  }
}

/** Ledgers that earlier runs left in the output folder. */
export const leftLedgers = (out: string): OpenLedger[] => findLedgers(out)
