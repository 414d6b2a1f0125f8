/**
 * An OpenAPI document that somebody else wrote, read for what it says of each operation: who may use it, what
 * it takes and what it answers. Such documents have no security schemes, few errors and many oddities; what
 * could not be read becomes a note. Pure.
 */
import { createHash } from 'node:crypto'
import {
  type AdminAccess,
  type Contract,
  HTTP_METHODS,
  type Method,
  type OperationId,
  type Parameter,
  type Response,
  type Schema,
  shape,
} from './contract.js'
import { canonical, isRecord, type JsonRecord, records, strings, text } from './json.js'
import { scopesInProse } from './prose.js'

/** What notes are about, one of each, as summaries count them. */
export const NOTE_KINDS = {
  conflict: 'documentation conflict',
  'scopes-unread': 'unread scope',
  'scopes-joined': 'joined scope list',
  'not-described': 'undescribed part',
  'not-examined': 'unexamined operation',
  'kept-bundled': 'bundled fallback',
  renamed: 'wire name',
  repaired: 'schema repair',
  cut: 'cut reference',
  malformed: 'malformed part',
} as const
export type NoteKind = keyof typeof NOTE_KINDS

/** Something to know of how a document was read or laid over. */
export interface Note {
  readonly kind: NoteKind
  readonly operation?: OperationId
  readonly text: string
}

/** Where an operation's scopes were found. */
type ScopeSource = 'security' | 'extension' | 'prose'

/** What a document says of an operation. */
export interface Described {
  /** As in a contract; without a Host where the document names none. */
  readonly id: OperationId
  readonly method: Method
  readonly path: string
  /** First label of the Host, where the document names one. */
  readonly service?: string
  readonly apiSet: string
  readonly summary: string
  /** Alternatives; empty where none were found. */
  readonly scopes: readonly string[]
  /** Undefined where none were found. */
  readonly scopesFrom?: ScopeSource
  /** Whether it is for the service's own administrators alone. */
  readonly reserved: boolean
  /** Whether it is said to be open without a credential. */
  readonly public: boolean
  /** Undefined where the document has no word for the admin token. */
  readonly admin?: AdminAccess
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly required: boolean; readonly contentType: string; readonly schema: Schema }
  readonly responses: readonly Response[]
}

export interface Spec {
  /** What people call it: a file, a URL, a release. */
  readonly source: string
  readonly title: string
  readonly version: string
  /** Of everything that it says, in hexadecimal. */
  readonly sha256: string
  /** Whether it describes every service there is; else it is of one, or of those that it names. */
  readonly isComplete: boolean
  readonly operations: readonly Described[]
  readonly notes: readonly Note[]
}

/** A document that cannot be read as OpenAPI 3.1; the message says why, and the mend. */
export class SpecError extends Error {
  override readonly name = 'SpecError'
}

/** What stands where a mapping is expected, in words. */
const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'string') return /^\s*<(?:!doctype|html|\?xml)/i.test(value) ? 'a web page' : 'text'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

/** The document, if it is one of OpenAPI 3.1 that describes paths. Throws SpecError. */
export function assertOpenApi(document: unknown, source: string): JsonRecord {
  const refuse = (what: string, mend: string) => new SpecError(`${source} ${what}. ${mend}`)
  const give = 'Give a document in OpenAPI 3.1, as JSON or YAML.'
  if (!isRecord(document)) throw refuse(`is no OpenAPI document: it holds ${kindOf(document)}`, give)
  const version = document.openapi
  if (document.swagger !== undefined)
    throw refuse(`is Swagger ${String(document.swagger)}`, 'Convert it to OpenAPI 3.1 first.')
  if (version === undefined) throw refuse("is no OpenAPI document: it has no member 'openapi'", give)
  if (!['string', 'number'].includes(typeof version) || !/^3\.1(\.\d+)?$/.test(`${version}`)) {
    throw refuse(
      `is OpenAPI ${canonical(version)}, not 3.1`,
      'Convert it first: schemas of other versions mean other things.',
    )
  }
  const { paths } = document
  if (!isRecord(paths)) throw refuse(`describes no paths: 'paths' holds ${kindOf(paths)}`, give)
  const items = Object.entries(paths).filter(([path]) => !path.startsWith('x-'))
  if (items.length === 0) throw refuse("describes no paths: 'paths' is empty", give)
  return document
}

