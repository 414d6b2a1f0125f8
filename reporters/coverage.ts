/** How much of what the documents say a run examined. Pure. */
import type { Contract, Operation, Schema } from '../openapi/contract.js'
import { answerSchemas, keywordsOf, type Reach, unexercised } from '../suites/coverage.js'
import { grouped } from '../suites/group.js'
import type { Cell } from '../suites/model.js'
import { isOfMatrix } from './matrix.js'
import { counted } from './text.js'

/** What is counted, and the noun for one of it. */
export const DIMENSIONS = {
  /** Covered when a request on its documented path decided a cell. */
  operations: 'operation',
  /** An operation and a credential; covered when its cell passed or failed. */
  scopeCells: 'scope cell',
  /** Covered when the operation answered with it in its trial, on the documented path or on one that names nothing. */
  statuses: 'status code',
  /** Covered when it was exercised by a body that the target did not refuse for its credential. */
  requestKeywords: 'request keyword',
  /** Of one status of one operation; covered when an answer of the trial exercised it. */
  responseKeywords: 'response keyword',
} as const
type Dimension = keyof typeof DIMENSIONS

interface Tally {
  readonly covered: number
  readonly total: number
}

interface Count extends Tally {
  /** Names; a schema of which no keyword was exercised is one name. */
  readonly missing: readonly string[]
}

/** The totals are those of the profile, whatever the selection left out. */
export type Coverage = Readonly<Record<Dimension, Count>> & {
  readonly apiSets: readonly (Readonly<Record<Dimension, Tally>> & { readonly name: string })[]
}

const each = <Value>(of: (dimension: Dimension) => Value): Record<Dimension, Value> => ({
  operations: of('operations'),
  scopeCells: of('scopeCells'),
  statuses: of('statuses'),
  requestKeywords: of('requestKeywords'),
  responseKeywords: of('responseKeywords'),
})

const sum = (counts: readonly Count[]): Count => ({
  covered: counts.reduce((covered, one) => covered + one.covered, 0),
  total: counts.reduce((total, one) => total + one.total, 0),
  missing: counts.flatMap(({ missing }) => missing),
})

const named = (names: readonly string[], isCovered: (name: string) => boolean): Count => {
  const missing = names.filter((name) => !isCovered(name))
  return { covered: names.length - missing.length, total: names.length, missing }
}

function keywords(schema: Schema, places: readonly string[] | undefined, label: string): Count {
  const reached = new Set(places)
  const all = keywordsOf(schema)
  return {
    covered: all.filter((place) => reached.has(place)).length,
    total: all.length,
    missing: unexercised(schema, reached).map((place) => `${label} ${place}`),
  }
}

function countsFor(
  operation: Operation,
  cells: readonly Cell[],
  decided: ReadonlySet<string>,
  reach: Reach | undefined,
): Record<Dimension, Count> {
  const { body, id, responses } = operation
  const examined = cells.some((cell) => cell.probe.path === 'documented' && decided.has(cell.id))
  const answered = new Set(reach?.statuses.map((status) => `${id} ${status}`))
  return {
    operations: named([id], () => examined),
    scopeCells: named(
      cells.filter(({ check }) => isOfMatrix(check)).map((cell) => cell.id),
      (cell) => decided.has(cell),
    ),
    statuses: named(
      responses.map(({ status }) => `${id} ${status}`),
      (name) => answered.has(name),
    ),
    requestKeywords: sum(body === undefined ? [] : [keywords(body.schema, reach?.request, id)]),
    responseKeywords: sum(
      answerSchemas(operation).map(({ name, schema }) =>
        keywords(schema, reach?.responses[name], `${id} ${name}`),
      ),
    ),
  }
}

/** `decided` are the ids of the cells that passed or failed. */
export function coverageOf(
  contract: Contract,
  cells: readonly Cell[],
  decided: ReadonlySet<string>,
  reaches: readonly Reach[],
): Coverage {
  const planned = grouped(cells, ({ operation }) => operation)
  const reachBy = new Map(reaches.map((reach) => [reach.operation, reach]))
  // What a profile takes has cells, run or left out.
  const operations = contract.operations
    .filter(({ id }) => planned.has(id))
    .map((operation) => ({
      apiSet: operation.apiSet,
      counts: countsFor(operation, planned.get(operation.id) ?? [], decided, reachBy.get(operation.id)),
    }))
  const tally = (apiSet: string, dimension: Dimension): Tally => {
    const own = operations.filter((one) => one.apiSet === apiSet)
    const { covered, total } = sum(own.map(({ counts }) => counts[dimension]))
    return { covered, total }
  }
  return {
    ...each((dimension) => sum(operations.map(({ counts }) => counts[dimension]))),
    apiSets: [...new Set(operations.map(({ apiSet }) => apiSet))].map((name) => ({
      name,
      ...each((dimension) => tally(name, dimension)),
    })),
  }
}

/** All dimensions, in the order in which reports show them. */
export const dimensions: readonly Dimension[] = Object.values(each((dimension) => dimension))

/** Whole percent; all of it only when nothing is missing, none only when nothing is covered. */
function percent({ covered, total }: Tally): string {
  const whole = Math.floor((100 * covered) / total)
  return whole === 0 && covered > 0 ? 'under 1%' : `${whole}%`
}

/** `100% of 54 operations`; without those that the profile has none of. */
export const totalsInWords = (coverage: Coverage): string[] =>
  dimensions
    .filter((dimension) => coverage[dimension].total > 0)
    .map(
      (dimension) =>
        `${percent(coverage[dimension])} of ${counted(coverage[dimension].total, DIMENSIONS[dimension])}`,
    )

/** `12 scope cells, 3 status codes`: what is missing besides operations. Empty where nothing is. */
export const missingInWords = (coverage: Coverage): string =>
  dimensions
    .filter((dimension) => dimension !== 'operations')
    .map((dimension) => ({ noun: DIMENSIONS[dimension], ...coverage[dimension] }))
    .filter(({ covered, total }) => covered < total)
    .map(({ covered, noun, total }) => counted(total - covered, noun))
    .join(', ')

/** `12/31`, or nothing to count. */
export const fraction = ({ covered, total }: Tally): string => (total === 0 ? '-' : `${covered}/${total}`)
