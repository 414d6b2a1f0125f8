/**
 * Two contracts compared: what one source says of the API and the other does not. A difference is breaking
 * where a client or a key that one source serves would fail by the other, compatible where it would not, and
 * a conflict where the two cannot both describe the same deployment. Pure.
 */
import type { AdminAccess, Contract, OperationId, Parameter, Response, Schema } from './contract.js'
import { isRecord, records, strings } from './json.js'
import { type Described, type Note, pair, type Spec, specOf, surfaceOf } from './spec.js'
import { isSnakeOf } from './wire.js'

export const DRIFT_CLASSES = {
  breaking: 'Breaking: what the first serves fails by the second',
  conflict: 'Documentation conflicts: not both can be right',
  compatible: 'Compatible',
} as const
export type DriftClass = keyof typeof DRIFT_CLASSES

type DriftSubject = 'operation' | 'scopes' | 'admin token' | 'parameter' | 'request' | 'response' | 'status'

export interface Difference {
  readonly class: DriftClass
  readonly subject: DriftSubject
  readonly operation: OperationId
  /** What differs, in the operation. */
  readonly what: string
  /** What each source says of it; null for nothing. */
  readonly first: string | null
  readonly second: string | null
}

export interface Drift {
  readonly differences: readonly Difference[]
  /** What could not be compared. */
  readonly notes: readonly Note[]
}

type Finding = Omit<Difference, 'operation'>
type Direction = 'request' | 'response'

/** A schema as a client sees it; undefined is anything. */
interface View {
  readonly types?: ReadonlySet<string>
  readonly values?: ReadonlySet<string>
  readonly properties: ReadonlyMap<string, Schema>
  readonly required: ReadonlySet<string>
  readonly items?: Schema
  readonly additional?: Schema
}

const ANYTHING: View = { properties: new Map(), required: new Set() }

const together = <T>(
  one: ReadonlySet<T> | undefined,
  other: ReadonlySet<T> | undefined,
): ReadonlySet<T> | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : new Set([...one].filter((value) => other.has(value)))

const either = <T>(
  one: ReadonlySet<T> | undefined,
  other: ReadonlySet<T> | undefined,
): ReadonlySet<T> | undefined =>
  one === undefined || other === undefined ? undefined : new Set([...one, ...other])

const member = (name: 'items' | 'additional', schema: Schema | undefined) =>
  schema === undefined ? {} : { [name]: schema }
const ifAny = <Name extends string, T>(name: Name, value: T | undefined) =>
  value === undefined ? {} : { [name]: value }

/** What holds where both do. */
const both = (one: View, other: View): View => ({
  ...ifAny('types', together(one.types, other.types)),
  ...ifAny('values', together(one.values, other.values)),
  properties: new Map([...other.properties, ...one.properties]),
  required: new Set([...one.required, ...other.required]),
  ...member('items', one.items ?? other.items),
  ...member('additional', one.additional ?? other.additional),
})

/** What may hold where one of the two does. */
const oneOf = (one: View, other: View): View => ({
  ...ifAny('types', either(one.types, other.types)),
  ...ifAny('values', either(one.values, other.values)),
  properties: new Map([...other.properties, ...one.properties]),
  required: new Set([...one.required].filter((name) => other.required.has(name))),
  ...member('items', one.items ?? other.items),
  ...member('additional', one.additional ?? other.additional),
})

const schemaIn = (value: unknown): Schema | undefined =>
  isRecord(value) || typeof value === 'boolean' ? value : undefined

/** The types that a schema names, or shows by what it says of them. */
function typesOf(schema: { readonly [keyword: string]: unknown }): ReadonlySet<string> | undefined {
  const { items, nullable, properties, type } = schema
  const named = typeof type === 'string' ? [type] : strings(type)
  const shown = isRecord(properties) ? ['object'] : items === undefined ? [] : ['array']
  const types = named.length > 0 ? named : shown
  return types.length === 0 ? undefined : new Set([...types, ...(nullable === true ? ['null'] : [])])
}

