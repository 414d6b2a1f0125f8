/** `run`: plan, preflight, engine, clean-up, record, reports, exit code. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SIGNALS } from '../fixtures/interrupts.js'
import { renderConsole } from '../reporters/console.js'
import { Progress } from '../reporters/progress.js'
import { buildRecord, newVerdict, type RunRecord, type RunVerdict } from '../reporters/record.js'
import { fitted } from '../reporters/terminal.js'
import { isFaulty, type Waiver } from '../reporters/waivers.js'
import { type ReporterName, writeReports } from '../reporters/write.js'
import { CHECKS } from '../suites/checks/index.js'
import { running } from '../suites/plan.js'
import { type CellReport, testName } from '../suites/results.js'
import { suiteIdentity } from './identity.js'
import { describePlan } from './plan.js'
import { loadRecord } from './record-file.js'
import {
  type Cleanup,
  likeBaseline,
  openSession,
  type Planned,
  planFor,
  type Session,
  sweepCommand,
} from './session.js'
import type { Settings } from './settings.js'
import { SettingsError } from './settings-error.js'
import { describeWaivers, readWaivers } from './waivers.js'

const EXIT_CODES: Readonly<Record<RunVerdict, number>> = {
  conformant: 0,
  nonconformant: 1,
  error: 2,
  inconclusive: 3,
}

/** Of what is new, where there is a baseline; waivers that do not hold fail a run as findings do. */
export function exitCodeOf(record: RunRecord): number {
  const code = EXIT_CODES[newVerdict(record)]
  return record.waivers.some(isFaulty) && code !== EXIT_CODES.error ? EXIT_CODES.nonconformant : code
}

/** Signals to stop: the first asks for a clean end, a second ends the process where it stands. */
class Interrupts {
  asked = false
  #stop = (): void => undefined
  readonly #listener = (): void => {
    if (this.asked) {
      process.stderr.write(`\nStopped at once. '${this.#sweep}' removes what is left on the target.\n`)
      process.exit(2)
    }
    this.asked = true
    process.stderr.write(
      '\nStopping: finishing what is under way and cleaning up. Once more to stop at once.\n',
    )
    this.#stop()
  }

  readonly #sweep: string

  /** `sweep`: the command that removes what a run leaves. */
  constructor(sweep: string) {
    this.#sweep = sweep
    for (const signal of SIGNALS) process.on(signal, this.#listener)
  }

  /** Calls back when asked to stop, at once where that was asked already. */
  onAsked(stop: () => void): void {
    this.#stop = stop
    if (this.asked) stop()
  }

  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener)
  }
}

interface Execution {
  readonly reports: readonly CellReport[]
  readonly interrupted: boolean
  readonly cleanup: Cleanup
}

async function runCells(session: Session, interrupts: Interrupts): Promise<readonly CellReport[]> {
  const planned = running(session.setup.cells)
  const tests = new Set(planned.map(({ check, operation }) => testName(check, operation))).size
  const progress = new Progress(tests, process.stderr)
  try {
    // Loaded late: a run that cannot be made need not wait for vitest.
    const { runEngine } = await import('./engine.js')
    // Advice decides nothing.
    const required = new Set(planned.filter(({ level }) => level === 'required').map(({ id }) => id))
    const engine = await runEngine(session.setup, ({ results }) => {
      const count = (verdict: string) =>
        results.filter((result) => result.verdict === verdict && required.has(result.id)).length
      progress.advance({ failed: count('fail'), inconclusive: count('inconclusive') })
    })
    interrupts.onAsked(() => void engine.cancel())
    return await engine.reports
  } finally {
    progress.finish()
  }
}

async function execute(session: Session, interrupts: Interrupts): Promise<Execution> {
  let reports: readonly CellReport[]
  try {
    reports = await runCells(session, interrupts)
  } catch (cause) {
    await session.close()
    throw cause
  }
  return { reports, interrupted: interrupts.asked, cleanup: await session.close() }
}

