/**
 * The contract: what the documents of one NVCF release say, as plain data. Pure model and look-ups; JSON
 * throughout, so that it crosses thread borders and hashes the same everywhere.
 */

/** A JSON Schema (2020-12) without references. */
export type Schema = boolean | { readonly [keyword: string]: unknown }

export const HTTP_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof HTTP_METHODS)[number]

/** What a request does to the target when it is granted; `issue` mints a credential. */
export const EFFECTS = [
  'none',
  'create',
  'update',
  'delete',
  'deploy',
  'undeploy',
  'invoke',
  'issue',
] as const
export type Effect = (typeof EFFECTS)[number]

/** What a request names: something that has to exist before a granted one can succeed. */
export const SUBJECTS = [
  'none',
  'function',
  'deployment',
  'active-function',
  'request',
  'shared-function',
  'rate-limited-function',
  'telemetry',
  'registry-credential',
  'asset',
  'task',
  'cluster',
  'key',
] as const
export type SubjectKind = (typeof SUBJECTS)[number]

/** What a granted request leaves behind on the target, for the ledger. */
export const CREATIONS = [
  'function',
  'telemetry',
  'registry-credential',
  'asset',
  'task',
  'cluster',
  'account',
  'key',
] as const
export type Creation = (typeof CREATIONS)[number]

/** The values that the suite puts in the place of a document's placeholders (`x-fill`). */
export const FILLS = [
  'function-id',
  'version-id',
  'deployment-id',
  'gpu-specification-id',
  'request-id',
  'telemetry-id',
  'registry-credential-id',
  'asset-id',
  'task-id',
  'cluster-id',
  'cluster-group',
  'key-id',
  'key-value',
  'user-id',
  'owner-id',
  'issuer-id',
  'issuer-service',
  'account',
  'ghost-account',
  'instance-id',
  'client-id',
  'party',
  'marker',
  'secret-value',
  'registry-hostname',
  'telemetry-endpoint',
  'gpu',
  'instance-type',
  'container-image',
  'inference-url',
  'inference-path',
  'expires-at',
  'page-size',
  'cursor',
] as const
export type Fill = (typeof FILLS)[number]

/** The kinds of API keys, by the name of their security scheme, and what reports call them. */
export const KEY_KINDS = { apiKey: 'key', taskKey: 'task key' } as const
export type KeyKind = keyof typeof KEY_KINDS

/** The names of all kinds of keys. */
export const keyKinds = Object.keys(KEY_KINDS).filter((name): name is KeyKind => name in KEY_KINDS)

/** How a key of a kind is issued, beside its scopes. */
export interface KeyIssue {
  /** Key-Issuer-Service. */
  readonly issuerService: string
  /** Key-Issuer-Id, and the audience. */
  readonly issuerId: string
  readonly product: string
  /** Types of the resources, each granted as a whole. */
  readonly resources: readonly string[]
  /** The resources that limit a key to one thing; `{id}` stands for its identifier. */
  readonly limits: readonly { readonly type: string; readonly id: string }[]
}

/**
 * What the documents say of the release's admin token: it opens the operation, it does not, or they do not
 * say.
 */
export type AdminAccess = 'grant' | 'deny' | 'silent'

/**
 * `METHOD path-template`, as documented: `GET /v2/nvcf/functions/{functionId}/versions`. A path without a
 * version is told from its namesakes by the Host that serves it: `GET tasks/health`.
 */
export type OperationId = string

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: Schema
  readonly fill?: Fill
  /** A constant to send where nothing is filled in. */
  readonly example?: string
}

export interface RequestBody {
  readonly required: boolean
  readonly contentType: string
  readonly schema: Schema
  readonly example: unknown
  /** JSON pointer into the example → the value that replaces it. */
  readonly fill: Readonly<Record<string, Fill>>
}

export interface ResponseHeader {
  readonly name: string
  readonly required: boolean
  readonly schema: Schema
}

export interface Response {
  readonly status: number
  /** Media type → schema; empty when the documents give the answer no body. */
  readonly content: Readonly<Record<string, Schema>>
  readonly headers: readonly ResponseHeader[]
}

/** Where the effect of an operation shows: values in the success body of a GET, or that GET's 404. */
export interface ReadBack {
  readonly operation: OperationId
  readonly pointer: string
  /** Pointer into the request body: only observed values equal to that value count. */
  readonly equals?: string
  /** The one observed value that counts, where the others come and go by themselves. */
  readonly only?: string
}

/** How an operation looks at the resources of the key that asks. */
export type ResourceUse =
  /** An existing function outside them is 403. */
  | { readonly use: 'checked' }
  /** A list holds only what they reach; the pointer leads to the ids of functions in the success body. */
  | { readonly use: 'filtered'; readonly pointer: string }
  /** The same answer whatever they are. */
  | { readonly use: 'ignored' }

