/** `matrix`: which scopes open which operations, as documented. Sends nothing but a request for a document. */
import {
  type AdminAccess,
  apiSets,
  type Contract,
  KEY_KINDS,
  type KeyKind,
  type Operation,
} from '../openapi/contract.js'
import { type MatrixChange, type MatrixDiff, matrixDiff } from '../openapi/drift.js'
import { loadContract } from '../openapi/load.js'
import type { Note } from '../openapi/spec.js'
import { csvRow, OPERATION_COLUMNS, operationFields } from '../reporters/csv.js'
import { singleLine } from '../reporters/text.js'
import { type Flags, resolveSettings } from './settings.js'
import { contractFor, noteLine } from './spec.js'

interface Row {
  readonly operation: string
  readonly apiSet: string
  readonly scopes: readonly string[]
  readonly keyKind: KeyKind | null
  readonly admin: AdminAccess
  readonly public: boolean
  /** For the service's own administrators alone. */
  readonly reserved: boolean
  /** Why its cells are advice; null where they are not. */
  readonly tentative: string | null
}

const rowOf = (operation: Operation): Row => ({
  operation: operation.id,
  apiSet: operation.apiSet,
  scopes: operation.scopes,
  keyKind: operation.keyKind ?? null,
  admin: operation.admin,
  public: operation.public,
  reserved: operation.reserved,
  tentative: operation.tentative ?? null,
})

/** Scopes of either kind of key may be namesakes: the column says whose it is, where it is not a function key's. */
const columnOf = ({ keyKind, name }: Contract['scopes'][number]): string =>
  keyKind === 'apiKey' ? name : `${KEY_KINDS[keyKind]} ${name}`

function csv(contract: Contract): string {
  const header = [...OPERATION_COLUMNS, ...contract.scopes.map(columnOf), 'admin token', 'public']
  const mark = (holds: boolean) => (holds ? 'grant' : 'deny')
  const ofAdmin = ({ admin, public: open }: Operation) =>
    open ? 'grant' : admin === 'silent' ? 'unsaid' : admin
  const rows = contract.operations.map((operation) => [
    ...operationFields(operation.id, operation.apiSet),
    ...contract.scopes.map(({ keyKind, name }) =>
      mark(operation.public || (operation.keyKind === keyKind && operation.scopes.includes(name))),
    ),
    ofAdmin(operation),
    mark(operation.public),
  ])
  return [header, ...rows].map(csvRow).join('\n')
}

function opener({ admin, public: open, reserved, scopes }: Operation): string {
  if (open) return 'public'
  if (reserved) return 'nobody who can be given a credential'
  return [...scopes, ...(admin === 'grant' ? ['admin token'] : [])].join(' | ') || 'unsaid'
}

function table(contract: Contract, notes: readonly Note[]): string {
  const width = Math.max(...contract.operations.map(({ id }) => id.length))
  const sets = apiSets(contract).flatMap((apiSet) => [
    '',
    singleLine(apiSet),
    ...contract.operations
      .filter((operation) => operation.apiSet === apiSet)
      .map((operation) => {
        const advice = operation.tentative === undefined ? '' : '  (advice only)'
        return singleLine(`  ${operation.id.padEnd(width)}  ${opener(operation)}${advice}`)
      }),
  ])
  const scopeWidth = Math.max(...contract.scopes.map((scope) => columnOf(scope).length))
  const scopes = contract.scopes.map((scope) => `  ${columnOf(scope).padEnd(scopeWidth)}  ${scope.meaning}`)
  const over = contract.spec === undefined ? '' : ` with ${contract.spec} laid over`
  return [
    `Release ${contract.release}${over}: ${contract.operations.length} operations, ${contract.scopes.length} scopes`,
    ...sets,
    '',
    'Scopes',
    ...scopes,
    ...(notes.length === 0
      ? []
      : ['', `Notes (${notes.length})`, ...notes.map((note) => `  ${noteLine(note)}`)]),
  ].join('\n')
}

const json = (contract: Contract, notes: readonly Note[]) => ({
  release: contract.release,
  ...(contract.spec !== undefined && { spec: contract.spec }),
  sha256: contract.sha256,
  scopes: contract.scopes,
  operations: contract.operations.map(rowOf),
  ...(contract.spec !== undefined && { notes }),
})

const CHANGES: Readonly<Record<MatrixChange['change'], string>> = {
  added: 'Operations added',
  removed: 'Operations removed',
  scopes: 'Scopes that open an operation',
  'admin token': 'What the admin token opens',
}

function changes(
  first: Contract,
  second: Contract,
  { scopesAdded, scopesRemoved, ...diff }: MatrixDiff,
): string {
  const width = Math.max(0, ...diff.changes.map(({ operation }) => operation.length))
  const from = (one: MatrixChange): string =>
    one.first === null || one.second === null
      ? (one.first ?? one.second ?? '')
      : `${one.first} → ${one.second}`
  const groups = Object.entries(CHANGES).flatMap(([change, title]) => {
    const own = diff.changes.filter((one) => one.change === change)
    return own.length === 0
      ? []
      : [
          '',
          `${title} (${own.length})`,
          ...own.map((one) => `  ${one.operation.padEnd(width)}  ${from(one)}`),
        ]
  })
  const names = (title: string, scopes: readonly string[]) =>
    scopes.length === 0 ? [] : ['', `${title} (${scopes.length})`, `  ${scopes.join(', ')}`]
  const all = [...groups, ...names('Scopes added', scopesAdded), ...names('Scopes removed', scopesRemoved)]
  return [
    `From release ${first.release} to release ${second.release}`,
    ...(all.length === 0 ? ['', 'Nothing changes.'] : all),
  ].join('\n')
}

async function printDiff(release: string | undefined, other: string, asJson: boolean): Promise<void> {
  const [first, second] = await Promise.all([loadContract(release), loadContract(other)])
  const diff = matrixDiff(first, second)
  const text = asJson
    ? JSON.stringify({ first: first.release, second: second.release, ...diff }, null, 2)
    : changes(first, second, diff)
  process.stdout.write(`${text}\n`)
}

/** Prints the matrix, or what changes in it between releases, and answers the exit code. */
export async function printMatrix(
  flags: Flags & { readonly json?: boolean; readonly csv?: boolean; readonly diff?: string },
): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  if (flags.diff !== undefined) {
    await printDiff(settings.release, flags.diff, flags.json === true)
    return 0
  }
  const { examined, notes } = await contractFor(settings)
  const text =
    flags.json === true
      ? JSON.stringify(json(examined, notes), null, 2)
      : flags.csv === true
        ? csv(examined)
        : table(examined, notes)
  process.stdout.write(`${text}\n`)
  return 0
}
