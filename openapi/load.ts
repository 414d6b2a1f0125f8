import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  type AdminAccess,
  type Contract,
  CREATIONS,
  type Creation,
  EFFECTS,
  type Effect,
  FILLS,
  type Fill,
  HTTP_METHODS,
  type KeyIssue,
  type KeyKind,
  keyKinds,
  type Method,
  type Operation,
  type Parameter,
  type ReadBack,
  type RequestBody,
  type ResourceUse,
  type Response,
  type ResponseHeader,
  type Schema,
  type Scope,
  SUBJECTS,
  type SubjectKind,
} from './contract.js'
import { isRecord, type JsonRecord, records, strings, text } from './json.js'
import { readYaml } from './yaml.js'

/** The documents do not make a contract; the message names the place. */
class ContractError extends Error {
  override readonly name = 'ContractError'
}

/** A release that `releases.yaml` does not list. */
class UnknownRelease extends Error {
  override readonly name = 'UnknownRelease'
  constructor(release: string, known: readonly string[]) {
    super(`Release '${release}' is not known. Known releases: ${known.join(', ')}.`)
  }
}

interface Release {
  readonly name: string
  readonly documents: readonly string[]
  /** `full`, or the scopes that the admin token holds. */
  readonly adminToken: 'full' | readonly string[]
}

const bundled = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

async function readReleases(): Promise<{ readonly fallback: string; readonly rows: JsonRecord }> {
  const table = await readYaml(bundled('releases.yaml'))
  const rows = isRecord(table) && isRecord(table.releases) ? table.releases : {}
  return { fallback: (isRecord(table) ? text(table.default) : undefined) ?? '', rows }
}

/** Every release that the suite knows, the oldest first. */
export const releaseNames = async (): Promise<string[]> => Object.keys((await readReleases()).rows)

async function readRelease(wanted: string | undefined): Promise<Release> {
  const { fallback, rows } = await readReleases()
  const name = wanted ?? fallback
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined
  if (!isRecord(row)) throw new UnknownRelease(name, Object.keys(rows))
  return {
    name,
    documents: strings(row.documents),
    adminToken: row.adminToken === 'full' ? 'full' : strings(row.adminToken),
  }
}

const among = <T extends string>(known: readonly T[], value: unknown, where: string): T => {
  const found = known.find((candidate) => candidate === value)
  if (found === undefined) {
    throw new ContractError(`${where} is '${String(value)}'; it must be one of ${known.join(', ')}.`)
  }
  return found
}

const schemaOf = (value: unknown): Schema => (isRecord(value) || typeof value === 'boolean' ? value : true)

function readParameters(operation: JsonRecord, item: JsonRecord, where: string): Parameter[] {
  return [...records(item.parameters), ...records(operation.parameters)].map((parameter) => {
    const name = text(parameter.name) ?? ''
    return {
      name,
      in: among(['path', 'query', 'header'] as const, parameter.in, `${where}: parameter ${name}: 'in'`),
      required: parameter.required === true,
      schema: schemaOf(parameter.schema),
      ...(parameter['x-fill'] !== undefined && {
        fill: among(FILLS, parameter['x-fill'], `${where}: parameter ${name}: x-fill`),
      }),
      ...(parameter.example !== undefined && { example: String(parameter.example) }),
    }
  })
}

function readBody(value: unknown, where: string): RequestBody | undefined {
  if (!isRecord(value) || !isRecord(value.content)) return undefined
  const [entry] = Object.entries(value.content)
  if (entry === undefined || !isRecord(entry[1])) return undefined
  const [contentType, media] = entry
  const fill: Record<string, Fill> = {}
  for (const [pointer, name] of Object.entries(isRecord(media['x-fill']) ? media['x-fill'] : {})) {
    fill[pointer] = among(FILLS, name, `${where}: request body: x-fill ${pointer}`)
  }
  return {
    required: value.required === true,
    contentType,
    schema: schemaOf(media.schema),
    example: media.example,
    fill,
  }
}

function readResponses(value: unknown): Response[] {
  return Object.entries(isRecord(value) ? value : {}).map(([status, response]) => {
    const { content, headers } = isRecord(response) ? response : {}
    const media = Object.entries(isRecord(content) ? content : {})
    return {
      status: Number(status),
      content: Object.fromEntries(
        media.map(([type, body]) => [type, schemaOf(isRecord(body) ? body.schema : undefined)]),
      ),
      headers: Object.entries(isRecord(headers) ? headers : {}).map(
        ([name, header]): ResponseHeader => ({
          name: name.toLowerCase(),
          required: isRecord(header) && header.required === true,
          schema: schemaOf(isRecord(header) ? header.schema : undefined),
        }),
      ),
    }
  })
}