function viewOf(schema: Schema | undefined): View {
  if (!isRecord(schema)) return ANYTHING
  const types = typesOf(schema)
  const values = Object.hasOwn(schema, 'const')
    ? [schema.const]
    : Array.isArray(schema.enum)
      ? schema.enum.filter((value) => value !== null)
      : undefined
  const own: View = {
    ...ifAny('types', types),
    ...ifAny('values', values && new Set(values.map((value) => JSON.stringify(value)))),
    properties: new Map(
      Object.entries(isRecord(schema.properties) ? schema.properties : {}).map(([name, inner]) => [
        name,
        schemaIn(inner) ?? true,
      ]),
    ),
    required: new Set(strings(schema.required)),
    ...member('items', schemaIn(schema.items)),
    ...member('additional', isRecord(schema.additionalProperties) ? schema.additionalProperties : undefined),
  }
  const alternatives = [...records(schema.anyOf), ...records(schema.oneOf)].map(viewOf)
  const [first, ...more] = alternatives
  const chosen = first === undefined ? own : both(own, more.reduce(oneOf, first))
  return records(schema.allOf).map(viewOf).reduce(both, chosen)
}

/** A whole number is a number too. */
const covers = (wide: ReadonlySet<string>, narrow: ReadonlySet<string>): boolean =>
  [...narrow].every((type) => wide.has(type) || (type === 'integer' && wide.has('number')))

const told = (values: ReadonlySet<string> | undefined): string =>
  values === undefined ? 'anything' : [...values].join(' or ')

/** Whether the second admits all that a client of the first sends, or gives nothing that it does not expect. */
function classOf(
  first: ReadonlySet<string> | undefined,
  second: ReadonlySet<string> | undefined,
  direction: Direction,
): 'breaking' | 'compatible' | undefined {
  const within = (narrow: typeof first, wide: typeof first) =>
    wide === undefined || (narrow !== undefined && covers(wide, narrow))
  const [fits, back] = [within(first, second), within(second, first)]
  if (fits && back) return undefined
  return (direction === 'request' ? fits : back) ? 'compatible' : 'breaking'
}

/** Names in the one that are those of the other, written as the wire does or as the code does. */
const renamings = (first: View, second: View): [string, string][] =>
  [...first.properties.keys()]
    .filter((name) => !second.properties.has(name))
    .flatMap((name) => {
      const twin = [...second.properties.keys()].find(
        (other) => !first.properties.has(other) && (isSnakeOf(name, other) || isSnakeOf(other, name)),
      )
      return twin === undefined ? [] : [[name, twin] satisfies [string, string]]
    })

