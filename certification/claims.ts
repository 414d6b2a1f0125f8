/**
 * What a record claims of itself, recomputed: its verdict and counts, its plan, its coverage, its times, and
 * that its verdicts rest on the evidence beside them. Pure.
 */
import type { Contract } from '../openapi/contract.js'
import { type Coverage, coverageOf, dimensions } from '../reporters/coverage.js'
import { isOfMatrix } from '../reporters/matrix.js'
import { concluded, type RecordedCell, type RunRecord, type SuiteIdentity } from '../reporters/record.js'
import { isBad, waive } from '../reporters/waivers.js'
import { CHECKS } from '../suites/checks/index.js'
import { type Cell, credentialLabel, type Exchange, VERDICTS } from '../suites/model.js'
import { MODES, type Mode, plan, SelectionError } from '../suites/plan.js'

/** What is wrong, in words; nothing where all is well. */
export type Troubles = readonly string[]

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 120) ?? 'nothing'

/** Equal as JSON. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Verdict, counts and reasons follow from the cells. */
export function conclusionTroubles(record: RunRecord): Troubles {
  const anew = concluded(record)
  const counts = VERDICTS.filter((verdict) => record.counts[verdict] !== anew.counts[verdict]).map(
    (verdict) => `the record counts ${record.counts[verdict]} ${verdict}, its cells ${anew.counts[verdict]}`,
  )
  return [
    ...(record.verdict === anew.verdict
      ? []
      : [`the record says ${record.verdict}, its cells come to ${anew.verdict}`]),
    ...counts,
    ...(record.certifying === anew.certifying && same(record.notCertifyingBecause, anew.notCertifyingBecause)
      ? []
      : [
          `the record says ${record.certifying ? 'that it certifies' : `that it does not certify because ${shown(record.notCertifyingBecause)}`}, from what it holds follows ${anew.certifying ? 'that it does' : shown(anew.notCertifyingBecause)}`,
        ]),
  ]
}

/** By which the clocks of two machines may differ. */
const DAY_MS = 24 * 60 * 60 * 1000

/** What each waiver excuses follows from the cells and the start of the run. */
export function waiverTroubles({ baseline, cells, run, waivers }: RunRecord): Troubles {
  const bare = cells.map(({ waived: _, ...cell }) => cell)
  const asked = waivers.map(({ state: _, waived: __, ...waiver }) => waiver)
  const anew = waive(bare, asked, run.startedAt)
  const known = new Set(cells.map(({ id }) => id))
  const wrong = cells.find((cell, index) => !same(cell.waived, anew.cells[index]?.waived))
  const bad = new Set(cells.filter(isBad).map(({ id }) => id))
  const stray = baseline?.old.find((id) => !known.has(id))
  const fine = baseline?.old.find((id) => known.has(id) && !bad.has(id))
  return [
    ...(same(waivers, anew.waivers) ? [] : ['the waivers do not come to what the record says of them']),
    ...(wrong === undefined
      ? []
      : [
          `${wrong.id} is ${wrong.waived === undefined ? 'covered by a waiver' : 'covered by no waiver'}, against what the record says`,
        ]),
    ...(stray === undefined ? [] : [`the baseline names ${shown(stray)}, which is no cell`]),
    ...(fine === undefined ? [] : [`the baseline knows ${fine} as bad, which is not`]),
    ...(baseline !== undefined && !(Date.parse(baseline.startedAt) <= Date.parse(run.startedAt) + DAY_MS)
      ? ['the baseline is of a later run']
      : []),
  ]
}

const isMode = (name: string): name is Mode => Object.hasOwn(MODES, name)

/** What the plan says of a cell, and what the record does. */
const PLANNED: Readonly<Record<string, (cell: Cell) => unknown>> = {
  id: ({ id }) => id,
  check: ({ check }) => check,
  level: ({ level }) => level,
  operation: ({ operation }) => operation,
  credential: ({ probe }) => credentialLabel(probe.credential),
  scope: ({ scope }) => scope,
  path: ({ probe }) => probe.path,
  disguise: ({ probe }) => probe.disguise,
}
const RECORDED: Readonly<Record<string, (cell: RecordedCell) => unknown>> = {
  id: ({ id }) => id,
  check: ({ check }) => check,
  level: ({ level }) => level,
  operation: ({ operation }) => operation,
  credential: ({ credential }) => credential,
  scope: ({ scope }) => scope,
  path: ({ path }) => path,
  disguise: ({ disguise }) => disguise,
}

