/** What travels from the worker, test by test, to the record. */
import type {} from 'vitest'
import type { Reach } from './coverage.js'
import type { Evidence, Exchange, Verdict } from './model.js'
import type { Packed } from './packed.js'
import type { Deviation, Measured } from './verdict.js'

/** A cell with its verdict. */
export interface CellResult {
  readonly id: string
  readonly verdict: Verdict
  /** Of the request that decided it, in milliseconds. */
  readonly durationMs: number
  readonly expected: string
  readonly observed: string
  readonly evidence: readonly Evidence[]
  /** Set when the verdict is `fail`. */
  readonly deviation?: Deviation
  readonly measured?: Measured
}

/** What a test reports of itself. */
export interface CellReport {
  readonly results: readonly CellResult[]
  readonly exchanges: readonly Exchange[]
  /** Of the operation, unless another test has told it. */
  readonly reach?: Reach
  /** Requests sent by the worker so far. */
  readonly requests: number
}

/** What vitest calls the test of a check and an operation. */
export const testName = (check: string, operation: string): string => `${check}  ${operation}`

declare module 'vitest' {
  interface TaskMeta {
    conformance?: Packed<CellReport>
  }
}