const at = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`)

/** Differences of two schemas, field by field. */
function compareSchemas(
  one: Schema | undefined,
  other: Schema | undefined,
  direction: Direction,
  place: string,
): Finding[] {
  if (one === other) return []
  const [first, second] = [viewOf(one), viewOf(other)]
  const found: Finding[] = []
  const add = (kind: DriftClass, what: string, left: string | null, right: string | null) =>
    found.push({ class: kind, subject: direction, what, first: left, second: right })
  const where = place === '' ? 'the body' : place

  const typed = classOf(first.types, second.types, direction)
  if (typed !== undefined) add(typed, `type of ${where}`, told(first.types), told(second.types))
  const listed = classOf(first.values, second.values, direction)
  if (listed !== undefined && (first.values ?? second.values) !== undefined)
    add(listed, `values of ${where}`, told(first.values), told(second.values))

  const renamed = new Map(renamings(first, second))
  if (renamed.size > 0) {
    const [names, others] = [[...renamed.keys()], [...renamed.values()]]
    add('conflict', `names in ${where}`, names.join(', '), others.join(', '))
  }
  for (const [name, schema] of first.properties) {
    const twin = renamed.get(name) ?? name
    const counterpart = second.properties.get(twin)
    const field = at(place, name)
    if (counterpart === undefined) {
      if (second.types !== undefined) add('breaking', `field ${field}`, 'present', null)
      continue
    }
    const [was, is] = [first.required.has(name), second.required.has(twin)]
    if (was !== is) {
      const breaks = direction === 'request' ? is : was
      const say = (required: boolean) => (required ? 'required' : 'optional')
      add(breaks ? 'breaking' : 'compatible', `field ${field}`, say(was), say(is))
    }
    found.push(...compareSchemas(schema, counterpart, direction, field))
  }
  const twins = new Set(renamed.values())
  for (const name of second.properties.keys()) {
    if (first.properties.has(name) || twins.has(name) || first.types === undefined) continue
    const demanded = direction === 'request' && second.required.has(name)
    add(
      demanded ? 'breaking' : 'compatible',
      `field ${at(place, name)}`,
      null,
      demanded ? 'required' : 'present',
    )
  }
  if (first.items !== undefined && second.items !== undefined)
    found.push(...compareSchemas(first.items, second.items, direction, `${place}[]`))
  if (first.additional !== undefined && second.additional !== undefined)
    found.push(...compareSchemas(first.additional, second.additional, direction, at(place, '*')))
  return found
}

const isSuccess = ({ status }: Response): boolean => status < 400

const isWild = (type: string): boolean => type.endsWith('/*')
const admits = (one: string, other: string): boolean =>
  one === other || one === '*/*' || (isWild(one) && other.startsWith(one.slice(0, -1)))

/** The schema that a response gives for a media type, or for any that fits it. */
const schemaFor = ({ content }: Response, type: string): Schema | undefined =>
  content[type] ?? Object.entries(content).find(([other]) => admits(other, type) || admits(type, other))?.[1]

const typesIn = ({ content }: Response): string | null => Object.keys(content).join(', ') || null

function compareBodies(first: Response, second: Response): Finding[] {
  const { status } = first
  const [type] = Object.keys(first.content)
  const finding = { subject: 'response', what: `body of ${status}` } as const
  if (type === undefined) {
    const gives = typesIn(second)
    return gives === null ? [] : [{ ...finding, class: 'compatible', first: null, second: gives }]
  }
  const counterpart = schemaFor(second, type)
  if (counterpart === undefined) {
    // Documents say less of refusals than they could; a client that is refused loses nothing by it.
    const kind = isSuccess(first) ? 'breaking' : 'compatible'
    return [{ ...finding, class: kind, first: typesIn(first), second: typesIn(second) }]
  }
  return compareSchemas(first.content[type], counterpart, 'response', '').map((one) => ({
    ...one,
    what: `${status}: ${one.what}`,
  }))
}

/** Documents made from code give their errors the schema of the success. */
const isSuccessInDisguise = (refusal: Response, { responses }: Described): boolean =>
  !isSuccess(refusal) &&
  Object.values(refusal.content).some((schema) =>
    responses.some(
      (response) =>
        isSuccess(response) &&
        Object.values(response.content).some(
          (other) =>
            schema !== true && (other === schema || JSON.stringify(other) === JSON.stringify(schema)),
        ),
    ),
  )

function compareResponses(first: Described, second: Described): Finding[] {
  const lacking = (one: Described, other: Described) =>
    one.responses.filter(({ status }) => !other.responses.some((response) => response.status === status))
  const [gone, come] = [lacking(first, second), lacking(second, first)]
  const statuses = (responses: readonly Response[]) => responses.map(({ status }) => status).join(', ')
  const status = (kind: DriftClass, what: string, left: string | null, right: string | null): Finding => ({
    class: kind,
    subject: 'status',
    what,
    first: left,
    second: right,
  })
  const found: Finding[] = []
  const [lost, gained] = [gone.filter(isSuccess), come.filter(isSuccess)]
  // A document without any success says nothing of successes.
  if (lost.length > 0 && second.responses.some(isSuccess))
    found.push(status('breaking', 'success', statuses(lost), null))
  if (gained.length > 0) found.push(status('compatible', 'success', null, statuses(gained)))
  const [errorsGone, errorsCome] = [gone, come].map((all) => all.filter((one) => !isSuccess(one)))
  if (errorsGone !== undefined && errorsGone.length > 0)
    found.push(status('compatible', 'errors', statuses(errorsGone), null))
  if (errorsCome !== undefined && errorsCome.length > 0)
    found.push(status('compatible', 'errors', null, statuses(errorsCome)))
  for (const response of second.responses) {
    const counterpart = first.responses.find((one) => one.status === response.status)
    const disguised = [
      isSuccessInDisguise(response, second),
      counterpart !== undefined && isSuccessInDisguise(counterpart, first),
    ]
    if (disguised.some(Boolean)) {
      const [says, sound] = ['the body of a success', counterpart && typesIn(counterpart)]
      const what = `body of ${response.status}`
      if (disguised[0] === true && disguised[1] === false)
        found.push({ class: 'conflict', subject: 'response', what, first: sound ?? null, second: says })
    } else if (counterpart !== undefined) found.push(...compareBodies(counterpart, response))
  }
  return found
}

/** Headers that say who asks and in what form, which no document lists as parameters with a meaning. */
const UNLISTED = ['accept', 'content-type', 'authorization']

/** Path parameters by their position: names of placeholders mean nothing to a client. */
function keyed({ parameters, path }: Described): Map<string, Parameter> {
  const names = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
  return new Map(
    parameters.flatMap((parameter) => {
      const { in: place, name } = parameter
      if (place === 'header' && UNLISTED.includes(name.toLowerCase())) return []
      const key =
        place === 'path' ? `#${names.indexOf(name)}` : place === 'header' ? name.toLowerCase() : name
      return [[`${place} ${key}`, parameter] satisfies [string, Parameter]]
    }),
  )
}

