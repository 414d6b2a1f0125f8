/** `plan`: what a run would send, in figures and in full. Sends nothing. */
import { findOperation, type Operation } from '../openapi/contract.js'
import { counted } from '../reporters/text.js'
import { disguiseOf } from '../suites/disguises.js'
import { credentialLabel, type PathForm } from '../suites/model.js'
import { inForm } from '../suites/paths.js'
import { CellIndex, MODES, running, scopeSets } from '../suites/plan.js'
import { likeBaseline, type Planned, planFor } from './session.js'
import type { Settings } from './settings.js'
import { describeWaivers, readWaivers } from './waivers.js'

/** What is about to happen, in three lines. */
export function describePlan({ contract, cells, costs }: Planned, settings: Settings): string {
  const planned = running(cells)
  const operations = new Set(planned.map((cell) => cell.operation)).size
  const { concurrency, domain, gateway, matrix, mode, profile, seed } = settings
  const { requests, things, keys } = costs[matrix]
  const where =
    gateway === undefined
      ? 'the embedded reference gateway'
      : `${gateway} (domain ${domain ?? new URL(gateway).hostname})`
  return [
    `Release ${contract.release}, profile ${profile}, mode ${mode} (${MODES[mode].about}), seed ${seed}, against ${where}.`,
    `${counted(planned.length, 'cell')} on ${counted(operations, 'operation')}: about ${requests} requests, at most ${concurrency} at once; creates and removes ${counted(keys, 'API key')} and ${counted(things, 'other thing')} of its own.`,
    `The exhaustive matrix takes about ${costs.exhaustive.requests} requests, the grouped one about ${costs.grouped.requests}; this is the ${matrix} one.`,
  ].join('\n')
}

/** The operation's id with its path in the given form. */
const shownAs = ({ id, path }: Operation, form: PathForm): string => id.replace(path, inForm(path, form))

const listed = (operation: Operation, index: CellIndex): string[] => [
  `${operation.id}  (${operation.apiSet}; effect: ${operation.effect})`,
  ...index
    .probes(operation.id)
    .map(
      (probe) =>
        `  ${probe.expects.padEnd(7)}  ${shownAs(operation, probe.path)}${probe.path === 'absent' ? ' (naming nothing)' : ''}  with ${credentialLabel(probe.credential)}${probe.disguise === undefined ? '' : `, in disguise: ${disguiseOf(probe.disguise).sentence}`}`,
    ),
]

/** Keys are named as long as their names can be read. */
const FEW_KEYS = 12

const keysInWords = (labels: readonly string[]): string => {
  const rest = labels.length - FEW_KEYS
  const named = labels.slice(0, FEW_KEYS).join(', ')
  if (labels.length === 0) return 'Keys: those whose life is watched.'
  return `Keys: ${named}${rest > 0 ? ` and ${counted(rest, 'more sort')}, each named where it asks` : ''}.`
}

/** Prints the plan and answers the exit code. */
export async function printPlan(given: Settings): Promise<number> {
  const settings = await likeBaseline(given)
  const planned = await planFor(settings)
  const { contract, cells } = planned
  const waivers = settings.waivers === undefined ? [] : await readWaivers(settings.waivers, cells)
  const index = new CellIndex(cells)
  const lines = index.operations.flatMap((id) => {
    const operation = findOperation(contract, id)
    return operation === undefined ? [] : listed(operation, index)
  })
  process.stdout.write(
    `${[...lines, '', describePlan(planned, settings), keysInWords(scopeSets(cells)), ...describeWaivers(waivers, cells, new Date()), settings.spec === 'target' ? "Nothing was sent but the request for the gateway's document." : 'Nothing was sent.'].join('\n')}\n`,
  )
  return 0
}