/** Each requirement object is one alternative: `adminToken: []`, `apiKey: [scope]`, `superAdmin: [scope]`. */
function readAccess(operation: JsonRecord, release: Release) {
  const requirements = records(operation.security)
  const named = (scheme: string) => requirements.filter((requirement) => scheme in requirement)
  const keyKind = keyKinds.find((kind) => named(kind).length > 0)
  const scopes = keyKind === undefined ? [] : named(keyKind).flatMap((one) => strings(one[keyKind]))
  const [adminRequirement] = named('adminToken')
  const ofAdmin = strings(adminRequirement?.adminToken)
  const held = release.adminToken
  const opens = held === 'full' || [...scopes, ...ofAdmin].some((scope) => held.includes(scope))
  const superAdmin = named('superAdmin')
  const reserved = superAdmin.length > 0
  const tokenScopes = [...ofAdmin, ...superAdmin.flatMap((one) => strings(one.superAdmin))]
  // A list of scopes, none of which begins with admin:, opens nothing of the administrators'.
  const shut = reserved && held !== 'full'
  const admin: AdminAccess =
    adminRequirement === undefined ? (shut ? 'deny' : 'silent') : opens ? 'grant' : 'deny'
  return {
    scopes,
    ...(keyKind !== undefined && { keyKind }),
    tokenScopes,
    admin,
    public: operation['x-public'] === true,
    reserved,
  }
}

/** `checked`, `ignored`, or `filtered:` with the pointer to what a list is narrowed to. */
function readResources(value: unknown, where: string): ResourceUse {
  const pointer = isRecord(value) ? text(value.filtered) : undefined
  if (pointer !== undefined) return { use: 'filtered', pointer }
  return { use: among(['checked', 'ignored'] as const, value, `${where}: x-resources`) }
}

interface Host {
  readonly service: string
  readonly hostLabels: readonly Fill[]
}

/** `http://api.{domain}` → `api`; labels in braces in front of it are filled in. */
function hostOf(...holders: JsonRecord[]): Host {
  for (const holder of holders) {
    const [server] = records(holder.servers)
    const [, labels = '', service] =
      /^https?:\/\/((?:\{\w+\}\.)*)([a-z-]+)\.\{domain\}/.exec(text(server?.url) ?? '') ?? []
    if (service === undefined) continue
    const variables = isRecord(server?.variables) ? server.variables : {}
    const hostLabels = [...labels.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
      const variable = variables[name]
      const fill = isRecord(variable) ? variable['x-fill'] : undefined
      return among(FILLS, fill, `server variable ${name}: x-fill`)
    })
    return { service, hostLabels }
  }
  throw new ContractError("A document names no server of the form 'http://<service>.{domain}'.")
}

const isVersioned = (path: string): boolean => /^\/v\d+\//.test(path)

/** What tells the operation from all others. */
const idOf = (method: Method, path: string, { hostLabels, service }: Host): string =>
  isVersioned(path)
    ? `${method} ${path}`
    : `${method} ${[...hostLabels.map((label) => `{${label}}`), service].join('.')}${path}`

/** The member, where the document says something of it. */
const saying = <Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> => {
  const member: Partial<Record<Name, string>> = {}
  const said = text(value)
  if (said !== undefined) member[name] = said
  return member
}

type DraftReadBack = Omit<ReadBack, 'operation'> & { readonly operationId: string }
type Draft = Omit<Operation, 'readBack'> & { readonly readBackDraft?: DraftReadBack }

