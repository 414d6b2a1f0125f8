/** What must hold of the checks as a whole, whatever each of them says. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../fixtures/gateway/faults.js'
import {
  type AdminAccess,
  isGuarded,
  type KeyKind,
  type Operation,
  scopesOf,
} from '../../openapi/contract.js'
import { loadContract } from '../../openapi/load.js'
import { type Cell, credentialLabel, keyLabel, probeKey } from '../model.js'
import { plan, running, type Selection } from '../plan.js'
import { CHECKS } from './index.js'

const EVERYTHING: Selection = {
  profile: 'full',
  mode: 'full',
  checks: [],
  operations: [],
  unsupported: [],
  matrix: 'exhaustive',
  seed: 1,
}

/** The checks of the plain matrix: one operation, one credential, the plain request. */
const MATRIX: ReadonlySet<string> = new Set([
  'scope-grants',
  'scope-denies',
  'scopeless-key-denies',
  'no-credential-denies',
  'garbage-bearer-denies',
  'admin-token-grants',
  'admin-token-denies',
  'admin-only-denies',
  'super-admin-denies',
])

/** What the documents say of the admin token, and the check that holds it to that. */
const ADMIN: Readonly<Record<AdminAccess, readonly string[]>> = {
  grant: ['admin-token-grants'],
  deny: ['admin-token-denies'],
  silent: [],
}

/** The check that keeps every key out of an operation that no key opens. */
const keeper = ({ reserved }: Operation): string => (reserved ? 'super-admin-denies' : 'admin-only-denies')

const contract = await loadContract()
const cells = plan(contract, CHECKS, EVERYTHING)
const faults = FAULTS.map(({ id }) => id)

const guarded = contract.operations.filter(isGuarded)

/** The kind of key that an operation is asked with. */
const kindFor = ({ keyKind, service }: Operation): KeyKind =>
  keyKind ?? (service === 'tasks' ? 'taskKey' : 'apiKey')

/** The checks of the matrix that hold an operation with a credential to something. */
const holders = (operation: string, credential: string): string[] =>
  cells
    .filter(
      (cell) =>
        MATRIX.has(cell.check) &&
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

  test.for(CHECKS.map((check) => [check.id, check] as const))('%s catches a fault', ([, check]) => {
    const { catches, failsOnReference } = check
    // Where the healthy gateway fails already, a run against it shows that the check can fail.
    expect(catches.length > 0).toBe(failsOnReference === undefined)
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

  test('keeps public operations out of the authorization checks', () => {
    const strays = ({ area, operation }: Cell) =>
      area === 'authorization' && !guarded.some(({ id }) => id === operation)
    expect(cells.filter(strays)).toEqual([])
  })
})

describe('the grouped plan', () => {
  const grouped = plan(contract, CHECKS, { ...EVERYTHING, matrix: 'grouped' })

  test('has the same cells', () => {
    expect(grouped.map(({ id }) => id)).toEqual(cells.map(({ id }) => id))
  })

  test('asks alone with no scope that does not open an operation, and together with all of them', () => {
    const left = grouped.filter(({ leftOut }) => leftOut !== undefined)
    expect(new Set(left.map(({ check }) => check))).toEqual(
      new Set(['scope-denies', 'admin-only-denies', 'super-admin-denies']),
    )
    const together = new Set(
      running(grouped)
        .filter(({ check }) => check === 'scopes-deny-together')
        .map(({ operation }) => operation),
    )
    expect(left.filter(({ operation }) => !together.has(operation))).toEqual([])
  })
})

test('the seed draws the sets of scopes, and nothing else', () => {
  const other = plan(contract, CHECKS, { ...EVERYTHING, seed: 2 })
  expect(other.map(({ id }) => id)).toEqual(cells.map(({ id }) => id))
  const differing = other.filter((cell, index) => JSON.stringify(cell) !== JSON.stringify(cells[index]))
  expect(new Set(differing.map(({ check }) => check))).toEqual(new Set(['scope-sets-compose']))
})

test('whatever the seed, no request is both to be granted and to be denied', () => {
  for (let seed = 0; seed < 50; seed++) {
    const expectations = new Map<string, string>()
    for (const { operation, probe } of plan(contract, CHECKS, { ...EVERYTHING, seed })) {
      if (probe.expects !== 'grant' && probe.expects !== 'denial') continue
      const request = `${operation} ${probeKey(probe)}`
      expect(expectations.get(request) ?? probe.expects, request).toBe(probe.expects)
      expectations.set(request, probe.expects)
    }
  }
})

describe('the scope matrix', () => {
  test('has scopes, and operations of every sort', () => {
    expect(contract.scopes.length).toBeGreaterThan(1)
    const sorts = guarded.map(({ keyKind, reserved }) => (reserved ? 'reserved' : (keyKind ?? 'admin only')))
    expect(new Set(sorts)).toEqual(new Set(['apiKey', 'taskKey', 'admin only', 'reserved']))
  })

  test.for(guarded.map((operation) => [operation.id, operation] as const))(
    'of %s is complete',
    ([id, operation]) => {
      const { admin, scopes } = operation
      const keyKind = kindFor(operation)
      const names = scopesOf(contract, keyKind)
      const byScope = names.map((name) => [name, holders(id, keyLabel({ keyKind, scopes: [name] }))])
      const expected = (name: string) => {
        if (operation.keyKind === undefined) return keeper(operation)
        return scopes.includes(name) ? 'scope-grants' : 'scope-denies'
      }
      expect(byScope).toEqual(names.map((name) => [name, [expected(name)]]))
      const scopeless = operation.keyKind === undefined ? keeper(operation) : 'scopeless-key-denies'
      expect(holders(id, keyLabel({ keyKind, scopes: [] }))).toEqual([scopeless])
      expect(holders(id, 'admin token')).toEqual(operation.creates === 'account' ? [] : ADMIN[admin])
      expect(holders(id, 'no credential')).toEqual(['no-credential-denies'])
      expect(holders(id, 'garbage bearer')).toEqual(['garbage-bearer-denies'])
    },
  )
})