const schemaOf = (value: unknown): Schema => (isRecord(value) || typeof value === 'boolean' ? value : true)

/** Media type → schema. */
const contentOf = (value: unknown): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).map(([type, media]) => [
      type.split(';')[0]?.trim().toLowerCase() ?? type,
      schemaOf(isRecord(media) ? media.schema : undefined),
    ]),
  )

const PLACES = ['path', 'query', 'header'] as const

/** A parameter; undefined for cookies and for what names none. */
function parameterOf(parameter: JsonRecord): Parameter | undefined {
  const name = text(parameter.name)
  const place = PLACES.find((one) => one === parameter.in)
  if (name === undefined || place === undefined) return undefined
  const [ofContent] = Object.values(contentOf(parameter.content))
  return {
    name,
    in: place,
    required: place === 'path' || parameter.required === true,
    schema:
      parameter.schema === undefined && ofContent !== undefined ? ofContent : schemaOf(parameter.schema),
  }
}

/** Headers are named in any case. */
const parameterKey = ({ in: place, name }: Parameter): string =>
  `${place} ${place === 'header' ? name.toLowerCase() : name}`

/** Those of the path, overridden by those of the operation. */
const parametersOf = (item: JsonRecord, operation: JsonRecord): Parameter[] => [
  ...new Map(
    [...records(item.parameters), ...records(operation.parameters)]
      .flatMap((parameter) => parameterOf(parameter) ?? [])
      .map((parameter) => [parameterKey(parameter), parameter]),
  ).values(),
]

function bodyOf(value: unknown): Described['body'] {
  const [entry] = Object.entries(contentOf(isRecord(value) ? value.content : undefined))
  if (entry === undefined || !isRecord(value)) return undefined
  return { required: value.required === true, contentType: entry[0], schema: entry[1] }
}

/** Answers with a status of their own: ranges and `default` say nothing that could be held against one. */
const responsesOf = (value: unknown): Response[] =>
  Object.entries(isRecord(value) ? value : {}).flatMap(([status, response]) => {
    if (!/^[1-5]\d\d$/.test(status)) return []
    const { content, headers } = isRecord(response) ? response : {}
    return {
      status: Number(status),
      content: contentOf(content),
      headers: Object.entries(isRecord(headers) ? headers : {}).map(([name, header]) => ({
        name: name.toLowerCase(),
        required: isRecord(header) && header.required === true,
        schema: schemaOf(isRecord(header) ? header.schema : undefined),
      })),
    }
  })

interface Access {
  readonly scopes: readonly string[]
  readonly scopesFrom?: ScopeSource
  readonly public: boolean
  readonly notes: readonly Omit<Note, 'operation'>[]
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]
const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((value) => other.includes(value))

/** Prose that names scopes, from the description or, where that names none, from the summary. */
const proseOf = (operation: JsonRecord) => {
  const [description, summary] = [operation.description, operation.summary].map((value) =>
    scopesInProse(text(value) ?? ''),
  )
  return description === undefined || (description.scopes.length === 0 && summary !== undefined)
    ? { ...summary, mentioned: summary?.mentioned === true || description?.mentioned === true }
    : description
}

/** Who may use the operation: by `security`, else by a list in an extension `x-scopes…`, else by prose. */
function accessOf(operation: JsonRecord, document: JsonRecord): Access {
  const security = operation.security ?? document.security
  const requirements = records(security)
  const alternatives = requirements.flatMap((requirement) => Object.values(requirement).map(strings))
  const extensions = Object.keys(operation).filter((name) => /^x-scopes/i.test(name))
  const prose = proseOf(operation)
  const found: readonly (readonly [ScopeSource, readonly string[]])[] = [
    ['security', unique(alternatives.flat())],
    ['extension', unique(extensions.flatMap((name) => strings(operation[name])))],
    ['prose', prose.scopes ?? []],
  ]
  const named = found.filter(([, scopes]) => scopes.length > 0)
  const [first] = named
  const notes: Omit<Note, 'operation'>[] = named
    .slice(1)
    .filter(([, scopes]) => first !== undefined && !same(first[1], scopes))
    .map(([source, scopes]) => ({
      kind: 'conflict',
      text: `the document contradicts itself: ${first?.[0]} says ${first?.[1].join(' or ')}, ${source} says ${scopes.join(' or ')}`,
    }))
  const allOf =
    first?.[0] === 'prose' ? prose.joined === true : alternatives.some((scopes) => scopes.length > 1)
  if (first !== undefined && allOf && first[1].length > 1) {
    notes.push({ kind: 'scopes-joined', text: `${first[1].join(' and ')}: read as alternatives` })
  }
  const isPublic =
    operation['x-public'] === true ||
    (Array.isArray(operation.security) && requirements.length === 0 && first === undefined)
  if (first === undefined && !isPublic && alternatives.length === 0) {
    const why =
      prose.mentioned === true ? 'it speaks of a scope, in words that could not be read' : 'none named'
    notes.push({ kind: 'scopes-unread', text: `no scope was found: ${why}` })
  }
  return { scopes: first?.[1] ?? [], ...(first && { scopesFrom: first[0] }), public: isPublic, notes }
}

