/**
 * A gateway's own document laid over the bundled contract: what both know is held to the document's answers,
 * what the suite needs besides stays as bundled, and every place where the two part becomes a note. Pure.
 */
import { createHash } from 'node:crypto'
import {
  type Contract,
  isGuarded,
  type KeyKind,
  type Operation,
  type Parameter,
  type RequestBody,
  type Response,
  responseOf,
  type Schema,
} from './contract.js'
import { isRecord, records } from './json.js'
import type { Violations } from './lint.js'
import { REPAIRS, repairing, type Tally } from './repair.js'
import { type Described, type Note, type NoteKind, pair, type Spec } from './spec.js'
import { isSnakeOf } from './wire.js'

export interface Overlay {
  /** Every operation: the suite makes and removes its things also by those that are not examined. */
  readonly contract: Contract
  /** Without the operations that the document leaves out. */
  readonly examined: Contract
  readonly notes: readonly Note[]
}

/** The properties that a schema names, itself or in a part that holds as well. */
const propertiesOf = (schema: unknown): Readonly<Record<string, unknown>> =>
  isRecord(schema)
    ? Object.assign(
        {},
        ...records(schema.allOf).map(propertiesOf),
        isRecord(schema.properties) ? schema.properties : {},
      )
    : {}

/** The schema with its properties named as the wire names them, by a schema that knows; the names changed go to `changed`. */
function onWire(schema: unknown, wire: unknown, changed: Set<string>): unknown {
  if (!isRecord(schema) || !isRecord(wire)) return schema
  const known = propertiesOf(wire)
  const names = Object.keys(known)
  const rename = (name: string): string => {
    const twin = Object.hasOwn(known, name) ? undefined : names.find((other) => isSnakeOf(other, name))
    if (twin === undefined) return name
    changed.add(`${name} is ${twin}`)
    return twin
  }
  const inner: { [keyword: string]: unknown } = {}
  if (isRecord(schema.properties)) {
    inner.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => {
        const renamed = rename(name)
        return [renamed, onWire(property, known[renamed], changed)]
      }),
    )
  }
  if (Array.isArray(schema.required)) {
    inner.required = schema.required.map((name: unknown) => (typeof name === 'string' ? rename(name) : name))
  }
  for (const keyword of ['items', 'additionalProperties']) {
    if (isRecord(schema[keyword])) inner[keyword] = onWire(schema[keyword], wire[keyword], changed)
  }
  if (Array.isArray(schema.allOf)) inner.allOf = schema.allOf.map((part) => onWire(part, wire, changed))
  return { ...schema, ...inner }
}

/** The first schema of an answer; documents give an answer one. */
const schemaIn = ({ content }: Response): Schema | undefined => Object.values(content)[0]

const isSuccess = ({ status }: Response): boolean => status < 400

/** A well-formed UUID that names nothing. */
const ghost = (seed: string): string =>
  createHash('sha256')
    .update(seed)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')

const ABSENT = 'nvcf-conformance-absent'

/** Values that may suit a schema, the likeliest first. */
const samples = (schema: Schema, seed: string): unknown[] => [
  ...(isRecord(schema) && Array.isArray(schema.enum) ? schema.enum : []),
  ...(isRecord(schema) && schema.const !== undefined ? [schema.const] : []),
  ghost(seed),
  ABSENT,
  1,
  true,
  ...(isRecord(schema) && typeof schema.minimum === 'number' ? [schema.minimum] : []),
]

class Layer {
  readonly notes: Note[] = []
  readonly #contract: Contract
  readonly #spec: Spec
  readonly #violations: Violations
  readonly #tally: Tally = new Map()
  readonly #repair = repairing(this.#tally)
  readonly #renamed = new Set<string>()

  constructor(contract: Contract, spec: Spec, violations: Violations) {
    this.#contract = contract
    this.#spec = spec
    this.#violations = violations
  }

  note(kind: NoteKind, operation: Pick<Operation, 'id'>, text: string): void {
    this.notes.push({ kind, operation: operation.id, text })
  }

