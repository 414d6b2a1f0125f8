/** The scope matrix of a record: what each credential was documented to get, and whether it did. Pure data. */

import { grouped } from '../suites/group.js'
import type { Deviation } from '../suites/verdict.js'
import type { RecordedCell, RunRecord } from './record.js'
import { counted } from './text.js'

/** What the matrix shows for one operation and credential; where two cells share a place, the later of these. */
const ORDER = [
  'granted',
  'denied',
  'denied-together',
  'not-run',
  'inconclusive',
  'error',
  'refused-otherwise',
  'under-granted',
  'over-granted',
] as const
export type Mark = (typeof ORDER)[number]

/** Each told apart without colour. */
export const MARKS: Readonly<Record<Mark, { readonly glyph: string; readonly meaning: string }>> = {
  granted: { glyph: '●', meaning: 'granted as documented' },
  denied: { glyph: '·', meaning: 'denied as documented' },
  'denied-together': { glyph: '∘', meaning: 'denied together with others' },
  'not-run': { glyph: '-', meaning: 'not run' },
  inconclusive: { glyph: '?', meaning: 'inconclusive' },
  error: { glyph: 'E', meaning: 'error of the suite' },
  'refused-otherwise': { glyph: '≠', meaning: 'refused otherwise than documented' },
  'under-granted': { glyph: '▼', meaning: 'under-granted' },
  'over-granted': { glyph: '▲', meaning: 'over-granted' },
}

const AS_DOCUMENTED: ReadonlySet<Mark | undefined> = new Set([
  undefined,
  'granted',
  'denied',
  'denied-together',
])

const DEVIATING: Readonly<Record<Deviation, Mark>> = {
  'over-grant': 'over-granted',
  'under-grant': 'under-granted',
  other: 'refused-otherwise',
}

/** Asks in one key with all scopes that must not open the operation: in a grouped run, instead of each alone. */
const TOGETHER = 'scopes-deny-together'

/** The checks that make the matrix, and what a cell that passes shows. */
const PASSED: ReadonlyMap<string, Mark> = new Map([
  ['scope-grants', 'granted'],
  ['admin-token-grants', 'granted'],
  ['admin-token-denies', 'denied'],
  ['admin-only-denies', 'denied'],
  ['super-admin-denies', 'denied'],
  ['scope-denies', 'denied'],
  ['scopeless-key-denies', 'denied'],
  ['no-credential-denies', 'denied'],
  ['garbage-bearer-denies', 'denied'],
  [TOGETHER, 'denied'],
])

/** Whether cells of the check stand for an operation and a credential as such. */
export const isOfMatrix = (check: string): boolean => PASSED.has(check) && check !== TOGETHER

const SCOPES_TOGETHER = 'other scopes together'

/** Columns after those of the scopes. */
const CREDENTIALS: readonly string[] = [
  SCOPES_TOGETHER,
  'admin token',
  'no credential',
  'garbage bearer',
  'key []',
]

export interface MatrixRow {
  readonly operation: string
  readonly method: string
  readonly path: string
  /** One for each column; undefined where the documents say nothing. */
  readonly marks: readonly (Mark | undefined)[]
  /** Of each mark, whether something behind it is waived. */
  readonly waived: readonly boolean[]
}

export interface MatrixSet {
  readonly name: string
  readonly rows: readonly MatrixRow[]
}

export interface ScopeMatrix {
  /** Scopes in the order in which the record names them, then the other credentials. */
  readonly columns: readonly string[]
  readonly apiSets: readonly MatrixSet[]
}

/** Keys of every kind share the columns of their scopes. */
const columnOf = ({ check, credential, scope }: RecordedCell): string =>
  check === TOGETHER ? SCOPES_TOGETHER : (scope ?? credential.replace(/^task /, ''))

/** Scopes that are asked together have a column only where they are not asked alone. */
const hasPlace = ({ run }: RunRecord, { check }: RecordedCell): boolean =>
  PASSED.has(check) && (run.matrix === 'grouped' || check !== TOGETHER)

/** The column in which a cell stands; undefined for one that stands in none. */
export const columnIn = (record: RunRecord, cell: RecordedCell): string | undefined =>
  hasPlace(record, cell) ? columnOf(cell) : undefined

