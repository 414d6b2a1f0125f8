/** A run as the command line makes it, but for vitest and a process of its own: many cost a fraction of that. */
import {
  conclusionTroubles,
  coverageOfPlanTroubles,
  coverageTroubles,
  evidenceTroubles,
  planTroubles,
  type Troubles,
  timeTroubles,
} from '../certification/claims.js'
import { proofTroubles } from '../certification/proofs.js'
import { Lab } from '../fixtures/lab.js'
import { Validator } from '../fixtures/validator.js'
import type { Contract } from '../openapi/contract.js'
import { loadContract } from '../openapi/load.js'
import { renderConsole } from '../reporters/console.js'
import type { RunRecord } from '../reporters/record.js'
import { examined } from '../suites/area.js'
import { CHECKS } from '../suites/checks/index.js'
import { grouped } from '../suites/group.js'
import type { Cell } from '../suites/model.js'
import { plan, running } from '../suites/plan.js'
import type { CellReport } from '../suites/results.js'
import { exitCodeOf, recordOf } from './run.js'
import { openSession, type Session } from './session.js'
import { type Flags, resolveSettings, type Settings } from './settings.js'

// What every run would make for itself again.
const VALIDATOR = new Validator()
const contracts = new Map<string | undefined, Promise<Contract>>()

function contractOf(release: string | undefined): Promise<Contract> {
  const known = contracts.get(release) ?? loadContract(release)
  contracts.set(release, known)
  return known
}

async function reportsOf({ setup }: Session): Promise<CellReport[]> {
  const lab = new Lab(setup, undefined, VALIDATOR)
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

/** What a verifier would say against a record that such a run made. */
const troublesOf = (record: RunRecord, contract: Contract, cells: readonly Cell[]): Troubles => [
  ...conclusionTroubles(record),
  ...planTroubles(record, contract, cells),
  ...proofTroubles(record, contract, cells, VALIDATOR),
  ...evidenceTroubles(record),
  ...coverageTroubles(record),
  ...coverageOfPlanTroubles(record, contract, cells),
  ...timeTroubles(record, Date.now()),
]

interface Made {
  readonly code: number
  /** As it is read from its file. */
  readonly record: RunRecord
  /** Why a verifier would not take it for genuine. */
  readonly troubles: Troubles
  /** What the command would print. */
  readonly stdout: string
}

/** Runs as `nvcf-conformance run` with these flags; the settings are those of a config file, read already. */
export async function runHere(flags: Flags, configured: Partial<Settings> = {}): Promise<Made> {
  const settings = { ...(await resolveSettings(flags, {})), ...configured }
  const contract = await contractOf(settings.release)
  const cells = plan(contract, CHECKS, settings)
  const session = await openSession(settings, contract, cells)
  const reports = await reportsOf(session).catch(async (cause: unknown) => {
    await session.close()
    throw cause
  })
  const execution = { reports, interrupted: false, cleanup: await session.close() }
  const made = recordOf(settings, session, execution, { waivers: [] })
  const record: RunRecord = JSON.parse(JSON.stringify(made))
  return {
    ...{ code: exitCodeOf(record), record, troubles: troublesOf(record, contract, cells) },
    stdout: renderConsole(record, { width: 100, colour: false, reports: [] }),
  }
}