const inWords = ({ in: place, name }: Parameter): string => `${place} parameter ${name}`

function compareParameters(first: Described, second: Described): Finding[] {
  const [known, given] = [keyed(first), keyed(second)]
  const found: Finding[] = []
  const say = ({ required }: Parameter) => (required ? 'required' : 'optional')
  for (const [key, parameter] of known) {
    const counterpart = given.get(key)
    const what = inWords(parameter)
    if (counterpart === undefined) {
      // The path itself shows its placeholders.
      if (parameter.in !== 'path')
        found.push({ class: 'breaking', subject: 'parameter', what, first: say(parameter), second: null })
      continue
    }
    if (parameter.required !== counterpart.required) {
      found.push({
        class: counterpart.required ? 'breaking' : 'compatible',
        subject: 'parameter',
        what,
        first: say(parameter),
        second: say(counterpart),
      })
    }
    found.push(
      ...compareSchemas(parameter.schema, counterpart.schema, 'request', what).map(
        (one): Finding => ({ ...one, subject: 'parameter' }),
      ),
    )
  }
  for (const [key, parameter] of given) {
    if (known.has(key) || parameter.in === 'path') continue
    found.push({
      class: parameter.required ? 'breaking' : 'compatible',
      subject: 'parameter',
      what: inWords(parameter),
      first: null,
      second: say(parameter),
    })
  }
  return found
}

function compareRequests(first: Described, second: Described): Finding[] {
  const [one, other] = [first.body, second.body]
  const what = 'the body'
  const say = (body: typeof one) =>
    body === undefined ? null : `${body.required ? 'required' : 'optional'} ${body.contentType}`
  const differs = (kind: DriftClass): Finding => ({
    class: kind,
    subject: 'request',
    what,
    first: say(one),
    second: say(other),
  })
  if (one === undefined)
    return other === undefined ? [] : [differs(other.required ? 'breaking' : 'compatible')]
  if (other === undefined) return [differs('breaking')]
  const found: Finding[] = []
  if (!admits(other.contentType, one.contentType)) found.push(differs('breaking'))
  else if (one.required !== other.required) found.push(differs(other.required ? 'breaking' : 'compatible'))
  return [...found, ...compareSchemas(one.schema, other.schema, 'request', '')]
}

/** Who may use it, in words. */
const openedBy = (operation: Described): string => {
  if (operation.reserved)
    return `administrators of the service (${operation.scopes.join(' or ') || 'admin:…'})`
  if (operation.public) return 'everybody'
  return operation.scopes.join(' or ')
}

/** Undefined where the document does not say who may use it. */
const isSaid = ({ public: open, reserved, scopes }: Described): boolean =>
  open || reserved || scopes.length > 0

function compareScopes(first: Described, second: Described): Finding[] {
  if (!isSaid(first) || !isSaid(second) || (first.reserved && second.reserved)) return []
  const differs = (kind: DriftClass): Finding[] => [
    { class: kind, subject: 'scopes', what: 'scopes', first: openedBy(first), second: openedBy(second) },
  ]
  const inProse = [first, second].some(
    ({ scopesFrom }) => scopesFrom === 'prose' || scopesFrom === 'extension',
  )
  if (first.reserved !== second.reserved || first.public !== second.public)
    return differs(inProse ? 'conflict' : 'breaking')
  const lost = first.scopes.filter((scope) => !second.scopes.includes(scope))
  const gained = second.scopes.filter((scope) => !first.scopes.includes(scope))
  if (lost.length === 0) return gained.length === 0 ? [] : differs('compatible')
  // Prose may be mistaken; where no key suits both sources, one of them is.
  const isDisjoint = lost.length === first.scopes.length
  return differs(isDisjoint && inProse ? 'conflict' : 'breaking')
}

