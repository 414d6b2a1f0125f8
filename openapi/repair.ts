/**
 * Schemas as other people's tools write them, made such that a strict validator takes them: what has a
 * meaning there keeps it, what has none goes, and each kind of repair is counted. Pure.
 */
import type { Schema } from './contract.js'
import { isRecord, type JsonRecord, strings } from './json.js'

export const REPAIRS = {
  format: 'format that no validator knows, dropped',
  pattern: 'pattern with needless escapes, rewritten',
  'pattern-dropped': 'pattern that is no regular expression here, dropped',
  keyword: 'keyword without a meaning in JSON Schema, dropped',
  value: 'keyword with an impossible value, dropped',
  idle: 'keyword that has no effect where it stands, dropped',
  nullable: "'nullable' of OpenAPI 3.0, read as the type null",
} as const
type Repair = keyof typeof REPAIRS

/** How often each repair was made. */
export type Tally = Map<Repair, number>

const FORMATS = new Set(
  `date time date-time iso-time iso-date-time duration uri uri-reference uri-template url email hostname ipv4
   ipv6 regex uuid json-pointer json-pointer-uri-fragment relative-json-pointer byte int32 int64 float double
   password binary`.split(/\s+/),
)
const NUMERIC_FORMATS = new Set(['int32', 'int64', 'float', 'double'])

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
/** Every value there is, as types. */
const ALL = ['object', 'array', 'string', 'number', 'boolean', 'null']

/** Keywords that say something to people alone, or nothing any more once references are resolved. */
const ANNOTATIONS = new Set(
  `title description default deprecated readOnly writeOnly examples example contentEncoding contentMediaType
   contentSchema $comment $schema $id $anchor $dynamicAnchor $defs definitions`.split(/\s+/),
)

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isSchema = (value: unknown): value is Schema => isRecord(value) || typeof value === 'boolean'
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const isSchemas = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isSchema)
const isSchemaMap = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isSchema)
const isList = (value: unknown): boolean => Array.isArray(value) && value.length > 0
const isNames = (value: unknown): boolean => Array.isArray(value) && strings(value).length === value.length

interface Keyword {
  /** The types whose values it concerns; undefined for all. */
  readonly of?: string
  readonly accepts: (value: unknown) => boolean
  /** Another keyword without which it has no effect. */
  readonly needs?: string
}

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  enum: { accepts: isList },
  const: { accepts: () => true },
  allOf: { accepts: isSchemas },
  anyOf: { accepts: isSchemas },
  oneOf: { accepts: isSchemas },
  not: { accepts: isSchema },
  if: { accepts: isSchema },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { accepts: isSchema, needs: 'if' },
  else: { accepts: isSchema, needs: 'if' },
  multipleOf: { of: 'number', accepts: (value) => isNumber(value) && Number(value) > 0 },
  maximum: { of: 'number', accepts: isNumber },
  minimum: { of: 'number', accepts: isNumber },
  exclusiveMaximum: { of: 'number', accepts: isNumber },
  exclusiveMinimum: { of: 'number', accepts: isNumber },
  maxLength: { of: 'string', accepts: isCount },
  minLength: { of: 'string', accepts: isCount },
  pattern: { of: 'string', accepts: (value) => typeof value === 'string' },
  items: { of: 'array', accepts: isSchema },
  prefixItems: { of: 'array', accepts: isSchemas },
  unevaluatedItems: { of: 'array', accepts: isSchema },
  contains: { of: 'array', accepts: isSchema },
  minContains: { of: 'array', accepts: isCount, needs: 'contains' },
  maxContains: { of: 'array', accepts: isCount, needs: 'contains' },
  maxItems: { of: 'array', accepts: isCount },
  minItems: { of: 'array', accepts: isCount },
  uniqueItems: { of: 'array', accepts: isFlag },
  properties: { of: 'object', accepts: isSchemaMap },
  patternProperties: { of: 'object', accepts: isSchemaMap },
  additionalProperties: { of: 'object', accepts: isSchema },
  unevaluatedProperties: { of: 'object', accepts: isSchema },
  propertyNames: { of: 'object', accepts: isSchema },
  required: { of: 'object', accepts: isNames },
  dependentRequired: {
    of: 'object',
    accepts: (value) => isRecord(value) && Object.values(value).every(isNames),
  },
  dependentSchemas: { of: 'object', accepts: isSchemaMap },
  maxProperties: { of: 'object', accepts: isCount },
  minProperties: { of: 'object', accepts: isCount },
}

