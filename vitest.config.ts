import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take the longest, in that order: begun last, one of them would go on alone. */
const LONG = ['faults', 'policies', 'variations', 'releases'].map((name) => `suites/${name}.test.ts`)

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.indexOf(relative(import.meta.dirname, moduleId))
      return found === -1 ? LONG.length : found
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    reporters: ['default', './cli/vitest-reporter.ts'],
    // Most test files wait for processes of their own: on two processors, too, two of them go at once.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
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
