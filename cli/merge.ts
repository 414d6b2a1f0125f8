/** `merge`: the records of all shards of a run, put together to one. Sends nothing. */
import { resolve } from 'node:path'
import { merged } from '../reporters/merge.js'
import { loadRecord, RecordError } from './record-file.js'
import { exitCodeOf, tell } from './run.js'
import { DEFAULT_OUT, reportersOf } from './settings.js'

interface MergeFlags {
  readonly out?: string
  readonly reporter?: readonly string[]
}

/** Writes the reports of the whole and answers the exit code of its run. Throws RecordError and MergeError. */
export async function merge(
  files: readonly string[],
  { out = DEFAULT_OUT, reporter = [] }: MergeFlags,
): Promise<number> {
  const reporters = reportersOf(reporter)
  const own = files.find((file) => resolve(file) === resolve(out, 'record.json'))
  if (own !== undefined)
    throw new RecordError(`${own} would be replaced by the merged record. Give another folder with --out.`)
  const shards = await Promise.all(files.map(async (name) => ({ name, record: await loadRecord(name) })))
  const record = merged(shards)
  await tell(record, out, reporters)
  return exitCodeOf(record)
}