interface Host {
  readonly service?: string
  readonly hostLabels: number
  /** What stands before every path. */
  readonly basePath: string
}

/** What the first server says: the service where it is of the form `http://<service>.{domain}`. */
function hostOf(...holders: JsonRecord[]): Host {
  const url = holders.map(({ servers }) => text(records(servers)[0]?.url)).find((one) => one !== undefined)
  const [, authority = '', basePath = ''] = /^(?:https?:)?(?:\/\/([^/]*))?([^?#]*)/i.exec(url ?? '') ?? []
  const [, labels = '', service] = /^((?:\{\w+\}\.)*)([a-z-]+)\.\{domain\}/.exec(authority) ?? []
  return {
    ...(service !== undefined && { service }),
    hostLabels: labels.split('{').length - 1,
    basePath: basePath.replace(/\/+$/, ''),
  }
}

const isVersioned = (path: string): boolean => /^\/v\d+\//.test(path)

/** As in a contract: a path without a version is told from its namesakes by its Host. */
const idOf = (method: Method, path: string, { hostLabels, service }: Omit<Host, 'basePath'>): OperationId =>
  isVersioned(path) || service === undefined
    ? `${method} ${path}`
    : `${method} ${'{label}.'.repeat(hostLabels)}${service}${path}`

/** Whether all of its scopes are for administrators: only tokens of the service's own hold those. */
const isReserved = (operation: JsonRecord, scopes: readonly string[]): boolean =>
  records(operation.security).some((requirement) => 'superAdmin' in requirement) ||
  (scopes.length > 0 && scopes.every((scope) => scope.startsWith('admin:')))

function describedOf(
  document: JsonRecord,
  template: string,
  item: JsonRecord,
  method: Method,
  operation: JsonRecord,
): { readonly described: Described; readonly notes: readonly Note[] } {
  const { basePath, ...host } = hostOf(operation, item, document)
  const path = `${basePath}${template}`
  const id = idOf(method, path, host)
  const { notes, ...access } = accessOf(operation, document)
  const body = bodyOf(operation.requestBody)
  return {
    described: {
      id,
      method,
      path,
      ...(host.service !== undefined && { service: host.service }),
      apiSet: strings(operation.tags)[0] ?? '',
      summary: text(operation.summary) ?? '',
      ...access,
      reserved: isReserved(operation, access.scopes),
      parameters: parametersOf(item, operation),
      ...(body !== undefined && { body }),
      responses: responsesOf(operation.responses),
    },
    notes: notes.map((note) => ({ ...note, operation: id })),
  }
}

function duplicates(values: readonly string[]): string[] {
  const [seen, twice] = [new Set<string>(), new Set<string>()]
  for (const value of values) (seen.has(value) ? twice : seen).add(value)
  return [...twice]
}

/** Twice the same is read once; what is unusual is told. */
function oddities(document: JsonRecord): Note[] {
  const items = Object.values(isRecord(document.paths) ? document.paths : {}).filter(isRecord)
  const ids = items.flatMap((item) =>
    HTTP_METHODS.flatMap((method) => {
      const operation = item[method.toLowerCase()]
      return isRecord(operation) ? (text(operation.operationId) ?? []) : []
    }),
  )
  return duplicates(ids).map((id) => ({ kind: 'malformed', text: `operationId ${id} stands more than once` }))
}

/**
 * What a document says; its references resolved and cut (`cuts`: where). Throws SpecError for a document
 * that describes no operation.
 */
export function readSpec(document: JsonRecord, source: string, cuts: readonly string[] = []): Spec {
  const operations = new Map<string, Described>()
  const notes: Note[] = [
    ...cuts.map(
      (place): Note => ({ kind: 'cut', text: `${place}: a value that holds itself; anything fits there` }),
    ),
    ...oddities(document),
  ]
  for (const [path, item] of Object.entries(isRecord(document.paths) ? document.paths : {})) {
    if (path.startsWith('x-')) continue
    if (!isRecord(item) || !path.startsWith('/')) {
      notes.push({
        kind: 'malformed',
        text: `path ${JSON.stringify(path)} is no path or holds ${kindOf(item)}`,
      })
      continue
    }
    for (const method of HTTP_METHODS) {
      const operation = item[method.toLowerCase()]
      if (operation === undefined) continue
      if (!isRecord(operation)) {
        notes.push({ kind: 'malformed', text: `${method} ${path} holds ${kindOf(operation)}` })
        continue
      }
      const { described, notes: own } = describedOf(document, path, item, method, operation)
      const earlier = operations.get(shape(described.id))
      if (earlier === undefined) {
        operations.set(shape(described.id), described)
        notes.push(...own)
      } else
        notes.push({
          kind: 'malformed',
          operation: described.id,
          text: `the same as ${earlier.id}: left out`,
        })
    }
  }
  if (operations.size === 0) {
    throw new SpecError(`${source} describes no operations. Give the document of an API.`)
  }
  const info = isRecord(document.info) ? document.info : {}
  return {
    source,
    title: text(info.title) ?? '',
    version: info.version === undefined ? '' : String(info.version),
    sha256: createHash('sha256').update(canonical(document)).digest('hex'),
    isComplete: false,
    operations: [...operations.values()],
    notes,
  }
}

/** A contract, in the same terms. */
export const specOf = (contract: Contract, source = `release ${contract.release}`): Spec => ({
  source,
  title: 'NVCF',
  version: contract.release,
  sha256: contract.sha256,
  isComplete: true,
  operations: contract.operations.map((operation) => ({
    ...operation,
    ...((operation.scopes.length > 0 || operation.reserved) && { scopesFrom: 'security' as const }),
  })),
  notes: [],
})

type Located = Pick<Described, 'id' | 'path' | 'method' | 'service' | 'reserved'>

/** Operations of a contract and a document, paired by shape. */
export interface Pairing<Known> {
  readonly pairs: readonly { readonly known: Known; readonly described: Described }[]
  /** Operations that the document leaves out, of services that it describes. */
  readonly leftOut: readonly Known[]
  /** Operations of services of which the document says nothing. */
  readonly elsewhere: readonly Known[]
  /** Operations that only the document has. */
  readonly added: readonly Described[]
}

/** What a document can leave out: a service's operations, apart from those of its administrators. */
export const surfaceOf = ({ reserved, service }: Pick<Described, 'reserved' | 'service'>): string =>
  `${service ?? 'one service'}${reserved ? ', administration' : ''}`

const mostFrequent = (values: readonly string[]): string | undefined => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0]
}

