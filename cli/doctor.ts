/**
 * `doctor`: what a run needs, step by step, each with its mend. Goes on after a failure wherever later steps
 * can still tell something.
 */
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Connected } from '../fixtures/connection.js'
import { findLedgers } from '../fixtures/ledger.js'
import {
  type PlannedService,
  Preflight,
  PreflightError,
  UntrustedCertificate,
} from '../fixtures/preflight.js'
import { KEY_KINDS, type KeyKind } from '../openapi/contract.js'
import { releaseNames } from '../openapi/load.js'
import { counted, singleLine } from '../reporters/text.js'
import type { Answered } from '../suites/model.js'
import { running } from '../suites/plan.js'
import { suiteIdentity } from './identity.js'
import { expectationsOf } from './run.js'
import {
  keyKindsOf,
  type OpenTarget,
  openTarget,
  type Planned,
  planFor,
  servicesOf,
  sweepCommand,
} from './session.js'
import { type Flags, type Resolved, resolveWithOrigins, SERVICES, type Settings } from './settings.js'

const EXIT_PREVENTED = 2

const GLYPHS = { good: '✓', bad: '✗', warning: '!', idle: '-' } as const

const LABEL_WIDTH = 12
const DAY_MS = 24 * 60 * 60 * 1000
/** A certificate that ends sooner may end during what comes next. */
const SOON_DAYS = 14
/** Clocks further apart than this matter: keys carry the time at which they expire. */
const CLOCK_TOLERANCE_MS = 60_000

/** Answers everybody, and a target without it is none. */
const KEYS: PlannedService = { apiSets: [], path: '/v1/keys' }

const ANNOUNCEMENT =
  'Sends what a run begins with and no more: reads without a credential, a request for an admin token (or one with that of NVCF_TOKEN), and for a key of each kind, which it revokes.'

/** Prints each step as it ends, and remembers whether one prevents a run. */
class Steps {
  prevented = false

  say(mark: keyof typeof GLYPHS, step: string, detail: string, mend?: string): void {
    if (mark === 'bad') this.prevented = true
    const lines = [`${GLYPHS[mark]} ${step.padEnd(LABEL_WIDTH)} ${singleLine(detail)}`]
    if (mend !== undefined) lines.push(`    ${singleLine(mend)}`)
    process.stdout.write(`${lines.join('\n')}\n`)
  }

  /** What the work gives; undefined where it says why no run can be made. */
  async try<T>(step: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause
      if (cause instanceof PreflightError) this.say('bad', step, cause.what, cause.mend)
      else this.say('bad', step, cause.message)
      return undefined
    }
  }
}

function tellSuite(steps: Steps): void {
  const { commit, dirty, name, version } = suiteIdentity()
  const build = `${name} ${version}, ${commit === null ? 'of no known commit' : `commit ${commit.slice(0, 12)}`}`
  const state = dirty && commit !== null ? `${build}, with uncommitted changes` : build
  if (commit !== null && !dirty) steps.say('good', 'suite', `${build}, clean`)
  else steps.say('warning', 'suite', state, 'No record of such a build certifies. Build from a clean commit.')
}

function tellOrigins(steps: Steps, { origins, settings }: Resolved): void {
  const named = [...origins].map(([option, origin]) => `${option} from ${origin}`)
  const token = settings.adminToken === undefined ? [] : ['admin token from NVCF_TOKEN']
  const all = [...named, ...token]
  steps.say(
    'good',
    'settings',
    all.length === 0 ? 'all by default' : `${all.join(', ')}; all else by default`,
  )
}

/** What a run would ask, or, where these settings make none, what one of everything would. */
async function planned(steps: Steps, settings: Settings): Promise<Planned> {
  const plan = await steps.try('plan', async () => {
    const made = await planFor(settings)
    await expectationsOf(settings, made)
    return made
  })
  const { config: _, release, shard: _shard, spec: _spec, ...rest } = settings
  const known = release !== undefined && (await releaseNames()).includes(release)
  const everything: Settings = {
    ...rest,
    ...(known && { release }),
    ...{ checks: [], operations: [], unsupported: [], profile: 'full', mode: 'full', function: {} },
  }
  const made = plan ?? (await planFor(everything))
  const { contract, cells } = made
  const count = contract.operations.length
  if (plan !== undefined) {
    steps.say('good', 'release', `${contract.release}: ${counted(count, 'operation')}`)
    steps.say('good', 'plan', counted(running(cells).length, 'cell'))
  } else if (known || release === undefined)
    steps.say('good', 'release', `${contract.release}: ${counted(count, 'operation')}`)
  return made
}

