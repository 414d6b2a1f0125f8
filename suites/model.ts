/** The words that planning, running and judging share. Data only. */
import { KEY_KINDS, type KeyKind, type Operation, type OperationId } from '../openapi/contract.js'

/** What a request carries to say who asks. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'admin' }
  | { readonly kind: 'key'; readonly keyKind: KeyKind; readonly scopes: readonly string[] }

/** How the request's path relates to the documented one; `absent` names things that do not exist. */
export type PathForm = 'documented' | 'absent' | 'unversioned' | 'unknown' | `v${number}`

/** One request to plan for: who asks, on which path, and what the documents say comes of it. */
export interface Probe {
  readonly credential: Credential
  readonly path: PathForm
  readonly expects: 'grant' | 'denial' | 'absence'
}

export type Level = 'required' | 'advisory'
export type Area = 'authorization' | 'paths' | 'responses' | 'keys'

export const VERDICTS = ['pass', 'fail', 'inconclusive', 'unsupported', 'excluded', 'error'] as const
export type Verdict = (typeof VERDICTS)[number]

/** A check applied to one operation and credential. */
export interface Cell {
  readonly id: string
  readonly check: string
  readonly area: Area
  readonly level: Level
  readonly operation: OperationId
  readonly probe: Probe
  /** The scope held alone by the key, where the cell is about one. */
  readonly scope?: string
  /** Set when the cell will not run: the verdict it gets, and why. */
  readonly leftOut?: { readonly verdict: 'excluded' | 'unsupported'; readonly why: string }
}

/** An answer as it came, for judging; `exchange` is the id of its redacted evidence. */
export interface Answered {
  readonly kind: 'answer'
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The parsed body; undefined when it is not JSON. */
  readonly json?: unknown
  readonly exchange: string
}

/** No answer: a time-out, a lost connection, or an interrupted run. */
export interface Silent {
  readonly kind: 'silence'
  readonly why: string
  /** The system's name for it: `ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`, … */
  readonly code: string
  readonly exchange: string
}

export type Outcome = Answered | Silent

/** One HTTP exchange, redacted, as the record keeps it. */
export interface Exchange {
  readonly id: string
  readonly purpose: string
  readonly credential: string
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
  }
  readonly response?: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  /** Why there is no response. */
  readonly silence?: string
  /** Times the request was sent; more than one after throttling. */
  readonly attempts: number
  readonly startedAt: string
  readonly durationMs: number
}

/** What an exchange proves for a cell, in the order in which it was sent; the control came last. */
export const EVIDENCE_ROLES = [
  'alive-before',
  'state-before',
  'answer',
  'state-after',
  'alive-after',
  'control',
  'state-after-control',
] as const
export type EvidenceRole = (typeof EVIDENCE_ROLES)[number]

export interface Evidence {
  readonly role: EvidenceRole
  /** Id of the exchange. */
  readonly exchange: string
  /** What the exchange was read as, where that is more than its status: `alive`, `dead at its issuer`. */
  readonly shows?: string
}

export interface Liveness {
  readonly state: 'alive' | 'dead' | 'unknown'
  /**
   * Who said so: an operation that the key opens; the service that issued it, for a key that opens nothing;
   * or that service alone, though every operation that the key should open refused it.
   */
  readonly witness: 'operation' | 'issuer' | 'issuer-alone'
  readonly exchange?: string
}

/** What a read-back showed; `undefined` values could not be read. */
export interface Snapshot {
  readonly values?: readonly string[]
  readonly exchange?: string
}

export interface StateReading {
  readonly before: Snapshot
  readonly after: Snapshot
}

/** Everything seen about one probe. */
export interface Observation {
  readonly operation: Operation
  readonly probe: Probe
  readonly answer: Outcome
  /** Whether the path names something that exists; `existing` too when it names nothing. */
  readonly subject: 'existing' | 'absent'
  /** Why the subject could not be made, where it could not. */
  readonly subjectMissing?: string
  /** Of the key that asked, where a key asked. */
  readonly alive?: { readonly before: Liveness; readonly after: Liveness }
  /** The identical request with a credential that the documents grant. */
  readonly control?: Outcome
  /** The state around the control: readings that do not differ are blind. */
  readonly controlState?: StateReading
  /** Whether another credential was refused with 403 where this one was answered otherwise. */
  readonly contrast: boolean
  /** Read before and after the request; absent where the operation changes nothing. */
  readonly state?: StateReading
  /** What was sent, before redaction, for checks that compare it with the answer. */
  readonly sent: { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown }
  /** Values of keys that this run was given; none may be shown again. */
  readonly keyValues: readonly string[]
}

/** `key [list_functions]`, `task key [list_tasks]`. */
export const keyLabel = (keyKind: KeyKind, scopes: readonly string[]): string =>
  `${KEY_KINDS[keyKind]} [${scopes.join(' ')}]`

export const credentialLabel = (credential: Credential): string => {
  switch (credential.kind) {
    case 'none':
      return 'no credential'
    case 'garbage':
      return 'garbage bearer'
    case 'admin':
      return 'admin token'
    case 'key':
      return keyLabel(credential.keyKind, credential.scopes)
  }
}

/** Equal for probes that are the same request, whatever check planned them. */
export const probeKey = (probe: Probe): string => `${probe.path} ${credentialLabel(probe.credential)}`
