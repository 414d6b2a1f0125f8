import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import SwaggerParser from '@apidevtools/swagger-parser'
import {
  type Contract,
  CREATIONS,
  type Creation,
  EFFECTS,
  type Effect,
  FILLS,
  type Fill,
  HTTP_METHODS,
  type Method,
  type Operation,
  type Parameter,
  type ReadBack,
  type RequestBody,
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

async function readRelease(wanted: string | undefined): Promise<Release> {
  const table = await readYaml(bundled('releases.yaml'))
  const releases = isRecord(table) && isRecord(table.releases) ? table.releases : {}
  const name = wanted ?? (isRecord(table) ? text(table.default) : undefined) ?? ''
  const row = Object.hasOwn(releases, name) ? releases[name] : undefined
  if (!isRecord(row)) throw new UnknownRelease(name, Object.keys(releases))
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

/** Each requirement object is one alternative: `adminToken: []`, or `apiKey: [scope]`. */
function readAccess(operation: JsonRecord, release: Release) {
  const requirements = records(operation.security)
  const scopes = requirements.flatMap((requirement) => strings(requirement.apiKey))
  const admitsAdmin = requirements.some((requirement) => 'adminToken' in requirement)
  const held = release.adminToken
  return {
    scopes,
    adminToken: admitsAdmin && (held === 'full' || scopes.some((scope) => held.includes(scope))),
    public: operation['x-public'] === true,
  }
}

/** `http://api.{domain}` → `api`. */
function serviceOf(...holders: JsonRecord[]): string {
  for (const holder of holders) {
    const url = text(records(holder.servers)[0]?.url)
    const host = url === undefined ? undefined : /^https?:\/\/([a-z.-]+)\.\{domain\}/.exec(url)?.[1]
    if (host !== undefined) return host
  }
  throw new ContractError("A document names no server of the form 'http://<service>.{domain}'.")
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
  const id = `${method} ${path}`
  const body = readBody(operation.requestBody, id)
  const readBack = operation['x-read-back']
  const creates = operation['x-creates']
  return {
    id,
    operationId: text(operation.operationId) ?? '',
    method,
    path,
    service: serviceOf(operation, item, document),
    apiSet: strings(operation.tags)[0] ?? '',
    summary: text(operation.summary) ?? '',
    ...readAccess(operation, release),
    effect: among<Effect>(EFFECTS, operation['x-effect'] ?? 'none', `${id}: x-effect`),
    subject: among<SubjectKind>(SUBJECTS, operation['x-subject'] ?? 'none', `${id}: x-subject`),
    ...(creates !== undefined && { creates: among<Creation>(CREATIONS, creates, `${id}: x-creates`) }),
    parameters: readParameters(operation, item, id),
    ...(body !== undefined && { body }),
    responses: readResponses(operation.responses),
    ...(isRecord(readBack) && {
      readBackDraft: {
        operationId: text(readBack.operation) ?? '',
        pointer: text(readBack.pointer) ?? '',
        ...(text(readBack.equals) !== undefined && { equals: text(readBack.equals) ?? '' }),
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

function readScopes(documents: readonly JsonRecord[]): Scope[] {
  const meanings = new Map<string, string>()
  for (const document of documents) {
    const schemes = isRecord(document.components) ? document.components.securitySchemes : undefined
    const apiKey = isRecord(schemes) ? schemes.apiKey : undefined
    const table = isRecord(apiKey) ? apiKey['x-scopes'] : undefined
    for (const [name, meaning] of Object.entries(isRecord(table) ? table : {})) {
      if (!meanings.has(name)) meanings.set(name, text(meaning) ?? '')
    }
  }
  return [...meanings].map(([name, meaning]) => ({ name, meaning }))
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

/** Reads one OpenAPI document, references resolved; against the OpenAPI schema only where that is asked for. */
async function parseDocument(file: string, validate: boolean): Promise<JsonRecord> {
  try {
    const options = { resolve: { http: false }, dereference: { circular: false } } as const
    const document: unknown = await (validate
      ? SwaggerParser.validate(file, options)
      : SwaggerParser.dereference(file, options))
    if (isRecord(document)) return document
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new ContractError(`${file} is not a valid OpenAPI document: ${why}`, { cause })
  }
  throw new ContractError(`${file} is not a valid OpenAPI document.`)
}

export interface Loaded {
  readonly contract: Contract
  /** The documents that it was read from, references resolved. */
  readonly documents: readonly JsonRecord[]
}

/**
 * Loads a release's documents and the contract they make. The bundled documents are validated when the suite
 * is built, which takes longer than all the rest. Throws UnknownRelease, ContractError or UnreadableFile.
 */
export async function loadRelease(wanted?: string, validate = true): Promise<Loaded> {
  const release = await readRelease(wanted)
  const files = release.documents.map((name) => bundled(`documents/${name}`))
  const documents = await Promise.all(files.map((file) => parseDocument(file, validate)))
  const drafts = documents.flatMap((document) => readDocument(document, release))
  const hash = createHash('sha256').update(JSON.stringify(release))
  for (const file of files) hash.update(await readFile(file))
  const contract = {
    release: release.name,
    sha256: hash.digest('hex'),
    operations: drafts.map((draft) => resolveReadBack(draft, drafts)),
    scopes: readScopes(documents),
  }
  return { contract, documents }
}

/** The contract of a release, the default one if none is named. Throws as loadRelease. */
export const loadContract = async (wanted?: string): Promise<Contract> =>
  (await loadRelease(wanted, false)).contract
