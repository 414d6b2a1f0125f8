/** Vitest, driven as a library: runs the planned cells in one worker and collects their verdicts. */
import { fileURLToPath } from 'node:url'
import { createVitest } from 'vitest/node'
import type { RunSetup } from '../fixtures/lab.js'
import { Collector } from '../reporters/vitest.js'
import type { CellReport } from '../suites/results.js'

/** No single test may outlast a run; requests have their own patience. */
const TEST_TIMEOUT_MS = 60 * 60 * 1000

/** Sources or compiled code: the suites lie beside this folder, with the same extension as this file. */
const root = fileURLToPath(new URL('..', import.meta.url))
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Removes the listeners to signals that the work adds: vitest's own end the process within a millisecond,
 * before anything can be cleaned up or written.
 */
async function withoutSignalListeners<T>(work: () => Promise<T>): Promise<T> {
  const before = SIGNALS.map((signal) => ({ signal, known: process.listeners(signal) }))
  const result = await work()
  for (const { signal, known } of before) {
    for (const listener of process.listeners(signal)) {
      if (!known.includes(listener)) process.off(signal, listener)
    }
  }
  return result
}

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
      provide: { setup },
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
      await vitest.cancelCurrentRun('keyboard-input')
    },
  }
}
