/** A run as the command line makes it, but for vitest and a process of its own: many cost a fraction of that. */
import { Lab } from '../fixtures/lab.js'
import { renderConsole } from '../reporters/console.js'
import type { RunRecord } from '../reporters/record.js'
import { examined } from '../suites/area.js'
import { grouped } from '../suites/group.js'
import { running } from '../suites/plan.js'
import type { CellReport } from '../suites/results.js'
import { exitCodeOf, recordOf } from './run.js'
import { openSession, planFor, type Session } from './session.js'
import { type Flags, resolveSettings, type Settings } from './settings.js'

async function reportsOf({ setup }: Session): Promise<CellReport[]> {
  const lab = new Lab(setup)
  lab.begin()
  try {
    const tests = [...grouped(running(setup.cells), ({ check, operation }) => `${check} ${operation}`)]
    return await Promise.all(
      tests.map(async ([, own]) => (await examined(own, own[0]?.operation ?? '', lab)).report),
    )
  } finally {
    await lab.close()
  }
}

interface Made {
  readonly code: number
  /** As it is read from its file. */
  readonly record: RunRecord
  /** What the command would print. */
  readonly stdout: string
}

/** Runs as `nvcf-conformance run` with these flags; the settings are those of a config file, read already. */
export async function runHere(flags: Flags, configured: Partial<Settings> = {}): Promise<Made> {
  const settings = { ...(await resolveSettings(flags, {})), ...configured }
  const { cells, contract } = await planFor(settings)
  const session = await openSession(settings, contract, cells)
  const reports = await reportsOf(session).catch(async (cause: unknown) => {
    await session.close()
    throw cause
  })
  const execution = { reports, interrupted: false, cleanup: await session.close() }
  const record = recordOf(settings, session, execution, { waivers: [] })
  return {
    code: exitCodeOf(record),
    record: JSON.parse(JSON.stringify(record)),
    stdout: renderConsole(record, { width: 100, colour: false, reports: [] }),
  }
}