const ADMIN: Readonly<Record<AdminAccess, string>> = {
  grant: 'opens it',
  deny: 'does not open it',
  silent: 'is not mentioned',
}

function compareAdmin({ admin: first }: Described, { admin: second }: Described): Finding[] {
  if (first === undefined || second === undefined || first === second) return []
  const kind = first === 'grant' ? 'breaking' : 'compatible'
  return [
    {
      class: kind,
      subject: 'admin token',
      what: 'the admin token',
      first: ADMIN[first],
      second: ADMIN[second],
    },
  ]
}

const COMPARISONS = [compareScopes, compareAdmin, compareParameters, compareRequests, compareResponses]

const PRESENT = { subject: 'operation', what: 'the operation' } as const
const REMOVED: Finding = { ...PRESENT, class: 'breaking', first: 'present', second: null }
const ADDED: Finding = { ...PRESENT, class: 'compatible', first: null, second: 'present' }

/** Every difference of two documents, in the order of the first, and what could not be compared. */
export function drift(first: Spec, second: Spec): Drift {
  const { added, elsewhere, leftOut, pairs } = pair(first.operations, second)
  const about = (id: OperationId, findings: readonly Finding[]): Difference[] =>
    findings.map((finding) => ({ ...finding, operation: id }))
  return {
    differences: [
      ...pairs.flatMap(({ described, known }) =>
        about(
          known.id,
          COMPARISONS.flatMap((compare) => compare(known, described)),
        ),
      ),
      ...leftOut.flatMap(({ id }) => about(id, [REMOVED])),
      ...added.flatMap(({ id }) => about(id, [ADDED])),
    ],
    notes: [
      ...first.notes,
      ...second.notes,
      ...[...new Set(elsewhere.map(surfaceOf))].map(
        (surface): Note => ({
          kind: 'not-described',
          text: `${second.source} says nothing of ${surface}: not compared`,
        }),
      ),
    ],
  }
}

/** What changed in who may do what. */
export interface MatrixChange {
  readonly operation: OperationId
  readonly apiSet: string
  readonly change: 'added' | 'removed' | 'scopes' | 'admin token'
  readonly first: string | null
  readonly second: string | null
}

export interface MatrixDiff {
  readonly changes: readonly MatrixChange[]
  readonly scopesAdded: readonly string[]
  readonly scopesRemoved: readonly string[]
}

/** What changed between two releases: operations, their scopes and the admin token's access. */
export function matrixDiff(first: Contract, second: Contract): MatrixDiff {
  const { added, leftOut, pairs } = pair(first.operations, specOf(second))
  const opener = (operation: Described): string => openedBy(operation) || 'admin token'
  const presence =
    (change: 'added' | 'removed') =>
    (operation: Described): MatrixChange => ({
      operation: operation.id,
      apiSet: operation.apiSet,
      change,
      first: change === 'removed' ? opener(operation) : null,
      second: change === 'added' ? opener(operation) : null,
    })
  const names = (contract: Contract) => [...new Set(contract.scopes.map(({ name }) => name))]
  const [before, after] = [names(first), names(second)]
  return {
    changes: [
      ...added.map(presence('added')),
      ...leftOut.map(presence('removed')),
      ...pairs.flatMap(({ known, described }) => {
        const { apiSet, id: operation } = known
        const [from, to] = [openedBy(known), openedBy(described)]
        const changes: MatrixChange[] = []
        if (from !== to) changes.push({ operation, apiSet, change: 'scopes', first: from, second: to })
        if (described.admin !== undefined && known.admin !== described.admin) {
          const [was, is] = [ADMIN[known.admin], ADMIN[described.admin]]
          changes.push({ operation, apiSet, change: 'admin token', first: was, second: is })
        }
        return changes
      }),
    ],
    scopesAdded: after.filter((name) => !before.includes(name)),
    scopesRemoved: before.filter((name) => !after.includes(name)),
  }
}
