import type { Contract, Operation } from '../openapi/contract.js'
import type { Clause } from './clauses.js'
import type { Area, Credential, Level, Observation, Outcome, PathForm, Probe } from './model.js'
import type { Judgement } from './verdict.js'

/** Where an answer leaves what the contract documents for its status; each entry is one sentence part. */
export type ShapeRule = (operation: Operation, answer: Outcome) => readonly string[]

export interface Conformity {
  readonly contentType: ShapeRule
  readonly headers: ShapeRule
  /** The body against its schema; formats are annotations here. */
  readonly body: ShapeRule
  /** The declared formats alone. */
  readonly formats: ShapeRule
}

/** A rule of the documentation: which requests examine it, and how their answers are judged. */
export interface Check {
  /** Permanent; equal to the file's name. */
  readonly id: string
  readonly area: Area
  readonly level: Level
  /** What holds when the check passes, in one sentence. */
  readonly title: string
  readonly clause: Clause
  /** Faults of the reference gateway that this check must find. */
  readonly catches: readonly string[]
  /** Whether only a success can be examined; then a mode that makes nothing to succeed on leaves it out. */
  readonly examinesSuccess?: boolean
  /** One cell for each; none where the check does not apply. */
  probes(operation: Operation, contract: Contract): readonly Probe[]
  /** Pure: no network, no clock. */
  judge(observation: Observation, conformity: Conformity): Judgement
}

/** Keeps a check's literal types while holding it to the interface. */
export const check = (definition: Check): Check => definition

/**
 * The least credential that the documents grant the operation: none for a public one, else its first scope
 * alone, else the admin token. Undefined where nobody can be given one.
 */
function grantingCredential({ admin, keyKind, public: open, scopes }: Operation): Credential | undefined {
  const [scope] = scopes
  if (scope !== undefined && keyKind !== undefined) return { kind: 'key', keyKind, scopes: [scope] }
  if (open) return { kind: 'none' }
  return admin === 'grant' ? { kind: 'admin' } : undefined
}

const probesWith = (operation: Operation, path: PathForm, expects: Probe['expects']): Probe[] => {
  const credential = grantingCredential(operation)
  return credential === undefined ? [] : [{ credential, path, expects }]
}

/** The request that every check of granted answers shares; none where nobody is granted. */
export const grantedProbes = (operation: Operation): Probe[] => probesWith(operation, 'documented', 'grant')

export const adminProbe: Probe = { credential: { kind: 'admin' }, path: 'documented', expects: 'grant' }

export const absenceProbes = (operation: Operation, path: PathForm): Probe[] =>
  probesWith(operation, path, 'absence')

export const denialProbe = (credential: Credential): Probe => ({
  credential,
  path: 'documented',
  expects: 'denial',
})

/** Everything that the contract says of the answer's shape, for one status. */
export const shapeViolations = (observation: Observation, conformity: Conformity): string[] =>
  [conformity.contentType, conformity.headers, conformity.body].flatMap((rule) =>
    rule(observation.operation, observation.answer),
  )
