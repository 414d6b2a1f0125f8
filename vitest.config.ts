import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './cli/vitest-reporter.ts'],
    // Most test files wait for processes of their own: on two processors, too, two of them go at once.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'self-tests',
          include: ['**/*.test.ts'],
          exclude: ['dist/**', 'node_modules/**'],
          // Nothing here is mocked: what one file has loaded serves the next.
          isolate: false,
          globalSetup: ['scripts/test-folder.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['suites/*.suite.ts'],
          pool: 'threads',
          isolate: false,
          fileParallelism: false,
          maxConcurrency: Number.MAX_SAFE_INTEGER,
          testTimeout: 60 * 60 * 1000,
        },
      },
    ],
  },
})
