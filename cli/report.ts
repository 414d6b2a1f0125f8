/** `report`: the reports of a record, rendered anew. Sends nothing. */
import { writeReports } from '../reporters/write.js'
import { loadRecord } from './record-file.js'
import { DEFAULT_OUT, reportersOf } from './settings.js'

interface ReportFlags {
  readonly out?: string
  readonly reporter?: readonly string[]
}

/** Writes the reports, prints their paths and answers the exit code. Throws RecordError and SettingsError. */
export async function report(
  file: string,
  { out = DEFAULT_OUT, reporter = [] }: ReportFlags,
): Promise<number> {
  const reporters = reportersOf(reporter)
  const paths = await writeReports(await loadRecord(file), out, reporters)
  process.stdout.write(paths.map((path) => `${path}\n`).join(''))
  return 0
}
