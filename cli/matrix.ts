/** `matrix`: which scopes open which operations, as documented. Sends nothing. */
import { apiSets, type Contract, type Operation } from '../openapi/contract.js'
import { loadContract } from '../openapi/load.js'
import { resolveSettings } from './settings.js'

interface MatrixFlags {
  readonly release?: string
  readonly json?: boolean
  readonly csv?: boolean
}

interface Row {
  readonly operation: string
  readonly apiSet: string
  readonly scopes: readonly string[]
  readonly adminToken: boolean
  readonly public: boolean
}

const rowOf = (operation: Operation): Row => ({
  operation: operation.id,
  apiSet: operation.apiSet,
  scopes: operation.scopes,
  adminToken: operation.adminToken,
  public: operation.public,
})

const csvField = (value: string): string =>
  /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value

function csv(contract: Contract): string {
  const names = contract.scopes.map(({ name }) => name)
  const header = ['api_set', 'operation', ...names, 'admin_token', 'public']
  const mark = (holds: boolean) => (holds ? 'grant' : 'deny')
  const rows = contract.operations.map((operation) => [
    operation.apiSet,
    operation.id,
    ...names.map((name) => mark(operation.public || operation.scopes.includes(name))),
    mark(operation.public || operation.adminToken),
    mark(operation.public),
  ])
  return [header, ...rows].map((fields) => fields.map(csvField).join(',')).join('\n')
}

const opener = (operation: Operation): string =>
  operation.public
    ? 'public'
    : [...operation.scopes, ...(operation.adminToken ? ['admin token'] : [])].join(' | ')

function table(contract: Contract): string {
  const width = Math.max(...contract.operations.map(({ id }) => id.length))
  const sets = apiSets(contract).flatMap((apiSet) => [
    '',
    apiSet,
    ...contract.operations
      .filter((operation) => operation.apiSet === apiSet)
      .map((operation) => `  ${operation.id.padEnd(width)}  ${opener(operation)}`),
  ])
  const scopeWidth = Math.max(...contract.scopes.map(({ name }) => name.length))
  const scopes = contract.scopes.map(({ name, meaning }) => `  ${name.padEnd(scopeWidth)}  ${meaning}`)
  return [
    `Release ${contract.release}: ${contract.operations.length} operations, ${contract.scopes.length} scopes`,
    ...sets,
    '',
    'Scopes',
    ...scopes,
  ].join('\n')
}

/** Prints the matrix and answers the exit code. */
export async function printMatrix(flags: MatrixFlags): Promise<number> {
  const { release } = await resolveSettings({ release: flags.release }, process.env)
  const contract = await loadContract(release)
  const json = () =>
    JSON.stringify(
      {
        release: contract.release,
        sha256: contract.sha256,
        scopes: contract.scopes,
        operations: contract.operations.map(rowOf),
      },
      null,
      2,
    )
  const text = flags.json === true ? json() : flags.csv === true ? csv(contract) : table(contract)
  process.stdout.write(`${text}\n`)
  return 0
}