/** A cell that was left out has the plan's verdict; one that was not has one of its own. */
function omissionTrouble({ leftOut }: Cell, { because, id, verdict }: RecordedCell): string | undefined {
  const isOut = verdict === 'excluded' || verdict === 'unsupported'
  const asPlanned = leftOut !== undefined && verdict === leftOut.verdict && because === leftOut.why
  if (leftOut === undefined) return isOut ? `${id} is ${verdict}, and was to be run` : undefined
  // Asked alone after all, where a group of scopes was taken apart.
  if (asPlanned || (leftOut.together === true && !isOut)) return undefined
  return `${id} is ${verdict}, and was to be left out: ${leftOut.why}`
}

/** What the record's own selection plans. Throws SelectionError. */
export function plannedFor({ run }: RunRecord, contract: Contract): readonly Cell[] {
  const { matrix, mode, profile, seed, selection, shard } = run
  if (!isMode(mode)) throw new SelectionError(`there is no mode ${shown(mode)}`)
  return plan(contract, CHECKS, {
    ...{ matrix, mode, profile, seed, ...selection },
    ...(shard !== null && { shard }),
  })
}

/** The record has every cell that its selection plans, and no other, in the order of the plan. */
export function planTroubles(record: RunRecord, contract: Contract, planned: readonly Cell[]): Troubles {
  const ids = new Set(record.cells.map(({ id }) => id))
  const gone = planned.filter(({ id }) => !ids.has(id))
  if (gone.length > 0)
    return [`${gone.length} planned cells are missing, the first of them ${gone[0]?.id ?? ''}`]
  if (planned.length !== record.cells.length)
    return [`the record has ${record.cells.length} cells, the plan ${planned.length}`]
  const apiSets = new Map(contract.operations.map(({ apiSet, id }) => [id, apiSet]))
  for (const [index, cell] of planned.entries()) {
    const recorded = record.cells[index]
    if (recorded === undefined) return [`cell ${index} is missing`]
    for (const [member, of] of Object.entries(PLANNED)) {
      const [expected, found] = [of(cell), RECORDED[member]?.(recorded)]
      if (expected !== found)
        return [
          `cell ${index}, ${recorded.id}, has the ${member} ${shown(found)}, the plan ${shown(expected)}`,
        ]
    }
    if (apiSets.get(cell.operation) !== recorded.apiSet)
      return [`${recorded.id} stands under ${shown(recorded.apiSet)}, its operation does not`]
    const trouble = omissionTrouble(cell, recorded)
    if (trouble !== undefined) return [trouble]
  }
  return []
}

/** Totals are those of the plan, and so is what its cells alone cover. */
export function coverageOfPlanTroubles(
  { cells, coverage }: RunRecord,
  contract: Contract,
  planned: readonly Cell[],
): Troubles {
  const decided = new Set(
    cells.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail').map(({ id }) => id),
  )
  const anew = coverageOf(contract, planned, decided, [])
  const totals = ({ apiSets, ...all }: Coverage) => [
    ...dimensions.map((dimension) => all[dimension].total),
    ...apiSets.map((apiSet) => [apiSet.name, ...dimensions.map((dimension) => apiSet[dimension].total)]),
  ]
  return [
    ...(same(totals(coverage), totals(anew)) ? [] : ['the coverage is of more or less than was planned']),
    ...(['operations', 'scopeCells'] as const)
      .filter((dimension) => !same(coverage[dimension], anew[dimension]))
      .map((dimension) => `the coverage of ${dimension} is not that of the cells`),
  ]
}

/** Sums, and nothing missing that is covered. */
export function coverageTroubles({ coverage }: RunRecord): Troubles {
  return dimensions.flatMap((dimension) => {
    const { covered, total } = coverage[dimension]
    const sums = coverage.apiSets.reduce(
      (sum, apiSet) => ({
        covered: sum.covered + apiSet[dimension].covered,
        total: sum.total + apiSet[dimension].total,
      }),
      { covered: 0, total: 0 },
    )
    const adds = sums.covered === covered && sums.total === total
    const fits = covered <= total && covered < total === coverage[dimension].missing.length > 0
    return adds && fits ? [] : [`the coverage of ${dimension} does not add up`]
  })
}

/** Clocks are read one after the other, and exchanges in whole milliseconds. */
export const SLACK_MS = 1000