  /** One note a kind of repair, once all is laid. */
  repairs(): Note[] {
    return [...this.#tally].map(([kind, count]) => ({
      kind: 'repaired',
      text: `${count} × ${REPAIRS[kind]}`,
    }))
  }

  /** An operation of both. */
  lay(known: Operation, described: Described): Operation {
    const body = this.#body(known, described)
    const doubts = [
      this.#scopeConflict(known, described),
      this.#unfilled(known, described),
      this.#unsuitable(known, body),
    ].filter((doubt) => doubt !== undefined)
    const tentative = known.tentative ?? doubts[0]
    return {
      ...known,
      ...(tentative !== undefined && { tentative }),
      parameters: this.#parameters(known, described),
      ...(body !== undefined && { body }),
      responses: [...this.#successes(known, described), ...known.responses.filter((one) => !isSuccess(one))],
    }
  }

  /** A reading operation of the document alone, asked for what does not exist; undefined where it cannot be. */
  admit(described: Described): Operation | undefined {
    const { apiSet, id, method, path, reserved, service, summary } = described
    const refuse = (why: string): undefined => {
      this.note('not-examined', described, `only ${this.#spec.source} has it, and ${why}`)
    }
    if (method !== 'GET') return refuse('the suite knows no harmless request for it')
    if (described.scopes.length === 0) return refuse('it names no scope')
    const siblings = this.#contract.operations.filter((one) => one.service === service)
    const sibling = siblings.find((one) => isGuarded(one) && responseOf(one, 404) !== undefined)
    if (service === undefined || sibling === undefined) return refuse('its service is not known')
    const parameters: Parameter[] = []
    for (const parameter of described.parameters.filter(({ required }) => required)) {
      const schema = this.#schema(parameter.schema, true, described, `parameter ${parameter.name}`)
      const example = samples(schema, `${id} ${parameter.name}`).find((one) => this.#suits(schema, one))
      if (example === undefined) return refuse(`it requires ${parameter.name}, for which there is no value`)
      parameters.push({ ...parameter, schema, example: String(example) })
    }
    const named = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
    const given = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
    if (!named.every((name) => given.includes(name))) return refuse('its path parameters are not described')
    const keyKind: KeyKind = siblings.find((one) => one.keyKind !== undefined)?.keyKind ?? 'apiKey'
    const scopes = described.scopes.filter((scope) => !scope.startsWith('admin:'))
    return {
      id,
      operationId: id,
      method,
      path,
      service,
      hostLabels: [],
      apiSet: apiSet === '' ? 'Not in the documentation' : apiSet,
      summary,
      scopes: reserved ? [] : scopes,
      ...(!reserved && { keyKind }),
      tokenScopes: described.scopes.filter((scope) => scope.startsWith('admin:')),
      admin: 'silent',
      public: false,
      answersSecret: false,
      reserved,
      tentative: `only ${this.#spec.source} has it, and what it names does not exist`,
      effect: 'none',
      subject: 'none',
      parameters,
      responses: [
        ...this.#successes({ ...sibling, responses: [] }, described),
        ...sibling.responses.filter((one) => !isSuccess(one)),
      ],
    }
  }

  /** Why the two disagree on who may use it; its requests keep the bundled scopes. */
  #scopeConflict(known: Operation, described: Described): string | undefined {
    const said = described.scopes.filter((scope) => known.reserved || !scope.startsWith('admin:'))
    const conflict = (other: string): string => {
      const bundled = known.reserved
        ? 'it is for administrators of the service'
        : known.public
          ? 'everybody may use it'
          : known.scopes.join(' or ')
      const text = `release ${this.#contract.release} says: ${bundled}; ${this.#spec.source} says: ${other}`
      this.note('conflict', known, text)
      return text
    }
    if (described.public) return isGuarded(known) ? conflict('everybody may use it') : undefined
    if (described.scopes.length === 0) return undefined
    const names = said.join(' or ') || described.scopes.join(' or ')
    if (known.reserved) {
      const isTheirs = described.reserved || said.every((scope) => known.tokenScopes.includes(scope))
      return isTheirs ? undefined : conflict(names)
    }
    if (described.reserved || known.public) return conflict(names)
    // What the admin token alone opens has no scopes of a key to compare.
    if (known.scopes.length === 0) return undefined
    const agrees = said.length === known.scopes.length && said.every((scope) => known.scopes.includes(scope))
    return agrees ? undefined : conflict(names)
  }

  /** What the document requires and the suite's request lacks. */
  #unfilled(known: Operation, described: Described): string | undefined {
    const lacking = described.parameters.filter(
      ({ in: place, name, required }) =>
        required &&
        place !== 'path' &&
        !['accept', 'authorization', 'content-type'].includes(name.toLowerCase()) &&
        !known.parameters.some(
          (one) => one.required && one.in === place && one.name.toLowerCase() === name.toLowerCase(),
        ),
    )
    if (lacking.length === 0) return undefined
    const text = `${this.#spec.source} requires ${lacking.map(({ in: place, name }) => `${place} parameter ${name}`).join(', ')}, which the suite does not send`
    this.note('conflict', known, text)
    return text
  }

  /** Where the suite's own request leaves the document's schema; formats are advice. */
  #unsuitable(known: Operation, body: RequestBody | undefined): string | undefined {
    if (body === undefined || body === known.body) return undefined
    const violations = this.#violations(body.schema, body.example).filter(
      (one) => !one.includes('match format'),
    )
    if (violations.length === 0) return undefined
    const text = `the suite's request is none by ${this.#spec.source}: ${violations.slice(0, 3).join('; ')}`
    this.note('conflict', known, text)
    return text
  }

  #parameters(known: Operation, described: Described): Parameter[] {
    const placeholders = (path: string) => [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
    const [own, other] = [placeholders(known.path), placeholders(described.path)]
    return known.parameters.map((parameter): Parameter => {
      const name = parameter.in === 'path' ? other[own.indexOf(parameter.name)] : parameter.name
      const counterpart = described.parameters.find(
        (one) => one.in === parameter.in && one.name.toLowerCase() === name?.toLowerCase(),
      )
      return counterpart === undefined
        ? parameter
        : {
            ...parameter,
            schema: this.#schema(counterpart.schema, parameter.schema, known, `parameter ${parameter.name}`),
          }
    })
  }

  #body({ body, id }: Operation, described: Described): RequestBody | undefined {
    if (body === undefined || described.body === undefined) return body
    return { ...body, schema: this.#schema(described.body.schema, body.schema, { id }, 'the request') }
  }

  #successes(known: Operation, described: Described): Response[] {
    const successes = described.responses.filter(isSuccess)
    if (successes.length === 0) {
      this.note('kept-bundled', known, 'no success has a status of its own in the document: as bundled')
      return known.responses.filter(isSuccess)
    }
    return successes.map((response): Response => {
      const { status } = response
      const bundled = responseOf(known, status)
      const content = Object.entries(response.content).map(([type, schema]) => {
        const wire = bundled?.content[type] ?? (bundled && schemaIn(bundled)) ?? true
        return [type, this.#schema(schema, wire, known, `the answer ${status}`)] as const
      })
      const headers = response.headers.map((header) => ({
        ...header,
        schema: this.#schema(header.schema, true, known, `header ${header.name}`),
      }))
      return { status, content: Object.fromEntries(content), headers: bundled?.headers ?? headers }
    })
  }

  #suits(schema: Schema, value: unknown): boolean {
    return this.#violations(schema, value).length === 0
  }

  /** The document's schema, with the names of the wire and in a form that a validator takes. */
  #schema(schema: Schema, bundled: Schema, operation: Pick<Operation, 'id'>, place: string): Schema {
    const changed = new Set<string>()
    const named = onWire(schema, bundled, changed)
    const told = [...changed].join(', ')
    if (told !== '' && !this.#renamed.has(told)) {
      this.#renamed.add(told)
      this.note('renamed', operation, `${place}: on the wire, ${told}`)
    }
    const repaired = this.#repair(changed.size > 0 && isRecord(named) ? named : schema)
    try {
      this.#violations(repaired, null)
      return repaired
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      this.note('kept-bundled', operation, `${place}: its schema cannot be used (${why})`)
      return bundled
    }
  }
}

/**
 * The contract as the document has it. Success answers and the schemas of parameters and requests are the
 * document's; refusals, and everything by which the suite makes its requests, are as bundled. Where the two
 * disagree on scopes, the operation's cells become advice.
 */
export function overlay(contract: Contract, spec: Spec, violations: Violations): Overlay {
  const { added, leftOut, pairs } = pair(contract.operations, spec)
  const layer = new Layer(contract, spec, violations)
  const described = new Map(pairs.map((one) => [one.known, one.described]))
  const laid = contract.operations.map((known) => {
    const one = described.get(known)
    return one === undefined ? known : layer.lay(known, one)
  })
  const admitted = added.flatMap((one) => layer.admit(one) ?? [])
  for (const operation of leftOut) layer.note('not-described', operation, `${spec.source} does not have it`)
  const operations = [...laid, ...admitted]
  const out = new Set(leftOut)
  const result: Contract = {
    ...contract,
    spec: spec.source,
    sha256: createHash('sha256').update(contract.sha256).update(spec.sha256).digest('hex'),
    operations,
  }
  return {
    contract: result,
    examined: { ...result, operations: operations.filter((operation) => !out.has(operation)) },
    notes: [...spec.notes, ...layer.notes, ...layer.repairs()],
  }
}
