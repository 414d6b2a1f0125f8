/** Vitest's reporter interface, turned into what the record is built from. */
import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node'
import { type Packed, unpack } from '../suites/packed.js'
import type { CellReport } from '../suites/results.js'

/** The engine could not do its work; a fault of the suite, not of the target. */
class EngineFault extends Error {
  override readonly name = 'EngineFault'
}

export class Collector implements Reporter {
  readonly #reports: Packed<CellReport>[] = []
  readonly #onReport: (report: CellReport) => void
  readonly #faults: string[] = []

  /** `onReport` is told of each test as it ends. */
  constructor(onReport: (report: CellReport) => void = () => undefined) {
    this.#onReport = onReport
  }

  /** Kept as they came, and read when they are needed: that takes several times the room. */
  get reports(): CellReport[] {
    return this.#reports.map(unpack)
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) this.#faults.push(error.message)
  }

  onTestCaseResult(test: TestCase): void {
    const meta = test.meta()
    if (meta.conformance !== undefined) {
      this.#reports.push(meta.conformance)
      this.#onReport(unpack(meta.conformance))
    } else if (test.result().state !== 'skipped') {
      this.#faults.push(`${test.name}: ${test.result().errors?.[0]?.message ?? 'failed without a report'}`)
    }
  }

  onTestRunEnd(
    _modules: readonly TestModule[],
    errors: readonly { message: string }[],
    _reason: TestRunEndReason,
  ): void | Promise<void> {
    for (const error of errors) this.#faults.push(error.message)
  }

  /** Throws EngineFault when a test ended without a verdict on its cells. */
  assertSound(): void {
    const [first] = this.#faults
    if (first !== undefined) {
      throw new EngineFault(`The suite itself failed (${this.#faults.length} times), first: ${first}`)
    }
  }
}
