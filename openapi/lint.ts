/** What the documents must keep to for the suite to rely on them. Pure; a build with a problem fails. */
import {
  type Contract,
  isGuarded,
  namesResource,
  type Operation,
  responseOf,
  type Schema,
  scopesOf,
  shape,
} from './contract.js'
import { isRecord, type JsonRecord, records, tokens } from './json.js'

/** Violations of a schema by a value; throws when the schema itself cannot be used. */
export type Violations = (schema: Schema, value: unknown) => readonly string[]

type Rule = (operation: Operation, contract: Contract) => string | false

const STATE_CHANGES = ['create', 'update', 'delete', 'deploy', 'undeploy']

/** Whether something that keeps to the schema can have a value where the steps lead. */
function leadsTo(schema: unknown, steps: readonly string[]): boolean {
  const [step, ...deeper] = steps
  if (step === undefined) return true
  if (!isRecord(schema)) return false
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const inner = step === '*' ? schema.items : properties[step]
  return (
    (inner !== undefined && leadsTo(inner, deeper)) ||
    records(schema.allOf).some((part) => leadsTo(part, steps))
  )
}

/** Whether the path, the Host or a header that it needs says which function is meant. */
const namesFunction = ({ hostLabels, parameters }: Operation): boolean =>
  hostLabels.includes('function-id') ||
  parameters.some(({ fill, required }) => fill === 'function-id' && required)

/** Each rule answers what is wrong, or false. */
const RULES: readonly Rule[] = [
  (operation) =>
    !isGuarded(operation) && !operation.public && 'names nobody who may use it and is not marked x-public',
  (operation) => isGuarded(operation) && operation.public && 'is marked x-public and names who may use it',
  // What is passed on to a function has the function's own path.
  ({ effect, path, public: open }) =>
    !/^\/v\d+\//.test(path) && !open && effect !== 'invoke' && 'has no version prefix',
  ({ operationId }) => operationId === '' && 'has no operationId',
  ({ apiSet }) => apiSet === '' && 'has no tag to name its API set',
  ({ method, effect }) =>
    (method === 'GET' ? effect !== 'none' : effect === 'none' && method !== 'POST') &&
    `is ${method} with x-effect ${effect}`,
  ({ keyKind, scopes }, contract) => {
    if (keyKind === undefined) return false
    const known = scopesOf(contract, keyKind)
    const unknown = scopes.filter((name) => !known.includes(name))
    return unknown.length > 0 && `names scopes that x-scopes does not list: ${unknown.join(', ')}`
  },
  ({ keyKind }, contract) =>
    keyKind !== undefined &&
    contract.keyIssue[keyKind] === undefined &&
    `takes a ${keyKind}, and no document says with x-issue how one is issued`,
  ({ reserved, tokenScopes }) =>
    reserved && tokenScopes.length === 0 && 'is for superAdmin and names no scope',
  ({ tokenScopes }, { scopes }) => {
    const held = tokenScopes.filter((name) => scopes.some((scope) => scope.name === name))
    return held.length > 0 && `asks of a token what keys may hold as well: ${held.join(', ')}`
  },
  (operation) =>
    operation.scopes.length > 0 &&
    namesFunction(operation) &&
    operation.resources === undefined &&
    'names a function and has no x-resources',
  ({ resources, responses }) => {
    if (resources?.use !== 'filtered') return false
    const { pointer } = resources
    const schemas = responses
      .filter(({ status }) => status < 300)
      .flatMap((one) => Object.values(one.content))
    return (
      !(pointer.startsWith('/') && schemas.some((schema) => leadsTo(schema, tokens(pointer)))) &&
      `is filtered at ${pointer}, which leads nowhere in what it answers`
    )
  },
  ({ exposure = '', public: open, service }) =>
    service === 'api-keys' &&
    open &&
    !/^[a-z].*[^.\s]$/.test(exposure) &&
    'is open to all and has no x-exposure, which begins in lower case and has no full stop',
  ({ effect, public: open, readBack, unreadable }) =>
    STATE_CHANGES.includes(effect) &&
    !open &&
    readBack === undefined &&
    unreadable === undefined &&
    'changes state and has neither x-read-back nor x-unreadable',
  ({ responses }) => !responses.some(({ status }) => status < 400) && 'documents no success',
  (operation) =>
    isGuarded(operation) &&
    ![401, 403].every((status) => responseOf(operation, status) !== undefined) &&
    'documents no 401 or no 403',
  (operation) =>
    isGuarded(operation) &&
    namesResource(operation) &&
    responseOf(operation, 404) === undefined &&
    'names a resource and documents no 404',
  ({ parameters }) => {
    const unfilled = parameters.filter(
      ({ example, fill, required }) => required && fill === undefined && example === undefined,
    )
    return (
      unfilled.length > 0 &&
      `requires parameters without x-fill or example: ${unfilled.map(({ name }) => name).join(', ')}`
    )
  },
  ({ body }) =>
    body?.required === true && body.example === undefined && 'requires a body and gives no example',
]

