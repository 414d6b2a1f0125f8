/** The records of all shards of a run, put together to one. Pure. */
import { grouped } from '../suites/group.js'
import type { Exchange } from '../suites/model.js'
import { IN_ANOTHER_SHARD } from '../suites/plan.js'
import { type Coverage, dimensions } from './coverage.js'
import { assembled, type RecordedCell, type RunRecord } from './record.js'
import { waive } from './waivers.js'

/** The records are not the shards of one run; the message says which two, or what is missing. */
export class MergeError extends Error {
  override readonly name = 'MergeError'
}

/** A record, and what messages call it. */
export interface Shard {
  readonly name: string
  readonly record: RunRecord
}

/** What the shards of one run have in common. */
const COMMON: Readonly<Record<string, (record: RunRecord) => unknown>> = {
  suite: ({ suite }) => suite,
  contract: ({ contract }) => contract,
  // The embedded gateway listens where there is room.
  target: ({ target: { embedded, gateway, ...target } }) => ({
    ...target,
    at: embedded ? 'embedded' : gateway,
  }),
  seed: ({ run }) => run.seed,
  mode: ({ run }) => run.mode,
  profile: ({ run }) => run.profile,
  matrix: ({ run }) => run.matrix,
  'propagation timeout': ({ run }) => run.propagationTimeoutMs,
  selection: ({ run }) => run.selection,
  'number of shards': ({ run }) => run.shard?.count,
  waivers: ({ waivers }) => waivers.map(({ state: _, waived: __, ...waiver }) => waiver),
  baseline: ({ baseline }) => baseline?.run,
  plan: ({ cells }) => cells.map(({ id }) => id),
}

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function assertAlike(first: Shard, other: Shard): void {
  for (const [what, of] of Object.entries(COMMON)) {
    const [one, two] = [of(first.record), of(other.record)]
    if (JSON.stringify(one) === JSON.stringify(two)) continue
    throw new MergeError(
      `${first.name} and ${other.name} are not of one run: they differ in ${what}, ${shown(one)} and ${shown(two)}. Run all shards with the same settings, seed and suite.`,
    )
  }
}

const indexOf = ({ record }: Shard): number => record.run.shard?.index ?? 0

/** The shards by their index. Throws MergeError. */
function ordered(shards: readonly Shard[]): readonly [Shard, ...Shard[]] {
  const [first, ...others] = shards
  if (first === undefined) throw new MergeError('There is nothing to merge. Give the record of each shard.')
  for (const { name, record } of shards) {
    if (record.run.shard === null)
      throw new MergeError(
        `${name} is ${record.run.shards === undefined ? 'the record of a whole run' : 'merged already'}, and no shard. Give the records of runs with --shard.`,
      )
  }
  for (const other of others) assertAlike(first, other)
  for (const [index, own] of grouped(shards, indexOf)) {
    if (own.length > 1)
      throw new MergeError(
        `Shard ${index} is there ${own.length} times: ${own.map(({ name }) => name).join(', ')}. Give each once.`,
      )
  }
  const count = first.record.run.shard?.count ?? 0
  const given = new Set(shards.map(indexOf))
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !given.has(index))
  if (missing.length > 0)
    throw new MergeError(
      `Of ${count} shards, these are missing: ${missing.join(', ')}. Give their records too.`,
    )
  const [head, ...tail] = [...shards].sort((a, b) => indexOf(a) - indexOf(b))
  return [head ?? first, ...tail]
}

/** Exchanges are numbered by each run for itself. */
const numbered = (shard: Shard, id: string): string => `${indexOf(shard)}.${id}`

const renumberedCell = (shard: Shard, { waived: _, ...cell }: RecordedCell): RecordedCell => ({
  ...cell,
  evidence: cell.evidence.map((evidence) => ({ ...evidence, exchange: numbered(shard, evidence.exchange) })),
})

const renumbered = (shard: Shard): Exchange[] =>
  shard.record.exchanges.map((exchange) => ({ ...exchange, id: numbered(shard, exchange.id) }))

