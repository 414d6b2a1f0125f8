import { beforeAll, describe, expect, test } from 'vitest'
import { type Contract, findOperation, type Operation, type ResourceUse } from './contract.js'
import { loadContract } from './load.js'

let contract: Contract
beforeAll(async () => {
  contract = await loadContract()
})

const operation = (id: string): Operation => {
  const found = findOperation(contract, id)
  if (found === undefined) throw new Error(`The contract has no ${id}`)
  return found
}

describe('the resources of a key', () => {
  const VERSION = 'functions/{f}/versions/{v}'
  const ROWS: readonly [id: string, resources: ResourceUse | undefined][] = [
    ['GET /v2/nvcf/functions', { use: 'filtered', pointer: '/functions/*/id' }],
    ['GET /v2/nvcf/functions/ids', { use: 'filtered', pointer: '/functionIds/*' }],
    ['GET /v2/nvcf/functions/{f}/versions', { use: 'checked' }],
    [`PUT /v2/nvcf/secrets/${VERSION}`, { use: 'checked' }],
    ['GET /v2/nvcf/deployments/{d}', { use: 'checked' }],
    ['POST {functionId}.invocation/{path}', { use: 'checked' }],
    ['POST invocation/{path}', { use: 'checked' }],
    ['GET /v2/nvcf/telemetries', { use: 'ignored' }],
    ['PUT /v2/nvcf/secrets/telemetries/{t}', { use: 'ignored' }],
    ['POST /v2/nvcf/functions', undefined],
    [`PUT /v2/nvcf/accounts/{a}/secrets/${VERSION}`, undefined],
  ]

  test.each(ROWS)('%s', (id, resources) => {
    expect(operation(id).resources).toEqual(resources)
  })

  test('of functions are left unsaid where nothing tells', () => {
    const silent = contract.operations.filter((one) => one.keyKind === 'apiKey' && !one.resources)
    expect(silent.map(({ operationId }) => operationId)).toEqual([
      'createFunction',
      'getQueuePosition',
      'listClusterGroups',
      'issueMultiFunctionToken',
      'getInvocationResult',
      'getExecutionResult',
    ])
  })
})

describe('scopes that only tokens hold', () => {
  const ROWS: readonly [id: string, scopes: readonly string[]][] = [
    ['POST /v2/nvcf/accounts/{a}', ['account_setup']],
    ['GET /v2/nvcf/accounts/{a}/functions', ['admin:list_functions', 'admin:list_functions_details']],
    ['DELETE /v2/nvcf/instances/{i}', ['admin:delete_function']],
    ['GET /v1/nvct/accounts/{a}/usage/gpus', ['admin:launch_task']],
    ['GET /v1/accounts/{a}/clusters', ['cluster-management']],
    ['GET /v2/nvcf/functions', []],
    ['POST /v1/keys', []],
  ]

  test.each(ROWS)('%s', (id, scopes) => {
    expect(operation(id).tokenScopes).toEqual(scopes)
  })

  test('are asked by all that no key opens, and by nothing else', () => {
    const keyless = contract.operations.filter((one) => !one.public && one.keyKind === undefined)
    expect(contract.operations.filter((one) => one.tokenScopes.length > 0)).toEqual(keyless)
  })
})

test('everything of the API Keys service says what it exposes, and nothing else does', () => {
  const exposed = contract.operations.filter(({ exposure }) => exposure !== undefined)
  expect(exposed).toEqual(contract.operations.filter(({ service }) => service === 'api-keys'))
  expect(operation('POST /v1/keys').exposure).toBe(
    'whoever reaches this Host can issue itself a key with any scope',
  )
})