/** Looks at a target, service by service. */
class Examination {
  readonly #steps: Steps
  readonly #opened: OpenTarget
  readonly #preflight: Preflight
  readonly #services: ReadonlyMap<string, PlannedService>
  readonly #keyKinds: readonly KeyKind[]
  /** Services to which a connection could be had. */
  readonly #connected = new Set<string>()
  /** Services that answered under their Hosts. */
  readonly #routed = new Set<string>()

  constructor(steps: Steps, opened: OpenTarget, { cells, contract }: Planned) {
    this.#steps = steps
    this.#opened = opened
    this.#preflight = new Preflight(opened.target, opened.options)
    this.#services = servicesOf(contract, cells)
    this.#keyKinds = keyKindsOf(cells)
  }

  async all(): Promise<void> {
    await this.#connections()
    const plane = await this.#controlPlane()
    await this.#others()
    await this.#adminToken(plane)
    for (const kind of this.#keyKinds) await this.#key(kind)
  }

  /** Those that any run asks, and those that this one would. */
  get #asked(): string[] {
    return Object.keys(SERVICES).filter(
      (name) => name === 'api' || name === 'api-keys' || this.#services.has(name),
    )
  }

  /** One line for all services that fare alike. */
  async #connections(): Promise<void> {
    const { gateway, services, timeoutMs } = this.#opened.options
    const good = new Map<string, Connected>()
    const bad = new Map<string, { readonly error: PreflightError; readonly hosts: string[] }>()
    for (const name of this.#asked) {
      try {
        good.set(name, await this.#preflight.connects(name, timeoutMs))
        this.#connected.add(name)
      } catch (cause) {
        if (!(cause instanceof PreflightError)) throw cause
        const kind = `${services[name] ?? gateway} ${cause.mend}`
        const alike = bad.get(kind) ?? { error: cause, hosts: [] }
        alike.hosts.push(this.#hostOf(name))
        bad.set(kind, alike)
      }
    }
    const addresses = [...new Set([...good.keys()].map((name) => services[name] ?? gateway))]
    if (addresses.length > 0) this.#steps.say('good', 'address', `${addresses.join(', ')}: reachable`)
    for (const { error, hosts } of bad.values()) {
      const step = error instanceof UntrustedCertificate ? 'TLS' : 'address'
      const more = step === 'TLS' && hosts.length > 1 ? ` So for ${hosts.slice(1).join(', ')}.` : ''
      this.#steps.say('bad', step, `${error.what}${more}`, error.mend)
    }
    this.#certificates(good)
  }

  #certificates(connections: ReadonlyMap<string, Connected>): void {
    const ends = [...connections].flatMap(([name, { validTo }]) =>
      validTo === undefined ? [] : [{ name, validTo }],
    )
    const [first] = ends.sort((a, b) => a.validTo.getTime() - b.validTo.getTime())
    if (first === undefined) {
      if (connections.size > 0) this.#steps.say('idle', 'TLS', 'not used: http')
      return
    }
    const hosts = ends.map(({ name }) => this.#hostOf(name)).join(', ')
    const days = Math.floor((first.validTo.getTime() - Date.now()) / DAY_MS)
    const detail = `trusted, and covers ${hosts}; expires in ${counted(days, 'day')}`
    if (days >= SOON_DAYS) this.#steps.say('good', 'TLS', detail)
    else
      this.#steps.say(
        'warning',
        'TLS',
        detail,
        'Renew the certificate: no run can be made once it has expired.',
      )
  }

