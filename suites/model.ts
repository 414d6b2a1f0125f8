/** The words that planning, running and judging share. Data only. */
import { KEY_KINDS, type KeyKind, type Operation, type OperationId } from '../openapi/contract.js'

/** What an Authorization header may hold that is neither a key nor a token that the target issued. */
export const TOKEN_FLAWS = {
  empty: 'empty bearer',
  basic: 'Basic credentials',
  expired: 'expired JWT of a stranger',
  foreign: 'JWT of a stranger',
  unsigned: 'JWT with alg none',
  tampered: 'admin token with an altered payload',
} as const
export type TokenFlaw = keyof typeof TOKEN_FLAWS

/** What may have become of the value of a key that opens the operation. */
export const KEY_FLAWS = { truncated: 'cut short', flipped: 'with a character changed' } as const
export type KeyFlaw = keyof typeof KEY_FLAWS

/** The functions that a key is limited to: the one that is asked for, one that does not exist, or none. */
export const REACHES = {
  own: 'for this function alone',
  other: 'for another function alone',
  none: 'without resources',
} as const
export type Reach = keyof typeof REACHES

export interface KeyCredential {
  readonly kind: 'key'
  readonly keyKind: KeyKind
  readonly scopes: readonly string[]
  /** What reports and ids call a set of scopes that is long: `all but delete_function`. */
  readonly name?: string
  /** The number of a set that the seed draws, by which ids call it. */
  readonly draw?: number
  /** Absent: everything, by wildcard. */
  readonly reach?: Reach
  readonly flaw?: KeyFlaw
}

/** What a request carries to say who asks. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'admin' }
  | { readonly kind: 'token'; readonly flaw: TokenFlaw }
  /** Keys whose life a story tells. */
  | { readonly kind: 'own-keys'; readonly keyKind: KeyKind }
  | KeyCredential

/**
 * How what the request names relates to what the documents describe: `absent` names things that do not
 * exist, `other-owner` and `other-issuer` somebody else's key.
 */
export type PathForm =
  | 'documented'
  | 'absent'
  | 'other-owner'
  | 'other-issuer'
  | 'unversioned'
  | 'unknown'
  | `v${number}`

/** One request to plan for: who asks, on which path, and what the documents say comes of it. */
export interface Probe {
  readonly credential: Credential
  readonly path: PathForm
  /** `story`: not one request but a course of several, which a story tells. */
  readonly expects: 'grant' | 'denial' | 'absence' | 'story'
  /** Id of the disguise in which the request goes out. */
  readonly disguise?: string
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
  /**
   * Set when the cell will not run: the verdict it gets, and why. `together`: asked with all its like in one
   * key, and alone only where that key is not refused.
   */
  readonly leftOut?: {
    readonly verdict: 'excluded' | 'unsupported'
    readonly why: string
    readonly together?: true
  }
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
  /** No request arrived, or none that was not turned away: nothing will come of it. */
  readonly unsent?: true
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
  // One step of a story; what it shows is said in words.
  'step',
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
  /** What the same credential got for what exists, where this request names nothing that does. */
  readonly counterpart?: Outcome
  /** The function that the request is about, where it is about one. */
  readonly functionId?: string
  /** The function that the key is limited to; absent where it is limited to none, or not at all. */
  readonly reached?: string
  /** Why there was no key to ask with: the answer to the request that should have issued it. */
  readonly issueRefused?: Outcome
}

/** The lives of keys that are told. */
export type StoryName = 'expiry' | 'revocation' | 'authorization-change' | 'expiry-rules'

/** What an answer says of the key that asked; `undecided` are silences, throttling and trouble. */
export type Reading = 'let in' | 'refused' | 'undecided'

/** What a step is to the story that it is part of. */
export type Part =
  | 'preparation'
  | 'before'
  | 'change'
  | 'after'
  | 'other-before'
  | 'other-after'
  | 'other-looked-up'
  | 'looked-up'
  | 'control'
  | 'without-expiry'
  | 'past-expiry'

/** One step of a story. Times are in milliseconds since the story began. */
export interface Scene {
  readonly part: Part
  /** What was done or asked, in a few words. */
  readonly step: string
  readonly outcome: Outcome
  readonly sentMs: number
  /** When the answer was in. */
  readonly atMs: number
  /** Set where a key was tried. */
  readonly tried?: {
    readonly on: OperationId
    readonly reading: Reading
    /** What it comes to once the change has taken effect. */
    readonly awaited?: Reading
  }
}

/** What a story went through, for judging. */
export interface Story {
  readonly scenes: readonly Scene[]
  /** Why it could not be told to its end. */
  readonly missing?: string
  /** When the change was due, as narrowly as is known; absent where it never was. */
  readonly due?: { readonly earliestMs: number; readonly latestMs: number }
  /** Within how many milliseconds a change has to take effect. */
  readonly boundMs: number
  /** Services where nothing tells a live key from a dead one, and what they answer. */
  readonly unwatched: readonly string[]
}

/** `key [list_functions]`, `task key [list_tasks]`, `key [all but delete_function]`. */
export const keyLabel = ({ flaw, keyKind, name, reach, scopes }: Omit<KeyCredential, 'kind'>): string =>
  [
    `${KEY_KINDS[keyKind]} [${name ?? scopes.join(' ')}]`,
    ...(reach === undefined ? [] : [REACHES[reach]]),
    ...(flaw === undefined ? [] : [KEY_FLAWS[flaw]]),
  ].join(' ')

export const credentialLabel = (credential: Credential): string => {
  switch (credential.kind) {
    case 'none':
      return 'no credential'
    case 'garbage':
      return 'garbage bearer'
    case 'admin':
      return 'admin token'
    case 'token':
      return TOKEN_FLAWS[credential.flaw]
    case 'own-keys':
      return `${KEY_KINDS[credential.keyKind]}s of its own`
    case 'key':
      return keyLabel(credential)
  }
}

/** Equal for probes that are the same request, whatever check planned them. */
export const probeKey = ({ credential, disguise, path }: Probe): string =>
  `${path} ${disguise ?? ''} ${credentialLabel(credential)}`