function readOperation(
  document: JsonRecord,
  path: string,
  item: JsonRecord,
  method: Method,
  operation: JsonRecord,
  release: Release,
): Draft {
  const host = hostOf(operation, item, document)
  const id = idOf(method, path, host)
  const effect = among<Effect>(EFFECTS, operation['x-effect'] ?? 'none', `${id}: x-effect`)
  const body = readBody(operation.requestBody, id)
  const readBack = operation['x-read-back']
  const creates = operation['x-creates']
  const resources = operation['x-resources']
  return {
    id,
    operationId: text(operation.operationId) ?? '',
    method,
    path,
    ...host,
    apiSet: strings(operation.tags)[0] ?? '',
    summary: text(operation.summary) ?? '',
    ...readAccess(operation, release),
    effect,
    answersSecret: effect === 'issue' || operation['x-answers-secret'] === true,
    subject: among<SubjectKind>(SUBJECTS, operation['x-subject'] ?? 'none', `${id}: x-subject`),
    ...(creates !== undefined && { creates: among<Creation>(CREATIONS, creates, `${id}: x-creates`) }),
    ...saying('exposure', operation['x-exposure']),
    ...(resources !== undefined && { resources: readResources(resources, id) }),
    ...saying('tentative', operation['x-tentative']),
    ...saying('unreadable', operation['x-unreadable']),
    parameters: readParameters(operation, item, id),
    ...(body !== undefined && { body }),
    responses: readResponses(operation.responses),
    ...(isRecord(readBack) && {
      readBackDraft: {
        operationId: text(readBack.operation) ?? '',
        pointer: text(readBack.pointer) ?? '',
        ...saying('equals', readBack.equals),
        ...saying('only', readBack.only),
      },
    }),
  }
}

function readDocument(document: JsonRecord, release: Release): Draft[] {
  const paths = isRecord(document.paths) ? document.paths : {}
  return Object.entries(paths).flatMap(([path, item]) => {
    if (!isRecord(item)) return []
    return HTTP_METHODS.flatMap((method) => {
      const operation = item[method.toLowerCase()]
      return isRecord(operation) ? [readOperation(document, path, item, method, operation, release)] : []
    })
  })
}

/** The security scheme of a kind of key, from the first document that tells its scopes. */
function schemeOf(documents: readonly JsonRecord[], keyKind: KeyKind): JsonRecord | undefined {
  for (const { components } of documents) {
    const schemes = isRecord(components) ? components.securitySchemes : undefined
    const scheme = isRecord(schemes) ? schemes[keyKind] : undefined
    if (isRecord(scheme) && isRecord(scheme['x-scopes'])) return scheme
  }
  return undefined
}

function readKeys(documents: readonly JsonRecord[]): Pick<Contract, 'scopes' | 'keyIssue'> {
  const scopes: Scope[] = []
  const keyIssue: Partial<Record<KeyKind, KeyIssue>> = {}
  for (const keyKind of keyKinds) {
    const scheme = schemeOf(documents, keyKind)
    const meanings = isRecord(scheme?.['x-scopes']) ? scheme['x-scopes'] : {}
    for (const [name, meaning] of Object.entries(meanings)) {
      scopes.push({ name, meaning: text(meaning) ?? '', keyKind })
    }
    const issue = scheme?.['x-issue']
    if (!isRecord(issue)) continue
    keyIssue[keyKind] = {
      issuerService: text(issue['issuer-service']) ?? '',
      issuerId: text(issue['issuer-id']) ?? '',
      product: text(issue.product) ?? '',
      resources: strings(issue.resources),
      limits: records(issue.limits).map(({ id, type }) => ({ type: text(type) ?? '', id: text(id) ?? '' })),
    }
  }
  return { scopes, keyIssue }
}

function resolveReadBack({ readBackDraft, ...draft }: Draft, all: readonly Draft[]): Operation {
  if (readBackDraft === undefined) return draft
  const { operationId, ...readBack } = readBackDraft
  const target = all.find((candidate) => candidate.operationId === operationId)
  if (target === undefined) {
    throw new ContractError(`${draft.id}: x-read-back names the unknown operation '${operationId}'.`)
  }
  return { ...draft, readBack: { ...readBack, operation: target.id } }
}

/** Loaded late: who has a compiled contract needs no parser. */
const parser = async () => (await import('@apidevtools/swagger-parser')).default

/** Reads one OpenAPI document, references resolved; against the OpenAPI schema only where that is asked for. */
async function parseDocument(file: string, validate: boolean): Promise<JsonRecord> {
  try {
    const options = { resolve: { http: false }, dereference: { circular: false } } as const
    const swagger = await parser()
    const document: unknown = await (validate
      ? swagger.validate(file, options)
      : swagger.dereference(file, options))
    if (isRecord(document)) return document
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new ContractError(`${file} is not a valid OpenAPI document: ${why}`, { cause })
  }
  throw new ContractError(`${file} is not a valid OpenAPI document.`)
}