/** Applied to the same value as the schema that they stand in. */
const IN_PLACE = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else']

const compiles = (pattern: string, flags: string): boolean => {
  try {
    new RegExp(pattern, flags)
    return true
  } catch {
    return false
  }
}

/** Escapes that unicode mode knows beside those of letters and digits, which are left to it. */
const ESCAPABLE = /[\^$\\.*+?()[\]{}|/\w]/

/** Without the backslashes that unicode mode refuses: `\_` is `_`, and `\-` too outside of a class. */
function withoutNeedlessEscapes(pattern: string): string {
  let inClass = false
  return pattern.replaceAll(/\\([\s\S])|[[\]]/g, (found: string, escaped: string | undefined) => {
    if (escaped === undefined) {
      inClass = found === '['
      return found
    }
    const isNeeded = escaped === '-' ? inClass : escaped !== '_' && ESCAPABLE.test(escaped)
    return isNeeded ? found : escaped
  })
}

/** A pattern that unicode mode takes, and which repair made it so. */
function patternOf(pattern: string): { readonly pattern?: string; readonly repair?: Repair } {
  if (compiles(pattern, 'u')) return { pattern }
  const rewritten = withoutNeedlessEscapes(pattern)
  return compiles(pattern, '') && compiles(rewritten, 'u')
    ? { pattern: rewritten, repair: 'pattern' }
    : { repair: 'pattern-dropped' }
}

const distinct = (values: readonly unknown[]): unknown[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]

const includes = (types: readonly string[], type: string): boolean =>
  types.includes(type) || (type === 'number' && types.includes('integer'))

const isWithin = (context: readonly string[], type: string): boolean =>
  context.includes(type) || (type === 'integer' && context.includes('number'))

class Repairer {
  readonly #tally: Tally
  readonly #known = new Map<JsonRecord, Schema>()

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** The schema; `context` are the types to which another schema already holds the same value. */
  repair(schema: Schema, context?: readonly string[]): Schema {
    if (!isRecord(schema)) return schema
    const known = context === undefined ? this.#known.get(schema) : undefined
    if (known !== undefined) return known
    const repaired = this.#repaired(schema, context)
    if (context === undefined) this.#known.set(schema, repaired)
    return repaired
  }