/** What is known beforehand of how the run may end. */
export interface Expectations {
  readonly waivers: readonly Waiver[]
  readonly baseline?: RunRecord
}

/** Reads what the settings name. Throws SettingsError and RecordError. */
export async function expectationsOf(
  { baseline, waivers }: Settings,
  { cells, contract }: Pick<Planned, 'cells' | 'contract'>,
): Promise<Expectations> {
  return {
    waivers: waivers === undefined ? [] : await readWaivers(waivers, cells),
    ...(baseline !== undefined && { baseline: await baselineFor(baseline, contract.release) }),
  }
}

/** An earlier record with which the run can be compared. Throws SettingsError and RecordError. */
async function baselineFor(file: string, release: string): Promise<RunRecord> {
  const record = await loadRecord(file)
  const { name } = suiteIdentity()
  const refuse = (is: string, wanted: string) =>
    new SettingsError(`The baseline ${file} is of ${is}, this run of ${wanted}. Give a record of the same.`)
  if (record.suite.name !== name) throw refuse(`the suite ${record.suite.name}`, name)
  if (record.contract.release !== release)
    throw refuse(`release ${record.contract.release}`, `release ${release}`)
  return record
}

/** The record of what was executed, as of now. */
export function recordOf(
  settings: Settings,
  session: Session,
  execution: Execution,
  { baseline, waivers }: Expectations,
): RunRecord {
  const { contract, cells } = session.setup
  const { reports, interrupted, cleanup } = execution
  const { checks, operations, unsupported, mode, profile, matrix, propagationTimeoutMs, seed, shard } =
    settings
  return buildRecord({
    contract,
    checks: CHECKS,
    cells,
    reports,
    suite: suiteIdentity(),
    target: session.identity,
    run: {
      id: session.runId,
      startedAt: session.startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
      seed,
      mode,
      profile,
      matrix,
      propagationTimeoutMs,
      selection: { checks, operations, unsupported },
      shard: shard ?? null,
      requests: cleanup.requests + Math.max(0, ...reports.map((report) => report.requests)),
      interrupted,
    },
    leftBehind: cleanup.leftBehind,
    waivers,
    ...(baseline !== undefined && { baseline }),
    replayTarget: session.replayTarget,
  })
}

/** What an earlier run left is not touched, and not to be taken for the record of this one. */
function tellOfEarlier(out: string): void {
  const record = join(out, 'record.json')
  if (existsSync(record)) process.stderr.write(`${record} is of an earlier run; this one wrote none.\n`)
}

async function make(given: Settings): Promise<number> {
  const settings = await likeBaseline(given)
  const planned = await planFor(settings)
  const { contract, cells } = planned
  const expectations = await expectationsOf(settings, planned)
  const waivers = describeWaivers(expectations.waivers, cells, new Date())
  const { stderr } = process
  stderr.write(`${fitted([describePlan(planned, settings), ...waivers].join('\n'), stderr.columns)}\n`)
  const interrupts = new Interrupts(sweepCommand(settings))
  try {
    const session = await openSession(settings, contract, cells)
    const result = recordOf(settings, session, await execute(session, interrupts), expectations)
    await tell(result, settings.out, settings.reporters)
    return exitCodeOf(result)
  } finally {
    interrupts.release()
  }
}

/** Writes the record and its reports into the folder, and prints the readable end of the run. */
export async function tell(record: RunRecord, out: string, names: readonly ReporterName[]): Promise<void> {
  const reports = await writeReports(record, out, names)
  const { stdout } = process
  const width = stdout.columns ?? 100
  const colour = stdout.isTTY === true && stdout.hasColors()
  stdout.write(`${renderConsole(record, { width, colour, reports })}\n`)
}

/** Makes a run and answers its exit code. */
export async function run(settings: Settings): Promise<number> {
  try {
    return await make(settings)
  } catch (cause) {
    tellOfEarlier(settings.out)
    throw cause
  }
}