/** A reference of a document that leads nowhere, or where it must not. */
export class UnresolvedReference extends Error {
  override readonly name = 'UnresolvedReference'
}

/** A document may name others, and those others again, without end. */
const MAX_DOCUMENTS = 100
const TOO_MANY = `It refers to more than ${MAX_DOCUMENTS} other documents.`

/**
 * Puts what the references of a parsed document name in their place; `read` answers every other document,
 * parsed, by its file name or URL. Circular references become circular values. Nothing is validated:
 * documents of others are read for what they say. Throws UnresolvedReference, or what `read` throws.
 */
export async function followReferences(
  document: JsonRecord,
  base: string,
  read: (url: string) => Promise<unknown>,
): Promise<unknown> {
  const info = isRecord(document.info) ? document.info : {}
  // What the library is particular about, and nothing depends on.
  const root = { ...document, openapi: '3.1.0', info: { ...info, version: String(info.version) } }
  const parsed = new Map<string, unknown>()
  let refusal: unknown
  // The library takes text from one plugin to the next; here the name of what was read travels.
  const given = {
    order: 1,
    canRead: true,
    async read({ url }: { readonly url: string }) {
      try {
        if (parsed.size > MAX_DOCUMENTS) throw new UnresolvedReference(TOO_MANY)
        parsed.set(url, parsed.size === 0 ? root : await read(url))
        return url
      } catch (cause) {
        refusal ??= cause
        throw cause
      }
    },
  }
  const known = { order: 1, canParse: true, parse: ({ url }: { readonly url: string }) => parsed.get(url) }
  try {
    return await (await parser()).dereference(base, {
      resolve: { file: false, http: false, given },
      parse: { json: false, yaml: false, text: false, binary: false, known },
      dereference: { circular: true },
    })
  } catch (cause) {
    if (refusal !== undefined) throw refusal
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new UnresolvedReference(String(why), { cause })
  }
}

export interface Loaded {
  readonly contract: Contract
  /** The documents that it was read from, references resolved. */
  readonly documents: readonly JsonRecord[]
}

/** What a release's contract is made of. */
export interface ReleaseSources {
  /** The release's row in `releases.yaml`, as JSON. */
  readonly row: string
  /** In the order of the row, by file name. */
  readonly documents: readonly { readonly name: string; readonly bytes: Buffer }[]
}

/** Hex SHA-256, by which a contract is known. */
export function contractDigest({ documents, row }: ReleaseSources): string {
  const hash = createHash('sha256').update(row)
  for (const { bytes } of documents) hash.update(bytes)
  return hash.digest('hex')
}

async function sourcesOf(release: Release): Promise<ReleaseSources> {
  const documents = release.documents.map(async (name) => ({
    name,
    bytes: await readFile(bundled(`documents/${name}`)),
  }))
  return { row: JSON.stringify(release), documents: await Promise.all(documents) }
}

/** The bundled documents of a release, as they are. Throws UnknownRelease. */
export const releaseSources = async (wanted: string): Promise<ReleaseSources> =>
  sourcesOf(await readRelease(wanted))

/**
 * Loads a release's documents and the contract they make. The bundled documents are validated when the suite
 * is built, which takes longer than all the rest. Throws UnknownRelease, ContractError or UnreadableFile.
 */
export async function loadRelease(wanted?: string, validate = true): Promise<Loaded> {
  const release = await readRelease(wanted)
  const files = release.documents.map((name) => bundled(`documents/${name}`))
  const documents = await Promise.all(files.map((file) => parseDocument(file, validate)))
  const drafts = documents.flatMap((document) => readDocument(document, release))
  const contract = {
    release: release.name,
    sha256: contractDigest(await sourcesOf(release)),
    operations: drafts.map((draft) => resolveReadBack(draft, drafts)),
    ...readKeys(documents),
  }
  return { contract, documents }
}

/** Where the build keeps the contract of a release: reading the documents takes longer than many a run. */
export const compiledContract = (release: string): string => bundled(`contracts/${release}.json`)

/** The contract of a release, the default one if none is named. Throws as loadRelease. */
export async function loadContract(wanted?: string): Promise<Contract> {
  const { name } = await readRelease(wanted)
  const file = compiledContract(name)
  // Beside the sources there is none.
  if (!existsSync(file)) return (await loadRelease(wanted, false)).contract
  const contract: Contract = JSON.parse(await readFile(file, 'utf8'))
  return contract
}