  #count(repair: Repair): void {
    this.#tally.set(repair, (this.#tally.get(repair) ?? 0) + 1)
  }

  /** The types that the schema names, those of its context alone. */
  #types(schema: JsonRecord, context: readonly string[] | undefined): string[] | undefined {
    const { nullable, type } = schema
    const given = typeof type === 'string' ? [type] : strings(type)
    const known = given.filter((one) => TYPES.includes(one))
    if (given.length > known.length || (type !== undefined && given.length === 0)) this.#count('value')
    if (nullable === true && known.length > 0 && !known.includes('null')) {
      known.push('null')
      this.#count('nullable')
    }
    const types = [...new Set(known)].filter((one) => context === undefined || isWithin(context, one))
    return types.length === 0 ? undefined : types
  }

  #repaired(schema: JsonRecord, context: readonly string[] | undefined): Schema {
    const result: { [keyword: string]: unknown } = {}
    const named = this.#types(schema, context)
    const types = named ?? context
    for (const [name, value] of Object.entries(schema)) {
      const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined
      if (['type', 'nullable', 'format'].includes(name) || ANNOTATIONS.has(name) || name.startsWith('x-'))
        continue
      if (keyword === undefined) this.#count('keyword')
      else if (!keyword.accepts(value)) this.#count('value')
      else if (
        (keyword.needs !== undefined && schema[keyword.needs] === undefined) ||
        (keyword.of !== undefined && types !== undefined && !includes(types, keyword.of))
      )
        this.#count('idle')
      else result[name] = value
    }
    this.#format(schema.format, types, result)
    this.#pattern(result)
    if (Array.isArray(result.enum)) result.enum = distinct(result.enum)
    // A keyword that concerns one type says nothing of the others; strictly, all of them must be named.
    const concerns = Object.keys(result).some((name) => name === 'format' || KEYWORDS[name]?.of !== undefined)
    if (named !== undefined) result.type = named.length === 1 ? named[0] : named
    else if (context === undefined && concerns) result.type = ALL
    this.#inner(result, types ?? (concerns ? ALL : undefined))
    return result
  }

  #format(
    format: unknown,
    types: readonly string[] | undefined,
    result: { [keyword: string]: unknown },
  ): void {
    if (format === undefined) return
    const isKnown = typeof format === 'string' && FORMATS.has(format)
    const concerned = isKnown && NUMERIC_FORMATS.has(format) ? 'number' : 'string'
    if (!isKnown) this.#count('format')
    else if (types !== undefined && !includes(types, concerned)) this.#count('idle')
    else result.format = format
  }

  #pattern(result: { [keyword: string]: unknown }): void {
    if (typeof result.pattern !== 'string') return
    const { pattern, repair } = patternOf(result.pattern)
    if (repair !== undefined) this.#count(repair)
    if (pattern === undefined) delete result.pattern
    else result.pattern = pattern
  }

  /** Schemas in the schema; members that are required are named, as strictness wants it. */
  #inner(result: { [keyword: string]: unknown }, types: readonly string[] | undefined): void {
    for (const [name, value] of Object.entries(result)) {
      const context = IN_PLACE.includes(name) ? types : undefined
      if (['enum', 'const'].includes(name)) continue
      if (name === 'patternProperties' && isRecord(value)) result[name] = this.#patterned(value)
      else if (['properties', 'dependentSchemas'].includes(name) && isRecord(value)) {
        result[name] = Object.fromEntries(
          Object.entries(value).map(([key, inner]) => [key, isSchema(inner) ? this.repair(inner) : true]),
        )
      } else if (Array.isArray(value) && value.some(isSchema)) {
        result[name] = value.map((inner: unknown) => (isSchema(inner) ? this.repair(inner, context) : inner))
      } else if (isRecord(value) && name !== 'dependentRequired') result[name] = this.repair(value, context)
    }
    if (!Array.isArray(result.required)) return
    const required = [...new Set(strings(result.required))]
    const properties = isRecord(result.properties) ? result.properties : {}
    const unnamed = required.filter((name) => !Object.hasOwn(properties, name))
    result.required = required
    if (unnamed.length > 0)
      result.properties = { ...properties, ...Object.fromEntries(unnamed.map((name) => [name, true])) }
  }

  #patterned(value: JsonRecord): JsonRecord {
    return Object.fromEntries(
      Object.entries(value).flatMap(([given, inner]) => {
        const { pattern, repair } = patternOf(given)
        if (repair !== undefined) this.#count(repair)
        return pattern === undefined ? [] : [[pattern, isSchema(inner) ? this.repair(inner) : true]]
      }),
    )
  }
}

/** A function that repairs schemas and keeps the tally; equal schemas are repaired, and counted, once. */
export function repairing(tally: Tally): (schema: Schema) => Schema {
  const repairer = new Repairer(tally)
  return (schema) => repairer.repair(schema)
}
