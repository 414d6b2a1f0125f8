/** Vitest's side of a run: one test for each check and operation, with its cells inside. */
import { inject } from 'vitest'
import { type Lab, test } from '../fixtures/lab.js'
import type { Check } from './check.js'
import { CHECKS } from './checks/index.js'
import type { Area, Cell } from './model.js'
import { running } from './plan.js'
import { type CellResult, testName } from './results.js'

async function examine(check: Check, cell: Cell, lab: Lab): Promise<CellResult> {
  const observation = await lab.observe(cell)
  const { expected, observed, evidence, verdict } = check.judge(observation, lab.validator)
  const durationMs = lab.durationOf(observation.answer.exchange)
  return { id: cell.id, verdict, durationMs, expected, observed, evidence }
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

/** Defines the tests of an area from the plan. */
export function defineArea(area: Area): void {
  const cells = running(inject('setup').cells).filter((cell) => cell.area === area)
  // Vitest takes a file without tests for a mistake.
  if (cells.length === 0) test.skip(`${area}: nothing selected`)
  for (const check of CHECKS) {
    const ofCheck = cells.filter((cell) => cell.check === check.id)
    for (const operation of new Set(ofCheck.map((cell) => cell.operation))) {
      const own = ofCheck.filter((cell) => cell.operation === operation)
      test.concurrent(testName(check.id, operation), async ({ lab, signal, task }) => {
        signal.addEventListener('abort', () => lab.interrupt(), { once: true })
        const results = await Promise.all(
          own.map((cell) => examine(check, cell, lab).catch((cause: unknown) => suiteFault(cell, cause))),
        )
        const exchanges = lab.newEvidence(
          results.flatMap(({ evidence }) => evidence.map(({ exchange }) => exchange)),
        )
        const reach = await lab.newReach(operation)
        task.meta.conformance = {
          results,
          exchanges,
          ...(reach !== undefined && { reach }),
          requests: lab.requests,
        }
        const required = new Set(own.filter(({ level }) => level === 'required').map(({ id }) => id))
        const undecided = results.filter(({ id, verdict }) => verdict !== 'pass' && required.has(id))
        if (undecided.length > 0) throw new Error(undecided.map(line).join('\n'))
      })
    }
  }
}
