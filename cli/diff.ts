/** `diff`: what one record finds differently from an earlier one. Sends nothing. */
import { diff, renderDiff, worsened } from '../reporters/diff.js'
import { loadRecord } from './record-file.js'

const EXIT_NOTHING_NEW = 0
const EXIT_NEW_FAILURES = 1
const EXIT_UNDECIDED = 3

/** Prints the comparison and answers the exit code. Throws RecordError and DiffError. */
export async function printDiff(
  first: string,
  second: string,
  { json }: { readonly json?: boolean },
): Promise<number> {
  const result = diff(await loadRecord(first), await loadRecord(second))
  process.stdout.write(json === true ? `${JSON.stringify(result, null, 2)}\n` : renderDiff(result))
  if (worsened(result, ['new-failure']).length > 0) return EXIT_NEW_FAILURES
  return worsened(result, ['newly-undecided', 'no-longer-run', 'vanished']).length > 0
    ? EXIT_UNDECIDED
    : EXIT_NOTHING_NEW
}
