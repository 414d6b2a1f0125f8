/** `run`: plan, preflight, engine, clean-up, record, reports, exit code. */
import { renderConsole } from '../reporters/console.js'
import { Progress } from '../reporters/progress.js'
import { buildRecord, type RunRecord, type RunVerdict } from '../reporters/record.js'
import { writeReports } from '../reporters/write.js'
import { CHECKS } from '../suites/checks/index.js'
import { running } from '../suites/plan.js'
import { type CellReport, testName } from '../suites/results.js'
import { runEngine } from './engine.js'
import { suiteIdentity } from './identity.js'
import { describePlan } from './plan.js'
import { type Cleanup, openSession, planFor, type Session } from './session.js'
import { type Flags, resolveSettings, type Settings } from './settings.js'

export const EXIT_CODES: Readonly<Record<RunVerdict, number>> = {
  conformant: 0,
  nonconformant: 1,
  error: 2,
  inconclusive: 3,
}

/** Calls back on the first signal to stop; a second one ends the process where it stands. */
function onInterrupt(stop: () => void): () => void {
  let asked = false
  const listener = () => {
    if (asked) {
      process.stderr.write(
        "\nStopped at once. 'nvcf-conformance sweep' removes what is left on the target.\n",
      )
      process.exit(2)
    }
    asked = true
    process.stderr.write(
      '\nStopping: finishing what is under way and cleaning up. Once more to stop at once.\n',
    )
    stop()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return () => {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}

interface Execution {
  readonly reports: readonly CellReport[]
  readonly interrupted: boolean
  readonly cleanup: Cleanup
}

async function execute(session: Session): Promise<Execution> {
  let interrupted = false
  let cancel = (): void => undefined
  const release = onInterrupt(() => {
    interrupted = true
    cancel()
  })
  let closed: Promise<Cleanup> | undefined
  const close = () => {
    closed ??= session.close()
    return closed
  }
  const tests = new Set(
    running(session.setup.cells).map(({ check, operation }) => testName(check, operation)),
  ).size
  const progress = new Progress(tests, process.stderr)
  try {
    const engine = await runEngine(session.setup, ({ results }) => {
      const count = (verdict: string) => results.filter((result) => result.verdict === verdict).length
      progress.advance({ failed: count('fail'), inconclusive: count('inconclusive') })
    })
    cancel = () => void engine.cancel()
    if (interrupted) cancel()
    const reports = await engine.reports
    progress.finish()
    return { reports, interrupted, cleanup: await close() }
  } finally {
    progress.finish()
    await close()
    release()
  }
}

/** The record of what was executed, as of now. */
export function recordOf(settings: Settings, session: Session, execution: Execution): RunRecord {
  const { contract, cells } = session.setup
  const { reports, interrupted, cleanup } = execution
  const { checks, operations, unsupported, mode, profile, matrix, seed, shard } = settings
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
      selection: { checks, operations, unsupported },
      shard: shard ?? null,
      requests: cleanup.requests + Math.max(0, ...reports.map((report) => report.requests)),
      interrupted,
    },
    leftBehind: cleanup.leftBehind,
    replayTarget: session.replayTarget,
  })
}

/** Makes a run and answers its exit code. */
export async function run(flags: Flags): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  const { contract, cells } = await planFor(settings)
  const session = await openSession(settings, contract, cells)
  process.stderr.write(`${describePlan(contract, cells, settings, session.identity)}\n`)
  const result = recordOf(settings, session, await execute(session))
  const paths = await writeReports(result, settings.out)
  const width = process.stdout.columns ?? 100
  process.stdout.write(
    `${renderConsole(result, { width, colour: process.stdout.isTTY === true, reports: paths })}\n`,
  )
  return EXIT_CODES[result.verdict]
}
