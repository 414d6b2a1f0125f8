/** The scope matrix of a record: what each credential was documented to get, and whether it did. Pure data. */
import type { Verdict } from '../suites/model.js'
import { grouped } from './group.js'
import type { RecordedCell, RunRecord } from './record.js'

/** What the matrix shows for one operation and credential. */
export type Mark = 'granted' | 'denied' | 'not-denied' | 'not-granted' | 'inconclusive' | 'not-run' | 'error'

/** Each told apart without colour. */
export const MARKS: Readonly<Record<Mark, { readonly glyph: string; readonly meaning: string }>> = {
  granted: { glyph: '●', meaning: 'granted as documented' },
  denied: { glyph: '·', meaning: 'denied as documented' },
  'not-denied': { glyph: '!', meaning: 'not denied as documented' },
  'not-granted': { glyph: '✗', meaning: 'not granted as documented' },
  inconclusive: { glyph: '?', meaning: 'inconclusive' },
  'not-run': { glyph: '-', meaning: 'not run' },
  error: { glyph: 'E', meaning: 'error of the suite' },
}

type Direction = 'grant' | 'denial'

/** The checks that make the matrix, and what each expects of the target. */
const DIRECTIONS: ReadonlyMap<string, Direction> = new Map([
  ['scope-grants', 'grant'],
  ['admin-token-grants', 'grant'],
  ['admin-token-denies', 'denial'],
  ['admin-only-denies', 'denial'],
  ['super-admin-denies', 'denial'],
  ['scope-denies', 'denial'],
  ['scopeless-key-denies', 'denial'],
  ['no-credential-denies', 'denial'],
  ['garbage-bearer-denies', 'denial'],
])

const UNDECIDED = {
  inconclusive: 'inconclusive',
  unsupported: 'not-run',
  excluded: 'not-run',
  error: 'error',
} as const

const MARKED: Readonly<Record<Direction, Readonly<Record<Verdict, Mark>>>> = {
  grant: { ...UNDECIDED, pass: 'granted', fail: 'not-granted' },
  denial: { ...UNDECIDED, pass: 'denied', fail: 'not-denied' },
}

/** Columns after those of the scopes. */
const CREDENTIALS: readonly string[] = ['admin token', 'no credential', 'garbage bearer', 'key []']

export interface MatrixRow {
  readonly operation: string
  readonly method: string
  readonly path: string
  /** One for each column; undefined where the documents say nothing. */
  readonly marks: readonly (Mark | undefined)[]
}

export interface ScopeMatrix {
  /** Scopes in the order in which the record names them, then the other credentials. */
  readonly columns: readonly string[]
  readonly apiSets: readonly { readonly name: string; readonly rows: readonly MatrixRow[] }[]
}

/** Keys of every kind share the columns of their scopes. */
const columnOf = ({ scope, credential }: RecordedCell): string => scope ?? credential.replace(/^task /, '')

function row(operation: string, cells: readonly RecordedCell[], columns: readonly string[]): MatrixRow {
  const marks = new Map(
    cells.map((cell) => {
      const direction = DIRECTIONS.get(cell.check)
      return [columnOf(cell), direction && MARKED[direction][cell.verdict]]
    }),
  )
  const [method = '', path = ''] = operation.split(' ', 2)
  return { operation, method, path, marks: columns.map((column) => marks.get(column)) }
}

export function scopeMatrix(record: RunRecord): ScopeMatrix {
  const cells = record.cells.filter(({ check }) => DIRECTIONS.has(check))
  const scopes = new Set(cells.flatMap(({ scope }) => scope ?? []))
  const asked = new Set(cells.map(columnOf))
  const columns = [...scopes, ...CREDENTIALS.filter((credential) => asked.has(credential))]
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

/** More rows than these are not read one by one when they say the same. */
const READ_ONE_BY_ONE = 12

/**
 * Sets the rows apart that are as documented, where they are many and all alike: with the same marks, or
 * denied to whoever asked.
 */
export function folded(rows: readonly MatrixRow[]): {
  readonly rows: readonly MatrixRow[]
  readonly alike: readonly MatrixRow[]
} {
  const isAsDocumented = ({ marks }: MatrixRow) =>
    marks.every((mark) => mark === undefined || mark === 'granted' || mark === 'denied')
  const alike = rows.filter(isAsDocumented)
  const kinds = new Set(
    alike.map(({ marks }) => (marks.includes('granted') ? JSON.stringify(marks) : 'denied')),
  ).size
  return kinds === 1 && alike.length > READ_ONE_BY_ONE
    ? { alike, rows: rows.filter((row) => !isAsDocumented(row)) }
    : { alike: [], rows }
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