/** `together` says whether the scopes that were not asked alone were refused in one key. */
function markOf({ check, finding, scope, verdict }: RecordedCell, together: boolean): Mark {
  const passed = PASSED.get(check) ?? 'granted'
  switch (verdict) {
    case 'pass':
      return passed
    case 'fail':
      return DEVIATING[finding?.deviation ?? 'other']
    case 'excluded':
      return together && scope !== undefined && passed === 'denied' ? 'denied-together' : 'not-run'
    case 'unsupported':
      return 'not-run'
    default:
      return verdict
  }
}

function row(operation: string, cells: readonly RecordedCell[], columns: readonly string[]): MatrixRow {
  const groups = cells.filter(({ check }) => check === TOGETHER)
  const together = groups.length > 0 && groups.every(({ verdict }) => verdict === 'pass')
  const marks = new Map<string, Mark>()
  for (const cell of cells) {
    const column = columnOf(cell)
    const mark = markOf(cell, together)
    const other = marks.get(column)
    if (other === undefined || ORDER.indexOf(mark) > ORDER.indexOf(other)) marks.set(column, mark)
  }
  const [method = '', path = ''] = operation.split(' ', 2)
  const excused = new Set(cells.filter((cell) => cell.waived !== undefined).map(columnOf))
  return {
    ...{ operation, method, path },
    marks: columns.map((column) => marks.get(column)),
    waived: columns.map((column) => excused.has(column)),
  }
}

export function scopeMatrix(record: RunRecord): ScopeMatrix {
  const cells = record.cells.filter((cell) => hasPlace(record, cell))
  const scopes = new Set(cells.flatMap(({ scope }) => scope ?? []))
  const asked = new Set(cells.map(columnOf))
  const columns = [...new Set([...scopes, ...CREDENTIALS.filter((name) => asked.has(name)), ...asked])]
  const byApiSet = grouped(cells, ({ apiSet }) => apiSet)
  return {
    columns,
    apiSets: [...byApiSet].map(([name, own]) => ({
      name,
      rows: [...grouped(own, ({ operation }) => operation)].map(([operation, its]) =>
        row(operation, its, columns),
      ),
    })),
  }
}

/** Whether something in the row is known not to be as documented. */
export const deviates = ({ marks }: MatrixRow): boolean =>
  Object.values(DEVIATING).some((mark) => marks.includes(mark))

/** Sets the rows apart that are as documented, where the API set has more rows than are read one by one. */
export function folded(
  rows: readonly MatrixRow[],
  readOneByOne: number,
): { readonly rows: readonly MatrixRow[]; readonly asDocumented: readonly MatrixRow[] } {
  if (rows.length <= readOneByOne) return { rows, asDocumented: [] }
  const byState = grouped(rows, ({ marks }) => marks.every((mark) => AS_DOCUMENTED.has(mark)))
  return { rows: byState.get(false) ?? [], asDocumented: byState.get(true) ?? [] }
}

/** The marks that the rows show, in the order of legends, and how often. */
export function tallied(rows: readonly MatrixRow[]): ReadonlyMap<Mark, number> {
  const counts = new Map<Mark | undefined, number>()
  for (const { marks } of rows) for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  return new Map(
    ORDER.flatMap((mark) => {
      const count = counts.get(mark)
      return count === undefined ? [] : [[mark, count] as const]
    }),
  )
}

/** `60 operations as documented (120 granted, 1380 denied)`; `more` where others are shown beside them. */
export function asDocumentedInWords(rows: readonly MatrixRow[], more: boolean): string {
  const cells = [...tallied(rows)].map(([mark, count]) => `${count} ${mark.replace('-', ' ')}`)
  return `${counted(rows.length, more ? 'more operation' : 'operation')} as documented (${cells.join(', ')})`
}

/** The matrix without the operations that the run left out altogether, and how many those are. */
export function examined(matrix: ScopeMatrix): { readonly matrix: ScopeMatrix; readonly leftOut: number } {
  const ran = ({ marks }: MatrixRow) => marks.some((mark) => mark !== undefined && mark !== 'not-run')
  const rows = matrix.apiSets.flatMap((apiSet) => apiSet.rows)
  const apiSets = matrix.apiSets.map(({ name, rows }) => ({ name, rows: rows.filter(ran) }))
  return {
    matrix: { columns: matrix.columns, apiSets: apiSets.filter(({ rows }) => rows.length > 0) },
    leftOut: rows.filter((row) => !ran(row)).length,
  }
}
