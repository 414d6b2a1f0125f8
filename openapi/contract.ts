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

/** What a path names: something that has to exist before a granted request can succeed. */
export const SUBJECTS = ['none', 'function', 'deployment', 'active-function', 'request', 'key'] as const
export type SubjectKind = (typeof SUBJECTS)[number]

/** What a granted request leaves behind on the target, for the ledger. */
export const CREATIONS = ['function', 'key'] as const
export type Creation = (typeof CREATIONS)[number]

/** The values that the suite puts in the place of a document's placeholders (`x-fill`). */
export const FILLS = [
  'function-id',
  'version-id',
  'deployment-id',
  'gpu-specification-id',
  'request-id',
  'key-id',
  'owner-id',
  'issuer-id',
  'issuer-service',
  'marker',
  'gpu',
  'instance-type',
  'container-image',
  'inference-url',
  'expires-at',
] as const
export type Fill = (typeof FILLS)[number]

/** `METHOD path-template`, as documented: `GET /v2/nvcf/functions/{functionId}/versions`. */
export type OperationId = string

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: Schema
  readonly fill?: Fill
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
}

export interface Operation {
  readonly id: OperationId
  readonly operationId: string
  readonly method: Method
  readonly path: string
  /** First labels of the Host that serves it: `api`, `api-keys`, `invocation`. */
  readonly service: string
  readonly apiSet: string
  readonly summary: string
  /** Alternatives: each opens the operation on its own. Empty for a public operation. */
  readonly scopes: readonly string[]
  /** Whether the release's admin token opens it. */
  readonly adminToken: boolean
  /** Whether the documents mark it as open to requests without a credential. */
  readonly public: boolean
  readonly effect: Effect
  readonly subject: SubjectKind
  readonly creates?: Creation
  readonly readBack?: ReadBack
  readonly parameters: readonly Parameter[]
  readonly body?: RequestBody
  readonly responses: readonly Response[]
}

export interface Scope {
  readonly name: string
  readonly meaning: string
}

export interface Contract {
  readonly release: string
  /** Of the documents and the release's row, in hexadecimal. */
  readonly sha256: string
  readonly operations: readonly Operation[]
  readonly scopes: readonly Scope[]
}

/** The operation's identity across sources that name path parameters differently. */
export const shape = (operation: OperationId): string => operation.replaceAll(/\{[^}]*\}/g, '{}')

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

/** 2xx and 3xx statuses that the documents give the operation. */
export const successStatuses = (operation: Operation): number[] =>
  operation.responses.map((response) => response.status).filter((status) => status < 400)

/** Whether the path names a resource by a parameter. */
export const namesResource = (operation: Operation): boolean =>
  operation.parameters.some((parameter) => parameter.in === 'path')

/** Whether a granted request leaves what it names so that the same request cannot succeed again. */
export const usesUp = ({ effect }: Operation): boolean =>
  ['create', 'delete', 'deploy', 'undeploy'].includes(effect)