  async #controlPlane(): Promise<Answered | undefined> {
    if (!this.#connected.has('api')) {
      this.#unasked('api', 'there is no connection')
      this.#steps.say('idle', 'clock', 'not known: the control plane cannot be asked')
      return undefined
    }
    const sentAt = Date.now()
    const reached = await this.#steps.try('Host', () => this.#preflight.reach())
    if (reached === undefined) {
      this.#steps.say('idle', 'clock', 'not known: the control plane gave no answer')
      return undefined
    }
    const { answer, reference } = reached
    this.#clock(answer, sentAt)
    await this.#steps.try('Host', () => {
      this.#preflight.assertRouted(answer)
      this.#answers('api', answer)
    })
    if (reference || this.#opened.embedded)
      this.#steps.say('idle', 'target', 'the reference gateway of the suite: no record of it certifies')
    return answer
  }

  /** A Date header tells whole seconds, of an instant between the request and its answer. */
  #clock({ headers }: Answered, sentAt: number): void {
    const date = Date.parse(headers.date ?? '')
    const ahead = date + 500 - (sentAt + Date.now()) / 2
    const apart = counted(Math.max(Math.round(Math.abs(ahead) / 1000), 1), 'second')
    if (Number.isNaN(date)) this.#steps.say('idle', 'clock', 'not known: the control plane sends no Date')
    else if (Math.abs(ahead) <= CLOCK_TOLERANCE_MS)
      this.#steps.say('good', 'clock', `within ${apart} of this machine's`)
    else
      this.#steps.say(
        'warning',
        'clock',
        `the target's is ${apart} ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`,
        'Set both by NTP: keys are issued with the time at which they expire, and would die too early or too late.',
      )
  }

  async #others(): Promise<void> {
    for (const name of Object.keys(SERVICES).filter((one) => one !== 'api')) {
      const service = name === 'api-keys' ? KEYS : this.#services.get(name)
      if (service === undefined) this.#unasked(name, 'left out by these settings')
      else if (!this.#connected.has(name)) this.#unasked(name, 'there is no connection')
      else
        await this.#steps.try('Host', async () =>
          this.#answers(name, await this.#preflight.routed(name, service)),
        )
    }
  }

  #answers(service: string, { status }: Answered): void {
    this.#routed.add(service)
    this.#steps.say('good', 'Host', `${this.#hostOf(service)} answers ${status} without a credential`)
  }

  #unasked(service: string, why: string): void {
    this.#steps.say('idle', 'Host', `${this.#hostOf(service)} is not asked: ${why}`)
  }

  async #adminToken(plane: Answered | undefined): Promise<void> {
    const { given, redactor } = this.#opened
    if (!this.#isRouted(given === undefined ? 'api-keys' : 'api', 'admin token')) return
    await this.#steps.try('admin token', async () => {
      if (given === undefined) await this.#preflight.mint(redactor, plane)
      else await this.#preflight.accepted(given)
      this.#steps.say('good', 'admin token', given === undefined ? 'minted' : 'NVCF_TOKEN is accepted')
    })
  }

  async #key(kind: KeyKind): Promise<void> {
    const step = KEY_KINDS[kind]
    if (!this.#isRouted('api-keys', step)) return
    await this.#steps.try(step, async () => {
      await this.#preflight.issues(this.#opened.keys, kind)
      this.#steps.say('good', step, 'issued')
    })
  }

  /** Says so where it is not. */
  #isRouted(service: string, step: string): boolean {
    const routed = this.#routed.has(service)
    if (!routed) this.#steps.say('idle', step, `not tried: ${this.#hostOf(service)} does not answer`)
    return routed
  }

  #hostOf(service: string): string {
    return this.#opened.target.hostOf(service)
  }
}

const emptied = (folder: string): void => {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
}

/** A target, and whether the folder of its ledger was made for it. */
interface Opened {
  readonly target: OpenTarget
  readonly isNew: boolean
}

/** The ledger stands where a run would write; elsewhere where nothing can be written there. */
async function opened(steps: Steps, settings: Settings, { contract }: Planned): Promise<Opened> {
  const isNew = !existsSync(settings.out)
  const target = await steps.try('output', () => openTarget(settings, contract))
  if (target !== undefined) {
    steps.say('good', 'output', `${settings.out} can be written`)
    return { target, isNew }
  }
  const out = mkdtempSync(join(tmpdir(), 'nvcf-conformance-'))
  return { target: await openTarget({ ...settings, out }, contract), isNew: true }
}

/** What was made is removed, as after a run; so is an empty folder. */
async function closed(steps: Steps, settings: Settings, { isNew, target }: Opened): Promise<void> {
  await target.finish()
  const { leftBehind } = await target.close()
  const sweep = `'${sweepCommand(settings)}' removes it once the target lets it.`
  if (leftBehind.length > 0)
    return steps.say('bad', 'clean-up', `still there: ${leftBehind.join(', ')}`, sweep)
  if (isNew) emptied(dirname(dirname(target.ledger.file)))
  steps.say('good', 'clean-up', 'of this examination nothing is left')
  const { ledgers, unreadable } = findLedgers(settings.out)
  const runs = ledgers.length + unreadable.length
  if (runs > 0)
    steps.say(
      'warning',
      'clean-up',
      `${settings.out} tells of ${counted(runs, 'run')} that left something, or ${runs === 1 ? 'is' : 'are'} still under way`,
      sweep,
    )
}

/** Answers the exit code: 2 where something prevents a run. */
export async function doctor(flags: Flags): Promise<number> {
  const steps = new Steps()
  process.stderr.write(`${ANNOUNCEMENT}\n`)
  tellSuite(steps)
  const resolved = await steps.try('settings', () => resolveWithOrigins(flags, process.env))
  if (resolved === undefined) return EXIT_PREVENTED
  const { settings } = resolved
  tellOrigins(steps, resolved)
  const plan = await planned(steps, settings)
  const one = await opened(steps, settings, plan)
  try {
    await new Examination(steps, one.target, plan).all()
  } finally {
    await closed(steps, settings, one)
  }
  return steps.prevented ? EXIT_PREVENTED : 0
}
