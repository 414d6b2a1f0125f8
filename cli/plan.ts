/** `plan`: what a run would send, in figures and in full. Sends nothing. */
import { type Contract, findOperation, type Operation } from '../openapi/contract.js'
import { type Cell, credentialLabel, type PathForm } from '../suites/model.js'
import { inForm } from '../suites/paths.js'
import { CellIndex, estimate, MODES, running, scopeSets } from '../suites/plan.js'
import { planFor } from './session.js'
import { type Flags, resolveSettings, type Settings } from './settings.js'

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** What is about to happen, in two lines. */
export function describePlan(contract: Contract, cells: readonly Cell[], settings: Settings): string {
  const planned = running(cells)
  const operations = new Set(planned.map((cell) => cell.operation)).size
  const { requests, things, keys } = estimate(contract, cells)
  const { concurrency, domain, gateway, mode, profile, seed } = settings
  const where =
    gateway === undefined
      ? 'the embedded reference gateway'
      : `${gateway} (domain ${domain ?? new URL(gateway).hostname})`
  return [
    `Release ${contract.release}, profile ${profile}, mode ${mode} (${MODES[mode].about}), seed ${seed}, against ${where}.`,
    `${plural(planned.length, 'cell')} on ${plural(operations, 'operation')}: about ${requests} requests, at most ${concurrency} at once; creates and removes ${plural(keys, 'API key')} and ${plural(things, 'other thing')} of its own.`,
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
        `  ${probe.expects.padEnd(7)}  ${shownAs(operation, probe.path)}${probe.path === 'absent' ? ' (naming nothing)' : ''}  with ${credentialLabel(probe.credential)}`,
    ),
]

/** Prints the plan and answers the exit code. */
export async function printPlan(flags: Flags): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  const { contract, cells } = await planFor(settings)
  const index = new CellIndex(cells)
  const lines = index.operations.flatMap((id) => {
    const operation = findOperation(contract, id)
    return operation === undefined ? [] : listed(operation, index)
  })
  process.stdout.write(
    `${[...lines, '', describePlan(contract, cells, settings), `Keys: ${scopeSets(cells).join(', ')}.`, settings.spec === 'target' ? "Nothing was sent but the request for the gateway's document." : 'Nothing was sent.'].join('\n')}\n`,
  )
  return 0
}