/**
 * Pairs operations by shape. A document that names no service is of the one that most of its operations
 * belong to: by it, paths without a version are told from their namesakes.
 */
export function pair<Known extends Located>(known: readonly Known[], spec: Spec): Pairing<Known> {
  const byShape = new Map(known.map((operation) => [shape(operation.id), operation]))
  const found = (id: OperationId) => byShape.get(shape(id))
  const main = mostFrequent(spec.operations.flatMap(({ id }) => found(id)?.service ?? []))
  const settled = spec.operations.map((operation): Described => {
    const { method, path, service = main } = operation
    if (service === undefined) return operation
    const id = found(operation.id)?.id ?? idOf(method, path, { service, hostLabels: 0 })
    return operation.service === undefined ? { ...operation, service, id } : operation
  })
  const pairs = settled.flatMap((described) => {
    const match = found(described.id)
    return match === undefined ? [] : [{ known: match, described }]
  })
  const matched = new Set(pairs.map((one) => one.known))
  const described = new Set(settled.map(surfaceOf))
  const missing = known.filter((operation) => !matched.has(operation))
  const isDescribed = (operation: Known) => spec.isComplete || described.has(surfaceOf(operation))
  return {
    pairs,
    leftOut: missing.filter(isDescribed),
    elsewhere: missing.filter((operation) => !isDescribed(operation)),
    added: settled.filter(({ id }) => found(id) === undefined),
  }
}