/** An operation is examined in one shard: there it was covered, or not. */
function mergedCoverage(shards: readonly [Shard, ...Shard[]], shardOf: ReadonlyMap<string, Shard>): Coverage {
  const [{ record: first }] = shards
  const operations = [...new Set(first.cells.map(({ operation }) => operation))]
  // Names hold the operation: after a check, before a status, or alone.
  const owner = (name: string): string | undefined => {
    const words = ` ${name.replaceAll('::', ' ')} `
    return operations.find((operation) => words.includes(` ${operation} `))
  }
  const sum = (of: (shard: Shard) => number) => shards.reduce((total, shard) => total + of(shard), 0)
  const [head] = shards
  const blocksOf = ({ record }: Shard, dimension: (typeof dimensions)[number]) =>
    grouped(record.coverage[dimension].missing, (name) => owner(name) ?? '')
  const entries = dimensions.map((dimension) => {
    const blocks = new Map(shards.map((shard) => [shard, blocksOf(shard, dimension)]))
    // The first shard names every operation but those that it covered whole, in the order of the contract.
    const missing = [...(blocks.get(head)?.keys() ?? [])].flatMap(
      (operation) => blocks.get(shardOf.get(operation) ?? head)?.get(operation) ?? [],
    )
    const covered = sum(({ record }) => record.coverage[dimension].covered)
    return [dimension, { covered, total: first.coverage[dimension].total, missing }] as const
  })
  const apiSets = first.coverage.apiSets.map((apiSet, at) => ({
    ...apiSet,
    ...Object.fromEntries(
      dimensions.map((dimension) => [
        dimension,
        {
          covered: sum(({ record }) => record.coverage.apiSets[at]?.[dimension].covered ?? 0),
          total: apiSet[dimension].total,
        },
      ]),
    ),
  }))
  return { ...first.coverage, ...Object.fromEntries(entries), apiSets }
}

const earliest = (times: readonly string[]): string => [...times].sort()[0] ?? ''
const latest = (times: readonly string[]): string => [...times].sort().at(-1) ?? ''

/** One record of all the shards of a run, whatever their order. Throws MergeError. */
export function merged(given: readonly Shard[]): RunRecord {
  const shards = ordered(given)
  const [first] = shards
  const shardOf = new Map(
    shards.flatMap((shard) =>
      shard.record.cells
        .filter(({ verdict }) => verdict !== 'excluded' && verdict !== 'unsupported')
        .map(({ operation }) => [operation, shard] as const),
    ),
  )
  const cells = first.record.cells.map((cell, at) => {
    const shard = shards.find(({ record }) => record.cells[at]?.because !== IN_ANOTHER_SHARD) ?? first
    return renumberedCell(shard, shard.record.cells[at] ?? cell)
  })
  const runs = shards.map(({ record }) => record.run)
  const startedAt = earliest(runs.map((run) => run.startedAt))
  const asked = first.record.waivers.map(({ state: _, waived: __, ...waiver }) => waiver)
  const applied = waive(cells, asked, startedAt)
  const { baseline } = first.record
  return assembled({
    suite: first.record.suite,
    contract: first.record.contract,
    target: first.record.target,
    run: {
      ...first.record.run,
      id: runs.map(({ id }) => id).join('+'),
      startedAt,
      finishedAt: latest(runs.map((run) => run.finishedAt)),
      shard: null,
      shards: shards.map((shard) => {
        const { finishedAt, id, requests, startedAt: began } = shard.record.run
        return { id, index: indexOf(shard), startedAt: began, finishedAt, requests }
      }),
      requests: runs.reduce((total, { requests }) => total + requests, 0),
      interrupted: runs.some(({ interrupted }) => interrupted),
    },
    coverage: mergedCoverage(shards, shardOf),
    leftBehind: shards.flatMap(({ record }) => record.leftBehind),
    waivers: applied.waivers,
    ...(baseline !== undefined && {
      baseline: { ...baseline, old: shards.flatMap(({ record }) => record.baseline?.old ?? []) },
    }),
    cells: applied.cells,
    exchanges: shards.flatMap(renumbered),
  })
}
