/** The record as one self-contained HTML page. */
import type { RunRecord } from './record.js'

/** The page, piece by piece. */
export function* renderHtml(record: RunRecord): Generator<string> {
  yield `<!doctype html><title>${record.verdict}</title>`
}
