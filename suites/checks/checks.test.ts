/** What must hold of the checks as a whole, whatever each of them says. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../fixtures/gateway/faults.js'
import { loadContract } from '../../openapi/load.js'
import { type Cell, credentialLabel } from '../model.js'
import { plan, running, type Selection } from '../plan.js'
import { CHECKS } from './index.js'

const EVERYTHING: Selection = { profile: 'full', mode: 'full', checks: [], operations: [], unsupported: [] }

/** Credentials that every scoped operation meets beside single scopes, and the one check that holds each. */
const HELD_BY: readonly (readonly [credential: string, check: string])[] = [
  ['admin token', 'admin-token-grants'],
  ['no credential', 'no-credential-denies'],
  ['garbage bearer', 'garbage-bearer-denies'],
  ['key []', 'scopeless-key-denies'],
]

const contract = await loadContract()
const cells = plan(contract, CHECKS, EVERYTHING)
const faults = FAULTS.map(({ id }) => id)

const scoped = contract.operations.filter(({ scopes }) => scopes.length > 0)

/** The checks of the matrix that hold an operation with a credential to something. */
const holders = (operation: string, credential: string): string[] =>
  cells
    .filter(
      (cell) =>
        cell.area === 'authorization' &&
        cell.operation === operation &&
        credentialLabel(cell.probe.credential) === credential,
    )
    .map(({ check }) => check)

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index)

describe('every check', () => {
  test('is a file named after it, in the folder of its area, and in the index', () => {
    const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile() && !['index.ts', 'checks.test.ts'].includes(entry.name))
      .map((entry) => `${entry.parentPath.split(/[\\/]/).filter(Boolean).at(-1)}/${entry.name}`)
    expect(files.sort()).toEqual(CHECKS.map(({ area, id }) => `${area}/${id}.ts`).sort())
  })

  test.for(CHECKS.map((check) => [check.id, check] as const))('%s catches a fault', ([, { catches }]) => {
    expect(catches).not.toEqual([])
    expect(catches.filter((fault) => !faults.includes(fault))).toEqual([])
    expect(repeated(catches)).toEqual([])
  })

  test.for(CHECKS.map(({ id }) => id))('%s applies to an operation', (id) => {
    expect(running(cells).filter(({ check }) => check === id)).not.toEqual([])
  })
})

test.for(faults)('the fault %s is caught by a check', (fault) => {
  expect(CHECKS.filter(({ catches }) => catches.includes(fault))).not.toEqual([])
})

describe('the plan', () => {
  test('gives every cell an id of its own', () => {
    expect(repeated(cells.map(({ id }) => id))).toEqual([])
  })

  test('is the same each time, from documents read anew', async () => {
    expect(plan(await loadContract(), CHECKS, EVERYTHING)).toEqual(cells)
  })

  test('leaves nothing out when nothing is', () => {
    expect(running(cells)).toHaveLength(cells.length)
  })

  test('keeps operations without scopes out of the authorization checks', () => {
    const strays = ({ area, operation }: Cell) =>
      area === 'authorization' && !scoped.some(({ id }) => id === operation)
    expect(cells.filter(strays)).toEqual([])
  })
})

describe('the scope matrix', () => {
  test('has scopes and scoped operations', () => {
    expect(contract.scopes.length).toBeGreaterThan(1)
    expect(scoped.length).toBeGreaterThan(1)
  })

  test.for(scoped.map((operation) => [operation.id, operation] as const))(
    'of %s is complete',
    ([id, operation]) => {
      const byScope = contract.scopes.map(({ name }) => [name, holders(id, `key [${name}]`)])
      const documented = contract.scopes.map(({ name }) => [
        name,
        [operation.scopes.includes(name) ? 'scope-grants' : 'scope-denies'],
      ])
      expect(byScope).toEqual(documented)
      const held = HELD_BY.map(([credential]) => [credential, holders(id, credential)])
      expect(held).toEqual(HELD_BY.map(([credential, check]) => [credential, [check]]))
    },
  )
})
