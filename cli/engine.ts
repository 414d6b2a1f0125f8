/** Vitest, driven as a library: runs the planned cells in one worker and collects their verdicts. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createVitest } from 'vitest/node'
import { interruptChannel } from '../fixtures/interrupts.js'
import type { RunSetup } from '../fixtures/lab.js'
import { Collector } from '../reporters/vitest.js'
import type { Cell } from '../suites/model.js'
import type { CellReport } from '../suites/results.js'

/** No single test may outlast a run; requests have their own patience. */
const TEST_TIMEOUT_MS = 60 * 60 * 1000

/** Sources or compiled code: the suites lie beside this folder, with the same extension as this file. */
const root = fileURLToPath(new URL('..', import.meta.url))
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

const CANCEL_AGAIN_MS = 50

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

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
      maxConcurrency: Number.MAX_SAFE_INTEGER,
      testTimeout: TEST_TIMEOUT_MS,
      hookTimeout: TEST_TIMEOUT_MS,
      reporters: [collector],
      // Cells that can get no result would only have to be carried over.
      provide: { setup: { ...setup, cells: setup.cells.filter(mayRun) } },
    }),
  )
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
