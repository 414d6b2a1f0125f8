/** The cells of a record as test cases, in the words that all reports for machines share. Pure. */
import { grouped } from '../suites/group.js'
import { requester } from './findings.js'
import type { RecordedCell, RunRecord } from './record.js'
import { type Proof, proofInWords, proofsOf, tookInWords, waiverInWords } from './summary.js'
import { isFaulty, type Waived } from './waivers.js'

export interface TestCase {
  readonly cell: RecordedCell
  /** Unique among the cases of its check. */
  readonly name: string
  /** Why it did not pass, in a sentence; empty where it did. */
  readonly message: string
  /** The particulars, line by line; empty where there are none. */
  readonly text: string
  /** The run with which a baseline has it that this was so before. */
  readonly knownSince?: string
  readonly proofs: readonly Proof[]
}

/** A cell of an operation that the contract no longer names has no API set. */
export const apiSetOf = ({ apiSet }: RecordedCell): string => (apiSet === '' ? 'no API set' : apiSet)

/** `waived by jane until 2027-03-31: the proxy is old`. */
export const waivedInWords = ({ expires, owner, reason }: Waived): string =>
  `waived by ${owner} until ${expires}: ${reason}`

/** A waiver as a test case beside those of the cells: a run fails by waivers that do not hold, too. */
export interface WaiverCase {
  /** Unique. */
  readonly name: string
  readonly fails: boolean
  readonly state: string
  /** What came of it. */
  readonly message: string
}

/** What its cases stand under, as those of cells do under their API set. */
export const WAIVERS = 'Waivers'

export const waiverCases = ({ waivers }: RunRecord): WaiverCase[] =>
  waivers.map((waiver, index) => ({
    name: `waiver ${index + 1} for ${waiver.cells.join(', ')}`,
    fails: isFaulty(waiver),
    state: waiver.state,
    message: `${waiverInWords(waiver)} (${waiver.reason})`,
  }))

const nameOf = (cell: RecordedCell): string => `${cell.operation} with ${requester(cell)}`

function textOf(cell: RecordedCell, proof: string): string {
  const { because, finding, measured } = cell
  const took = measured === undefined ? [] : [`measured  ${measured.what}: ${tookInWords([measured])}`]
  if (finding === undefined) {
    return [...(because === undefined ? [] : [`${cell.id}: ${because}`]), ...took].join('\n')
  }
  const lines = [
    `deviation ${finding.deviation}`,
    `expected  ${finding.expected}`,
    `observed  ${finding.observed}`,
    `clause    ${finding.clause.source}: ${finding.clause.text}`,
    ...(proof === '' ? [] : [`evidence  ${proof}`]),
    ...took,
    `replay    ${finding.replay}`,
  ]
  return lines.join('\n')
}

/** One for each cell, in the order of the record. */
export function* testCases(record: RunRecord): Generator<TestCase> {
  const { baseline, cells } = record
  const proofs = proofsOf(record)
  const old = new Set(baseline?.old)
  const fullName = (cell: RecordedCell) => `${cell.check} ${nameOf(cell)}`
  const namesakes = grouped(cells, fullName)
  for (const cell of cells) {
    const shared = (namesakes.get(fullName(cell))?.length ?? 0) > 1
    const why = cell.finding?.message ?? cell.because ?? ''
    const knownSince = old.has(cell.id) ? baseline?.run : undefined
    const own = proofs(cell)
    yield {
      cell,
      // A check may ask on several paths of one operation; test histories go by name.
      name: shared ? `${nameOf(cell)} (${cell.id})` : nameOf(cell),
      message: knownSince === undefined ? why : `${why} (known since run ${knownSince})`,
      text: textOf(cell, proofInWords(own)),
      ...(knownSince !== undefined && { knownSince }),
      proofs: own,
    }
  }
}