export interface Operation {
  readonly id: OperationId
  readonly operationId: string
  readonly method: Method
  readonly path: string
  /** First label of the Host that serves it: `api`, `api-keys`, `invocation`, `tasks`, `sis`. */
  readonly service: string
  /** Labels in front of that, each a value that the suite supplies. */
  readonly hostLabels: readonly Fill[]
  readonly apiSet: string
  readonly summary: string
  /** Alternatives of a key: each opens the operation on its own. Empty where no key does. */
  readonly scopes: readonly string[]
  /** The kind of key that holds them; absent where no key opens the operation. */
  readonly keyKind?: KeyKind
  /** What the documents ask of a token, and no key can hold. Empty where a key's scopes are all there is. */
  readonly tokenScopes: readonly string[]
  readonly admin: AdminAccess
  /** Whether the documents mark it as open to requests without a credential. */
  readonly public: boolean
  /** Whether nobody who can be given a credential may use it. */
  readonly reserved: boolean
  /** What it means that whoever reaches this Host may use it: the end of a sentence. */
  readonly exposure?: string
  /** Absent where the documents do not say. */
  readonly resources?: ResourceUse
  /** Why the documents say too little of it to hold anybody to them; its cells are advice. */
  readonly tentative?: string
  readonly effect: Effect
  /** Whether a granted answer is, or holds, something that opens something. */
  readonly answersSecret: boolean
  readonly subject: SubjectKind
  readonly creates?: Creation
  readonly readBack?: ReadBack
  /** Why no documented operation shows what this one changes. */
  readonly unreadable?: string
  readonly parameters: readonly Parameter[]
  readonly body?: RequestBody
  readonly responses: readonly Response[]
}

export interface Scope {
  readonly name: string
  readonly meaning: string
  readonly keyKind: KeyKind
}

export interface Contract {
  readonly release: string
  /** The document that was laid over the bundled ones, as people call it. */
  readonly spec?: string
  /** Of the documents and the release's row, in hexadecimal. */
  readonly sha256: string
  readonly operations: readonly Operation[]
  readonly scopes: readonly Scope[]
  /** For each kind of key that the release knows. */
  readonly keyIssue: Readonly<Partial<Record<KeyKind, KeyIssue>>>
}

/** Every plan compares every operation's shape with those of the others. */
const shapes = new Map<OperationId, string>()

/** The operation's identity across sources that name path parameters differently. */
export function shape(operation: OperationId): string {
  const known = shapes.get(operation) ?? operation.replaceAll(/\{[^}]*\}/g, '{}')
  shapes.set(operation, known)
  return known
}

/** Finds an operation by `METHOD path`, whatever its path parameters are called. */
export function findOperation(contract: Contract, id: OperationId): Operation | undefined {
  const wanted = shape(id)
  return contract.operations.find((operation) => shape(operation.id) === wanted)
}

/** API sets in document order. */
export const apiSets = (contract: Contract): string[] => [
  ...new Set(contract.operations.map((operation) => operation.apiSet)),
]

export const responseOf = (operation: Operation, status: number): Response | undefined =>
  operation.responses.find((response) => response.status === status)

/** The media type under which the documents describe a body of this Content-Type: its own, else a range. */
export function documentedType({ content }: Response, contentType: string | undefined): string | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  return [type, `${type.split('/')[0]}/*`, '*/*'].find((wanted) => Object.hasOwn(content, wanted))
}

/** 2xx and 3xx statuses that the documents give the operation. */
export const successStatuses = (operation: Operation): number[] =>
  operation.responses.map((response) => response.status).filter((status) => status < 400)

/** Whether the path or the Host names what has to exist. */
export const namesResource = ({ hostLabels, parameters, subject }: Operation): boolean =>
  subject !== 'none' && (hostLabels.length > 0 || parameters.some((parameter) => parameter.in === 'path'))

/** Whether something other than a missing credential decides who may use it. */
export const isGuarded = ({ admin, reserved, scopes }: Operation): boolean =>
  scopes.length > 0 || admin !== 'silent' || reserved

/** The scopes that a kind of key can hold. */
export const scopesOf = (contract: Contract, keyKind: KeyKind): string[] =>
  contract.scopes.filter((scope) => scope.keyKind === keyKind).map(({ name }) => name)

/** Whether a granted request leaves what it names so that the same request cannot succeed again. */
export const usesUp = ({ effect }: Operation): boolean =>
  ['create', 'delete', 'deploy', 'undeploy'].includes(effect)
