/** The scope matrix of a record as CSV, and what all CSV here has in common. */
import { scopeMatrix } from './matrix.js'
import type { RunRecord } from './record.js'
import { singleLine } from './text.js'

/** What spreadsheets take for a formula. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/u

/** Quoted as in RFC 4180, and harmless where a spreadsheet opens it. */
function field(value: string): string {
  const line = singleLine(value)
  const text = FORMULA.test(line) ? `'${line}` : line
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A row without the end of its line. */
export const csvRow = (values: readonly string[]): string => values.map(field).join(',')

/** What the first columns of a matrix tell. */
export const OPERATION_COLUMNS: readonly string[] = ['operation', 'method', 'path', 'api set']

/** What stands in them; `id` is a method and a path. */
export function operationFields(id: string, apiSet: string): string[] {
  const [method = '', path = ''] = id.split(' ', 2)
  return [id, method, path, apiSet]
}

/** Of a line in a file, by the same RFC. */
const END = '\r\n'

/** A line for each operation, with what came of each credential; empty where the documents say nothing of it. A mark behind which something is waived says so. */
export function* renderCsv(record: RunRecord): Generator<string> {
  const { apiSets, columns } = scopeMatrix(record)
  yield csvRow([...OPERATION_COLUMNS, ...columns]) + END
  for (const { name, rows } of apiSets)
    for (const { marks, operation, waived } of rows) {
      const told = marks.map((mark, index) => (waived[index] === true ? `${mark} (waived)` : (mark ?? '')))
      yield csvRow([...operationFields(operation, name), ...told]) + END
    }
}