const duplicates = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
]

/** The schemas of an operation, each with the place where it stands. */
const schemasOf = (operation: Operation): [string, Schema][] => [
  ...operation.parameters.map(({ name, schema }): [string, Schema] => [`parameter ${name}`, schema]),
  ...(operation.body === undefined
    ? []
    : [['request body', operation.body.schema] satisfies [string, Schema]]),
  ...operation.responses.flatMap(({ status, content, headers }) => [
    ...Object.entries(content).map(([type, schema]): [string, Schema] => [`${status} ${type}`, schema]),
    ...headers.map(({ name, schema }): [string, Schema] => [`${status} header ${name}`, schema]),
  ]),
]

function unusable(schema: Schema, violations: Violations): string | undefined {
  try {
    violations(schema, null)
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/** Every example beside a schema, and every example inside one. */
function* examples(
  node: unknown,
  place: string,
): Generator<{ place: string; schema: Schema; value: unknown }> {
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) yield* examples(item, `${place}/${index}`)
    return
  }
  if (!isRecord(node)) return
  if (isRecord(node.schema) && node.example !== undefined)
    yield { place, schema: node.schema, value: node.example }
  if (isRecord(node.schema) && isRecord(node.examples)) {
    for (const [name, example] of Object.entries(node.examples)) {
      if (isRecord(example))
        yield { place: `${place}/examples/${name}`, schema: node.schema, value: example.value }
    }
  }
  if (Array.isArray(node.examples)) {
    for (const value of node.examples) yield { place, schema: node, value }
  }
  for (const [member, value] of Object.entries(node)) {
    if (member !== 'example' && member !== 'examples') yield* examples(value, `${place}/${member}`)
  }
}

/** Every problem of the contract and its documents, one sentence each; empty when there is none. */
export function lint(contract: Contract, documents: readonly JsonRecord[], violations: Violations): string[] {
  const { operations } = contract
  return [
    ...duplicates(operations.map(({ operationId }) => operationId)).map(
      (id) => `operationId ${id} stands twice`,
    ),
    ...duplicates(operations.map(({ id, service }) => `${service} ${shape(id)}`)).map(
      (id) => `${id} stands twice`,
    ),
    ...operations.flatMap((operation) =>
      RULES.flatMap((rule) => {
        const problem = rule(operation, contract)
        return problem === false ? [] : [`${operation.id} ${problem}`]
      }),
    ),
    ...operations.flatMap((operation) =>
      schemasOf(operation).flatMap(([place, schema]) => {
        const refusal = unusable(schema, violations)
        return refusal === undefined ? [] : [`${operation.id}: the schema of ${place} is refused: ${refusal}`]
      }),
    ),
    ...documents.flatMap((document) =>
      [...examples(document.paths, '/paths'), ...examples(document.components, '/components')].flatMap(
        ({ place, schema, value }) => {
          const refusal = unusable(schema, violations)
          return refusal === undefined
            ? violations(schema, value).map(
                (violation) => `the example at ${place} violates its schema: ${violation}`,
              )
            : [`the schema at ${place} is refused: ${refusal}`]
        },
      ),
    ),
  ]
}
