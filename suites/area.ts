/** Vitest's side of a run: one test for each check and operation, with its cells inside. */
import { injectedPlan, type Lab, test } from '../fixtures/lab.js'
import type { Check } from './check.js'
import { CHECKS } from './checks/index.js'
import { grouped } from './group.js'
import type { Area, Cell } from './model.js'
import { pack } from './packed.js'
import { type CellReport, type CellResult, testName } from './results.js'

async function examine(check: Check, cell: Cell, lab: Lab): Promise<CellResult> {
  if ('tells' in check) return { id: cell.id, durationMs: 0, ...check.tells(await lab.story(check, cell)) }
  const observation = await lab.observe(cell)
  const durationMs = lab.durationOf(observation.answer.exchange)
  return { id: cell.id, durationMs, ...check.judge(observation, lab.validator) }
}

const checkOf = ({ check: id }: Cell): Check => {
  const found = CHECKS.find((check) => check.id === id)
  if (found === undefined) throw new RangeError(`There is no check ${id}`)
  return found
}

/** A fault of the suite is neither the target's nor a pass. */
const suiteFault = (cell: Cell, cause: unknown): CellResult => ({
  id: cell.id,
  verdict: 'error',
  durationMs: 0,
  expected: 'a verdict',
  observed: `the suite failed: ${cause instanceof Error ? cause.message : String(cause)}`,
  evidence: [],
})

const line = (result: CellResult): string =>
  `${result.verdict}: ${result.id}: expected ${result.expected}; observed ${result.observed}`

export interface Examined {
  readonly report: CellReport
  /** Required cells that did not pass. */
  readonly undecided: readonly CellResult[]
}

/** Cells of an operation with their verdicts, and those that were asked alone after all. */
export async function examined(own: readonly Cell[], operation: string, lab: Lab): Promise<Examined> {
  const results: CellResult[] = []
  // One after the other: what the first waits for is there for all.
  const examineAll = async (cells: readonly Cell[]) => {
    for (const cell of cells) {
      results.push(await examine(checkOf(cell), cell, lab).catch((cause: unknown) => suiteFault(cell, cause)))
    }
  }
  await examineAll(own)
  const alone = await lab.newAlone(operation)
  await examineAll(alone)
  const exchanges = lab.newEvidence(
    results.flatMap(({ evidence }) => evidence.map(({ exchange }) => exchange)),
  )
  const reach = await lab.newReach(operation)
  lab.judged(operation, own.length)
  const required = new Set([...own, ...alone].filter(({ level }) => level === 'required').map(({ id }) => id))
  return {
    report: { results, exchanges, ...(reach !== undefined && { reach }), requests: lab.requests },
    undecided: results.filter(({ id, verdict }) => verdict !== 'pass' && required.has(id)),
  }
}

/** Defines the tests of an area from the plan. */
export function defineArea(area: Area): void {
  const { cells: index } = injectedPlan()
  const checks = CHECKS.filter((check) => check.area === area && index.ofCheck(check.id).length > 0)
  // Vitest takes a file without tests for a mistake.
  if (checks.length === 0) test.skip(`${area}: nothing selected`)
  const cells = checks.flatMap((check) => index.ofCheck(check.id))
  for (const [operation, its] of grouped(cells, (cell) => cell.operation)) {
    for (const [check, own] of grouped(its, (cell) => cell.check)) {
      test.concurrent(testName(check, operation), async ({ lab, signal, task }) => {
        signal.addEventListener('abort', () => lab.interrupt(), { once: true })
        const { report, undecided } = await examined(own, operation, lab)
        task.meta.conformance = pack(report)
        if (undecided.length > 0) throw new Error(undecided.map(line).join('\n'))
      })
    }
  }
}
