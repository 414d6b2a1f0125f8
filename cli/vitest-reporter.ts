/**
 * For those who live in vitest: `vitest run --project conformance` makes the same plan and the same record
 * as `nvcf-conformance run`, from the same environment and config file.
 */
import type { TestModule, TestRunEndReason, TestSpecification } from 'vitest/node'
import { renderConsole } from '../reporters/console.js'
import { Collector } from '../reporters/vitest.js'
import { writeReports } from '../reporters/write.js'
import { pack } from '../suites/packed.js'
import { type Expectations, expectationsOf, recordOf } from './run.js'
import { openSession, planFor, type Session } from './session.js'
import { resolveSettings, type Settings } from './settings.js'

export default class ConformanceReporter extends Collector {
  // Vitest hands reporters their options; this one has none.
  // biome-ignore lint/complexity/noUselessConstructor: it keeps those options from the base class
  constructor() {
    super()
  }

  #run:
    | { readonly settings: Settings; readonly session: Session; readonly expectations: Expectations }
    | undefined

  async onTestRunStart(specifications: readonly TestSpecification[]): Promise<void> {
    const project = specifications
      .map((specification) => specification.project)
      .find(({ name }) => name === 'conformance')
    if (project === undefined) return
    const settings = await resolveSettings({}, process.env)
    const { contract, cells } = await planFor(settings)
    const expectations = await expectationsOf(settings, { cells, contract })
    const session = await openSession(settings, contract, cells)
    this.#run = { settings, session, expectations }
    project.provide('setup', pack(session.setup))
  }

  override async onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly { message: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    await super.onTestRunEnd(modules, errors, reason)
    if (this.#run === undefined) return
    const { expectations, session, settings } = this.#run
    const cleanup = await session.close()
    const record = recordOf(
      settings,
      session,
      {
        reports: this.reports,
        interrupted: reason === 'interrupted',
        cleanup,
      },
      expectations,
    )
    const reports = await writeReports(record, settings.out, settings.reporters)
    process.stdout.write(
      `${renderConsole(record, { width: process.stdout.columns ?? 100, colour: false, reports })}\n`,
    )
  }
}
