import {
  type Contract,
  type Effect,
  type KeyKind,
  keyKinds,
  namesResource,
  type Operation,
  type OperationId,
  scopesOf,
  shape,
} from '../openapi/contract.js'
import type { Clause } from './clauses.js'
import type {
  Area,
  Credential,
  KeyCredential,
  Level,
  Observation,
  Outcome,
  PathForm,
  Probe,
  Story,
  StoryName,
} from './model.js'
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

/** A rule of the documentation. */
interface Rule {
  /** Permanent; equal to the file's name. */
  readonly id: string
  readonly area: Area
  readonly level: Level
  /** What holds when the check passes, in one sentence. */
  readonly title: string
  readonly clause: Clause
  /** Faults of the reference gateway that this check must find. */
  readonly catches: readonly string[]
  /** Why the healthy reference gateway fails it: then no fault is needed to show that it can fail. */
  readonly failsOnReference?: string
  /** Whether only a success can be examined; then a mode that makes nothing to succeed on leaves it out. */
  readonly examinesSuccess?: boolean
  /** What has to be sent besides, before there is anything to examine. */
  readonly needs?: readonly Effect[]
  /** Whether keys with a single scope may be asked about together, all of them in one key. */
  readonly groups?: boolean
  /** One cell for each; none where the check does not apply. The seed draws what is drawn. */
  probes(operation: Operation, contract: Contract, seed: number): readonly Probe[]
}

/** A rule that single requests examine. */
export interface ProbeCheck extends Rule {
  /** Where a pass cannot be judged anew from a record: the judge needs what that does not keep. */
  beyondRecord?(operation: Operation): boolean
  /** Pure: no network, no clock. */
  judge(observation: Observation, conformity: Conformity): Judgement
}

/** A rule that the life of a key examines, which takes several requests and may take minutes. */
export interface StoryCheck extends Rule {
  readonly story: StoryName
  /** Pure: no network, no clock. */
  tells(story: Story): Judgement
}

export type Check = ProbeCheck | StoryCheck

/** Keeps a check's literal types while holding it to the interface. */
export const check = (definition: ProbeCheck): ProbeCheck => definition

/** A check of an operation of the API Keys service, told by a story for each kind of key that it issues. */
export const storyCheck = (
  definition: Omit<StoryCheck, 'probes'> & { readonly operation: OperationId },
): StoryCheck => ({
  ...definition,
  probes: ({ id }, { keyIssue }) =>
    id === definition.operation
      ? keyKinds
          .filter((kind) => kind in keyIssue)
          .map((keyKind) => ({
            credential: { kind: 'own-keys', keyKind },
            path: 'documented',
            expects: 'story',
          }))
      : [],
})

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

/** What is asked of an operation that decides the scope alone: nothing there is named, where anything is. */
export const harmlessForm = (operation: Operation): PathForm =>
  namesResource(operation) ? 'absent' : 'documented'

/** The kind of key that other operations of the same service take. */
export const keyKindAt = ({ keyKind, service }: Operation, { operations }: Contract): KeyKind =>
  keyKind ??
  operations.find((other) => other.service === service && other.keyKind !== undefined)?.keyKind ??
  'apiKey'

const pathShape = ({ path }: Operation): string => shape(path)

/**
 * A scope that opens neither the operation nor another method of its path, so that whatever a key with it
 * gets there is beyond it. Undefined where every scope opens something there.
 */
export function bystander(operation: Operation, contract: Contract): string | undefined {
  const { keyKind } = operation
  if (keyKind === undefined) return undefined
  const neighbours = contract.operations.filter((other) => pathShape(other) === pathShape(operation))
  const taken = new Set(neighbours.flatMap(({ scopes }) => scopes))
  return scopesOf(contract, keyKind).find((scope) => !taken.has(scope))
}

/** The scopes that the operation shows better than any other: one that only reads, and is well documented. */
export function showcases(contract: Contract, operation: Operation): string[] {
  const { keyKind } = operation
  if (keyKind === undefined) return []
  const showcase = (scope: string): Operation | undefined => {
    const opened = contract.operations.filter(
      (other) => other.keyKind === keyKind && other.scopes.includes(scope),
    )
    const sure = opened.filter(({ tentative }) => tentative === undefined)
    const best = sure.length > 0 ? sure : opened
    return best.find(({ effect }) => effect === 'none') ?? best[0]
  }
  return operation.scopes.filter((scope) => showcase(scope) === operation)
}

/** All scopes of the kind but those that open the operation, in one key; undefined where there are none. */
export function complement(
  { scopes }: Operation,
  keyKind: KeyKind,
  contract: Contract,
): KeyCredential | undefined {
  const others = scopesOf(contract, keyKind).filter((scope) => !scopes.includes(scope))
  const name = scopes.length === 0 ? 'all' : `all but ${scopes.join(' ')}`
  return others.length === 0 ? undefined : { kind: 'key', keyKind, scopes: others, name }
}

/** Whether the operation is about the keys of the owner and the issuer that its headers name. */
export const ownsKeys = ({ effect, parameters }: Operation): boolean =>
  effect !== 'issue' &&
  parameters.some((parameter) => parameter.in === 'header' && parameter.fill === 'owner-id')
