/** `drift`: two documents compared. Sends nothing but requests for documents. */
import { type Difference, DRIFT_CLASSES, type Drift, type DriftClass, drift } from '../openapi/drift.js'
import type { Spec } from '../openapi/spec.js'
import { counted, singleLine } from '../reporters/text.js'
import { type Flags, resolveSettings } from './settings.js'
import { noteLine, specFrom } from './spec.js'

const EXIT_DRIFTED = 1

const CLASSES: readonly DriftClass[] = ['breaking', 'conflict', 'compatible']

const inClass = ({ differences }: Drift, wanted: DriftClass): Difference[] =>
  differences.filter((difference) => difference.class === wanted)

const named = ({ source, title, version }: Spec): string =>
  title === '' || source.startsWith('release ') ? source : `${source} (${[title, version].join(' ').trim()})`

/** A title may be long; a source may be a long path: the last part tells it from the other. */
const shortly = ({ source }: Spec): string => source.split('/').pop() || source

function inWords(result: Drift, first: Spec, second: Spec): string {
  const [one, other] = [shortly(first), shortly(second)]
  const line = ({ first: was, operation, second: is, what }: Difference): string =>
    singleLine(`  ${operation}  ${what}  ${one}: ${was ?? '-'}; ${other}: ${is ?? '-'}`)
  const groups = CLASSES.flatMap((wanted) => {
    const own = inClass(result, wanted)
    return own.length === 0 ? [] : ['', `${DRIFT_CLASSES[wanted]} (${own.length})`, ...own.map(line)]
  })
  const notes = result.notes.map((note) => `  ${noteLine(note)}`)
  const count = (wanted: DriftClass): number => inClass(result, wanted).length
  const totals = `${count('breaking')} breaking, ${counted(count('conflict'), 'conflict')}, ${count('compatible')} compatible`
  return [
    `First:  ${singleLine(named(first))}`,
    `Second: ${singleLine(named(second))}`,
    ...groups,
    ...(notes.length === 0 ? [] : ['', `Notes (${notes.length})`, ...notes]),
    '',
    `${result.differences.length === 0 ? 'No difference' : totals}.`,
  ].join('\n')
}

const particulars = ({ sha256, source, title, version }: Spec) => ({ source, title, version, sha256 })

/** Prints the comparison and answers the exit code: 1 where anything breaks or conflicts. */
export async function printDrift(
  source: string | undefined,
  flags: Flags & { readonly against?: string; readonly json?: boolean },
): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  const first = await specFrom(flags.against ?? `release:${settings.release ?? ''}`, settings)
  const second = await specFrom(source ?? settings.spec ?? 'target', settings)
  const result = drift(first, second)
  const counts = Object.fromEntries(CLASSES.map((wanted) => [wanted, inClass(result, wanted).length]))
  const json = () =>
    JSON.stringify({ first: particulars(first), second: particulars(second), counts, ...result }, null, 2)
  process.stdout.write(`${flags.json === true ? json() : inWords(result, first, second)}\n`)
  return result.differences.some((difference) => difference.class !== 'compatible') ? EXIT_DRIFTED : 0
}
