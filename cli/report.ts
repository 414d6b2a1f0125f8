/** `report`: the reports of a record, rendered anew. Sends nothing. */
import { dirname } from 'node:path'
import { writeReports } from '../reporters/write.js'
import { assertReplaceable, loadRecord } from './record-file.js'
import { reportersOf } from './settings.js'

interface ReportFlags {
  readonly out?: string
  readonly reporter?: readonly string[]
}

/** Writes the reports, beside the record where no folder is given, prints their paths and answers the exit code. Throws RecordError and SettingsError. */
export async function report(
  file: string,
  { out = dirname(file), reporter = [] }: ReportFlags,
): Promise<number> {
  const reporters = reportersOf(reporter)
  const record = await loadRecord(file)
  await assertReplaceable(out, record)
  const paths = await writeReports(record, out, reporters)
  process.stdout.write(paths.map((path) => `${path}\n`).join(''))
  return 0
}