/** `nowMs` is when this is asked. */
export function timeTroubles({ exchanges, run }: RunRecord, nowMs: number): Troubles {
  const parts = [run, ...(run.shards ?? [])].map((part) => ({
    from: Date.parse(part.startedAt),
    to: Date.parse(part.finishedAt),
  }))
  const [whole] = parts
  if (whole === undefined || parts.some(({ from, to }) => !(from <= to)))
    return ['the run ended before it started']
  const indices = (run.shards ?? []).map(({ index }) => index).sort((a, b) => a - b)
  const outside = parts.find(({ from, to }) => from < whole.from || to > whole.to)
  const stray = exchanges.find((exchange) => {
    const from = Date.parse(exchange.startedAt)
    const isWithin = from >= whole.from - SLACK_MS && from + exchange.durationMs <= whole.to + SLACK_MS
    return !isWithin || exchange.durationMs < 0
  })
  return [
    ...(outside === undefined ? [] : ['a shard ran outside the time of the run']),
    ...(indices.every((index, at) => index === at + 1) ? [] : ['its shards are not all of a run, each once']),
    ...(stray === undefined ? [] : [`exchange ${stray.id} was not made while the run was`]),
    ...(whole.to > nowMs + DAY_MS ? [`the run ended at ${run.finishedAt}, which is yet to come`] : []),
  ]
}

/** A grant that was refused for its credential is none, nor is a denial that let somebody in or decided nothing. */
const CONTRADICTS: Readonly<Record<'grant' | 'denial', (status: number) => boolean>> = {
  grant: (status) => [401, 403, 429].includes(status) || status >= 500,
  denial: (status) => status < 400 || status === 429 || status >= 500,
}

/** Names of checks whose cells expect a grant. */
const GRANTING = /-grants$/

function evidenceTrouble(cell: RecordedCell, exchanges: ReadonlyMap<string, Exchange>): string | undefined {
  const { check, evidence, finding, id, verdict } = cell
  const lost = evidence.find(({ exchange }) => !exchanges.has(exchange))
  if (lost !== undefined) return `${id} rests on exchange ${shown(lost.exchange)}, which the record lacks`
  if ((finding !== undefined) !== (verdict === 'fail'))
    return `${id} ${verdict === 'fail' ? 'failed without a finding' : `is ${verdict} with a finding`}`
  const clause = CHECKS.find((candidate) => candidate.id === check)?.clause
  if (finding !== undefined && clause !== undefined && !same(finding.clause, clause))
    return `${id} failed against a clause that is not its check's`
  if (verdict !== 'pass') return undefined
  if (evidence.length === 0) return `${id} passed without evidence`
  if (!isOfMatrix(check)) return undefined
  const answer = evidence.find(({ role }) => role === 'answer')
  const status = answer && exchanges.get(answer.exchange)?.response?.status
  const kind = GRANTING.test(check) ? 'grant' : 'denial'
  return status === undefined || CONTRADICTS[kind](status)
    ? `${id} passed as a ${kind}, and its evidence shows ${status ?? 'no answer'}`
    : undefined
}

/** Verdicts rest on exchanges that are there, and say what they say. */
export function evidenceTroubles({ cells, exchanges, run }: RunRecord): Troubles {
  const sent = exchanges.reduce((sum, { attempts }) => sum + attempts, 0)
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]))
  if (byId.size !== exchanges.length) return ['two exchanges have one id']
  const cited = new Set(cells.flatMap(({ evidence }) => evidence.map(({ exchange }) => exchange)))
  const idle = exchanges.find(({ id }) => !cited.has(id))
  return [
    ...cells.flatMap((cell) => evidenceTrouble(cell, byId) ?? []).slice(0, 3),
    ...(idle === undefined ? [] : [`no cell rests on exchange ${idle.id}`]),
    ...(sent > run.requests ? [`the run sent ${run.requests} requests, its exchanges show ${sent}`] : []),
  ]
}

/** Whether two builds are of one commit: then they are one, where both are clean. */
export const isSameBuild = (a: SuiteIdentity, b: SuiteIdentity): boolean =>
  isSameVersion(a, b) && a.commit !== null && a.commit === b.commit

/** Whether two builds are of one version: then they plan alike. */
export const isSameVersion = (a: SuiteIdentity, b: SuiteIdentity): boolean =>
  a.name === b.name && a.version === b.version
