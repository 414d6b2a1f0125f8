/** Vitest, driven as a library: runs the planned cells in one worker and collects their verdicts. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createVitest } from 'vitest/node'
import { interruptChannel, SIGNALS } from '../fixtures/interrupts.js'
import type { RunSetup } from '../fixtures/lab.js'
import { Collector } from '../reporters/vitest.js'
import type { Cell } from '../suites/model.js'
import { pack } from '../suites/packed.js'
import type { CellReport } from '../suites/results.js'

/** Tests need no patience of their own: requests have theirs. */
const NO_TIMEOUT = 0

/** Tests that wait for their trials together; trials begin by themselves. */
const TESTS_AT_ONCE = 200

/** Cells from which on memory counts for more than the fifth of the time that saving it takes. */
const LARGE_PLAN = 20_000

/** A heap grows by a tenth before it is collected, not fourfold; what is new in the worker's is small. */
const SMALL_HEAP = ['--heap-growing-percent=10', '--max-semi-space-size=2', '--expose-gc']

/** Sources or compiled code: the suites lie beside this folder, with the same extension as this file. */
const root = fileURLToPath(new URL('..', import.meta.url))
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

const CANCEL_AGAIN_MS = 50

/**
 * Keeps signals to those who listen already while the work is done: vitest's own listeners end the process
 * within a millisecond, before anything can be cleaned up or written.
 */
async function withoutSignalListeners<T>(work: () => Promise<T>): Promise<T> {
  const refuse = (event: string | symbol, listener: (...args: unknown[]) => void): void => {
    // Told before the listener is added: it is taken off as soon as it has been.
    if (SIGNALS.some((signal) => signal === event)) queueMicrotask(() => process.off(event, listener))
  }
  process.on('newListener', refuse)
  try {
    return await work()
  } finally {
    process.off('newListener', refuse)
  }
}

const mayRun = ({ leftOut }: Cell): boolean => leftOut === undefined || leftOut.together === true

export interface EngineRun {
  /** Ends with everything that was decided. Throws EngineFault. */
  readonly reports: Promise<readonly CellReport[]>
  /** Stops after what is under way; `reports` still resolves. */
  cancel(): Promise<void>
}

export async function runEngine(setup: RunSetup, onReport: (report: CellReport) => void): Promise<EngineRun> {
  const cells = setup.cells.filter(mayRun)
  const isLarge = cells.length > LARGE_PLAN
  for (const flag of isLarge ? SMALL_HEAP : []) setFlagsFromString(flag)
  const collector = new Collector(onReport)
  let cancelled = false
  const vitest = await withoutSignalListeners(() =>
    createVitest('test', {
      root,
      config: false,
      include: [`suites/*.suite.${extension}`],
      exclude: [],
      watch: false,
      cache: false,
      pool: 'threads',
      isolate: false,
      fileParallelism: false,
      maxWorkers: 1,
      maxConcurrency: TESTS_AT_ONCE,
      // Compiled code is what Node reads by itself, in less than half the time of a start; nothing in it is mocked.
      experimental: { viteModuleRunner: extension === 'ts', nodeLoader: false },
      testTimeout: NO_TIMEOUT,
      hookTimeout: NO_TIMEOUT,
      reporters: [collector],
    }),
  )
  // Not by the options, which are copied again and again; and without cells that can get no result.
  vitest.provide('setup', pack({ ...setup, cells }))
  // This thread only waits from now on, and would keep what packing left for as long as the run lasts.
  if (isLarge) runInNewContext('gc')()
  const reports = (async () => {
    try {
      await vitest.start()
    } finally {
      await vitest.close()
      // Vitest sets the exit code by failed tests; here the verdict decides it.
      process.exitCode = undefined
    }
    if (!cancelled) collector.assertSound()
    return collector.reports
  })()
  return {
    reports,
    async cancel() {
      cancelled = true
      const worker = interruptChannel(setup.keys.runId)
      worker.postMessage('interrupt')
      worker.close()
      let settled = false
      const settle = (): void => {
        settled = true
      }
      reports.then(settle, settle)
      // A run that is only just starting forgets that it was cancelled.
      while (!settled) {
        await vitest.cancelCurrentRun('keyboard-input')
        await sleep(CANCEL_AGAIN_MS)
      }
    },
  }
}
