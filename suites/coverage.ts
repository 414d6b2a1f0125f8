/**
 * What a run reached of the documents, down to the keywords of their schemas. Pure. Values stay with the
 * worker: what it passes on are places in the documents.
 */
import {
  documentedType,
  type Operation,
  type Response,
  responseOf,
  type Schema,
} from '../openapi/contract.js'
import { isRecord, type JsonRecord } from '../openapi/json.js'
import type { Answered, Observation, PathForm } from './model.js'

/** Whether a value satisfies a schema; tells which branch of a choice took it. */
export type Takes = (schema: Schema, value: unknown) => boolean

/** What the trial of one operation reached, as JSON. A place is a pointer to a keyword: `#/properties/id/type`. */
export interface Reach {
  readonly operation: string
  /** Statuses that the operation answered with. */
  readonly statuses: readonly number[]
  readonly request: readonly string[]
  /** By the name that `answerSchemas` gives the schema. */
  readonly responses: Readonly<Record<string, readonly string[]>>
}

type Concerns = (value: unknown) => boolean

/** Keywords that ask something of a value, by the values that they ask it of. Annotations are not among them. */
const ASKED_OF: readonly (readonly [concerns: Concerns, keywords: readonly string[]])[] = [
  [() => true, ['type', 'enum', 'const', 'allOf', 'anyOf', 'oneOf', 'not']],
  [(value) => typeof value === 'string', ['minLength', 'maxLength', 'pattern']],
  [
    (value) => typeof value === 'number',
    ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ],
  [(value) => typeof value === 'string' || typeof value === 'number', ['format']],
  [(value) => Array.isArray(value), ['items', 'minItems', 'maxItems', 'uniqueItems']],
  [isRecord, ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties']],
]

const CONCERNS: ReadonlyMap<string, Concerns> = new Map(
  ASKED_OF.flatMap(([concerns, keywords]) =>
    keywords.map((keyword): [string, Concerns] => [keyword, concerns]),
  ),
)

/** Keywords that hold one schema for what is inside a value; only such a thing reaches them. */
const MEMBERWISE = ['items', 'additionalProperties']
const CHOICES = ['anyOf', 'oneOf']
const HOLDING_SEVERAL = ['properties', 'allOf', ...CHOICES]
const HOLDING_ONE = [...MEMBERWISE, 'not']

/** A keyword of a schema that asks something. */
interface Asking {
  readonly keyword: string
  readonly operand: unknown
  readonly place: string
  readonly concerns: Concerns
}

function asking(schema: Schema, at: string): Asking[] {
  if (!isRecord(schema)) return []
  return Object.entries(schema).flatMap(([keyword, operand]) => {
    const concerns = CONCERNS.get(keyword)
    const idle = MEMBERWISE.includes(keyword)
      ? operand === true
      : keyword === 'uniqueItems' && operand === false
    return concerns === undefined || idle ? [] : [{ keyword, operand, place: `${at}/${keyword}`, concerns }]
  })
}

/** A schema inside a keyword; `token` is the member or index that it stands under, where there are several. */
interface Inner {
  readonly token: string
  readonly place: string
  readonly schema: JsonRecord
}

const escaped = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

function inside({ keyword, operand, place }: Asking): Inner[] {
  if (HOLDING_ONE.includes(keyword)) return isRecord(operand) ? [{ token: '', place, schema: operand }] : []
  if (!HOLDING_SEVERAL.includes(keyword)) return []
  return Object.entries(isRecord(operand) || Array.isArray(operand) ? operand : {}).flatMap(
    ([token, schema]) => (isRecord(schema) ? [{ token, place: `${place}/${escaped(token)}`, schema }] : []),
  )
}

const placesIn = (schema: Schema, at: string): string[] =>
  asking(schema, at).flatMap((one) => [
    one.place,
    ...inside(one).flatMap((inner) => placesIn(inner.schema, inner.place)),
  ])

/** Schemas stand in many operations. */
const places = new WeakMap<object, readonly string[]>()

/** The places of all keywords that ask something. */
export function keywordsOf(schema: Schema): readonly string[] {
  if (!isRecord(schema)) return []
  const known = places.get(schema) ?? placesIn(schema, '#')
  places.set(schema, known)
  return known
}

/** What of the value comes to the schema inside the keyword. */
function reaching(keyword: string, { schema, token }: Inner, value: unknown, whole: Schema, takes: Takes) {
  if (keyword === 'items') return Array.isArray(value) ? value : []
  if (CHOICES.includes(keyword)) return takes(schema, value) ? [value] : []
  if (!isRecord(value)) return [value]
  if (keyword === 'properties') return Object.hasOwn(value, token) ? [value[token]] : []
  if (keyword !== 'additionalProperties') return [value]
  const named = isRecord(whole) && isRecord(whole.properties) ? whole.properties : {}
  return Object.entries(value).flatMap(([member, own]) => (Object.hasOwn(named, member) ? [] : [own]))
}

function mark(schema: Schema, value: unknown, takes: Takes, at: string, reached: Set<string>): void {
  for (const one of asking(schema, at)) {
    if (!one.concerns(value)) continue
    const held = inside(one).map((inner) => ({
      inner,
      values: reaching(one.keyword, inner, value, schema, takes),
    }))
    const needsMember = MEMBERWISE.includes(one.keyword) && held.length > 0
    if (needsMember && held.every(({ values }) => values.length === 0)) continue
    reached.add(one.place)
    for (const { inner, values } of held) {
      for (const own of values) mark(inner.schema, own, takes, inner.place, reached)
    }
  }
}

/**
 * The places that a value exercises: those of the keywords that it, or something in it, comes to and that ask
 * something of a value of its type. Depth is that of the schema, whatever the value.
 */
export function exercised(schema: Schema, value: unknown, takes: Takes): Set<string> {
  const reached = new Set<string>()
  mark(schema, value, takes, '#', reached)
  return reached
}

/** What nothing exercised. A schema of which nothing was is named once, and stands for all keywords in it. */
export function unexercised(schema: Schema, reached: ReadonlySet<string>, at = '#'): string[] {
  const all = at === '#' ? keywordsOf(schema) : placesIn(schema, at)
  if (all.length > 0 && !all.some((place) => reached.has(place))) return [at]
  return asking(schema, at).flatMap((one) =>
    reached.has(one.place)
      ? inside(one).flatMap((inner) => unexercised(inner.schema, reached, inner.place))
      : [one.place],
  )
}

interface AnswerSchema {
  /** `200`, or `200 application/json` where the status has several media types. */
  readonly name: string
  readonly mediaType: string
  readonly schema: Schema
}

function schemasFor({ content, status }: Response): AnswerSchema[] {
  const documented = Object.entries(content)
  return documented.map(([mediaType, schema]) => ({
    name: documented.length > 1 ? `${status} ${mediaType}` : `${status}`,
    mediaType,
    schema,
  }))
}

/** The schemas of an operation's answers. */
export const answerSchemas = ({ responses }: Operation): AnswerSchema[] => responses.flatMap(schemasFor)

/** The schema that the documents give an answer of its status and media type. */
function schemaFor(operation: Operation, { headers, status }: Answered): AnswerSchema | undefined {
  const response = responseOf(operation, status)
  if (response === undefined) return undefined
  const type = documentedType(response, headers['content-type'])
  return schemasFor(response).find(({ mediaType }) => mediaType === type)
}

/** Forms of the path on which it is this operation that answers. */
const OWN_PATHS: readonly PathForm[] = ['documented', 'absent']
/** Nobody reads the body of a request that is refused for its credential. */
const REFUSALS = [401, 403]

/** What the observations of an operation's trial reached. */
export function reachOf(operation: Operation, observations: readonly Observation[], takes: Takes): Reach {
  const statuses = new Set<number>()
  const request = new Set<string>()
  const responses = new Map<string, Set<string>>()
  for (const { answer, probe, sent } of observations) {
    if (answer.kind === 'silence' || !OWN_PATHS.includes(probe.path) || probe.disguise !== undefined) continue
    statuses.add(answer.status)
    if (operation.body !== undefined && sent.body !== undefined && !REFUSALS.includes(answer.status)) {
      for (const place of exercised(operation.body.schema, sent.body, takes)) request.add(place)
    }
    const found = schemaFor(operation, answer)
    if (found === undefined || answer.json === undefined) continue
    const places = responses.get(found.name) ?? new Set()
    for (const place of exercised(found.schema, answer.json, takes)) places.add(place)
    responses.set(found.name, places)
  }
  return {
    operation: operation.id,
    statuses: [...statuses],
    request: [...request],
    responses: Object.fromEntries([...responses].map(([name, places]) => [name, [...places]])),
  }
}
