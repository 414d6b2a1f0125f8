/** Contract × checks × selection → cells. Pure: the same inputs give the same cells, ids and order. */
import { createHash } from 'node:crypto'
import {
  apiSets,
  type Contract,
  type Effect,
  findOperation,
  KEY_KINDS,
  type KeyKind,
  type Operation,
  type SubjectKind,
  usesUp,
} from '../openapi/contract.js'
import type { Check } from './check.js'
import { grouped } from './group.js'
import { type Cell, type Credential, credentialLabel, type Probe, probeKey } from './model.js'

/** What each mode may do to the target, beyond issuing and revoking its own keys. */
export const MODES: Readonly<Record<Mode, { readonly about: string; readonly effects: readonly Effect[] }>> =
  {
    'read-only': {
      about: 'reads; creates nothing but API keys of its own',
      effects: ['none', 'issue'],
    },
    'non-destructive': {
      about:
        'also creates and changes things of its own; deploys, invokes and deletes nothing but to clean up',
      effects: ['none', 'issue', 'create', 'update'],
    },
    full: {
      about: 'every documented operation, on things of its own',
      effects: ['none', 'issue', 'create', 'update', 'delete', 'deploy', 'undeploy', 'invoke'],
    },
  }
export type Mode = 'read-only' | 'non-destructive' | 'full'

/** Named sets of API sets; `undefined` is all of them. */
const PROFILES: Readonly<Record<string, { readonly about: string; readonly apiSets?: readonly string[] }>> = {
  full: { about: 'every API set of the release' },
  core: {
    about: 'keys, functions, queues and cluster groups: no deployment, no invocation',
    apiSets: ['API Keys', 'Function Management', 'Queue Details', 'Cluster Groups & GPUs'],
  },
}

export const MATRIX_PLANS = ['exhaustive', 'grouped'] as const
export type MatrixPlan = (typeof MATRIX_PLANS)[number]

export interface Selection {
  readonly profile: string
  readonly mode: Mode
  /** Check ids; empty for all. */
  readonly checks: readonly string[]
  /** `METHOD path`; empty for all. */
  readonly operations: readonly string[]
  /** API sets that the target says it lacks. */
  readonly unsupported: readonly string[]
  /** `grouped`: the scopes that do not open an operation are asked about in one key. */
  readonly matrix: MatrixPlan
  /** Draws the sets of scopes. */
  readonly seed: number
  readonly shard?: { readonly index: number; readonly count: number }
}

/** The selection names something that is not there; the message says what there is. */
export class SelectionError extends Error {
  override readonly name = 'SelectionError'
}

/** What has to be sent to make a subject. */
const SUBJECT_NEEDS: Readonly<Record<SubjectKind, readonly Effect[]>> = {
  none: [],
  key: ['issue'],
  function: ['create'],
  deployment: ['create', 'deploy'],
  'active-function': ['create', 'deploy'],
  request: ['create', 'deploy', 'invoke'],
  'shared-function': ['create', 'update'],
  'rate-limited-function': ['create', 'update'],
  telemetry: ['create'],
  'registry-credential': ['create'],
  asset: ['create'],
  task: ['deploy'],
  cluster: ['create'],
}

/** Keys of the functions service came first: their cells carry no word for their kind. */
const KIND_IN_ID: Readonly<Record<KeyKind, string>> = { apiKey: '', taskKey: 'task' }

/** Who asks, as an id says it. */
function askerId(credential: Credential): string {
  switch (credential.kind) {
    case 'token':
      return `${credential.flaw}-token`
    case 'own-keys':
      return ['own-keys', KIND_IN_ID[credential.keyKind]].filter(Boolean).join('-')
    case 'key': {
      const { draw, flaw, keyKind, name, reach, scopes } = credential
      const held = draw === undefined ? (name ?? scopes.join(' ')) : `set-${draw}`
      const marks = [reach, flaw].filter((mark) => mark !== undefined)
      return [`${KIND_IN_ID[keyKind]}[${held}]`, ...marks].join('-')
    }
    default:
      return credential.kind
  }
}

const idOf = (check: Check, operation: Operation, { credential, disguise, path }: Probe): string =>
  [
    check.id,
    operation.id,
    askerId(credential),
    ...(path === 'documented' ? [] : [path]),
    ...(disguise === undefined ? [] : [disguise]),
  ].join('::')

/** Spreads operations, not cells, over shards, so that no trial is split. */
const shardOf = (operation: Operation, count: number): number =>
  (createHash('sha256').update(operation.id).digest().readUInt32BE(0) % count) + 1

/** Why the key of a probe has no service to be asked at. */
function lacksService(
  { credential }: Probe,
  { operations }: Contract,
  { unsupported }: Selection,
): Cell['leftOut'] {
  if (credential.kind !== 'key' && credential.kind !== 'own-keys') return undefined
  const { keyKind } = credential
  const isServed = operations.some((one) => one.keyKind === keyKind && !unsupported.includes(one.apiSet))
  if (isServed) return undefined
  return { verdict: 'unsupported', why: `the target lacks all that a ${KEY_KINDS[keyKind]} opens` }
}

/** Why a shard leaves a cell to the others. */
export const IN_ANOTHER_SHARD = 'in another shard'

function leftOut(check: Check, operation: Operation, selection: Selection): Cell['leftOut'] {
  const { checks, mode, operations, shard, unsupported } = selection
  const excluded = (why: string) => ({ verdict: 'excluded' as const, why })
  if (unsupported.includes(operation.apiSet)) {
    return { verdict: 'unsupported', why: `the target lacks the API set ${operation.apiSet}` }
  }
  if (checks.length > 0 && !checks.includes(check.id)) return excluded('not among the checks asked for')
  if (operations.length > 0 && !operations.includes(operation.id))
    return excluded('not among the operations asked for')
  if (!MODES[mode].effects.includes(operation.effect))
    return excluded(`mode ${mode} sends no ${operation.effect}`)
  const needs = [...SUBJECT_NEEDS[operation.subject], ...(check.needs ?? [])]
  const unmade = needs.find((effect) => !MODES[mode].effects.includes(effect))
  if (unmade !== undefined && (check.examinesSuccess === true || check.needs !== undefined)) {
    return excluded(`mode ${mode} sends no ${unmade}, so that there is nothing to examine`)
  }
  if (unmade !== undefined && operation.readBack !== undefined) {
    return excluded(`mode ${mode} sends no ${unmade}, so that there is no state to read back`)
  }
  if (shard !== undefined && shardOf(operation, shard.count) !== shard.index)
    return excluded(IN_ANOTHER_SHARD)
  return undefined
}

function validate(contract: Contract, checks: readonly Check[], selection: Selection): Selection {
  const among = (kind: string, known: readonly string[], name: string) => {
    if (!known.includes(name))
      throw new SelectionError(`There is no ${kind} '${name}'. There are: ${known.join(', ')}.`)
  }
  among('profile', Object.keys(PROFILES), selection.profile)
  for (const id of selection.checks)
    among(
      'check',
      checks.map((check) => check.id),
      id,
    )
  for (const name of selection.unsupported) among('API set', apiSets(contract), name)
  const operations = selection.operations.map((id) => {
    const operation = findOperation(contract, id)
    if (operation !== undefined) return operation.id
    throw new SelectionError(
      `There is no operation '${id}' in release ${contract.release}. Write it as METHOD and path, for example '${contract.operations[0]?.id}'; 'nvcf-conformance matrix' lists them.`,
    )
  })
  return { ...selection, operations }
}

/** The check that asks with all scopes that must not open an operation in one key. */
const TOGETHER_CHECK = 'scopes-deny-together'

/** Why a scope was not asked about alone, in a grouped matrix. */
export const ASKED_TOGETHER =
  'the grouped matrix asks with all such scopes in one key, and alone only where that is not refused'

const TOGETHER = {
  verdict: 'excluded',
  why: ASKED_TOGETHER,
  together: true,
} as const

/** The scope that a plain key holds alone. */
function soleScope({ credential, disguise }: Probe): string | undefined {
  if (credential.kind !== 'key' || disguise !== undefined) return undefined
  const { flaw, name, reach, scopes } = credential
  const isPlain = name === undefined && reach === undefined && flaw === undefined
  return isPlain && scopes.length === 1 ? scopes[0] : undefined
}

/** What the exhaustive plan of a selection becomes where the matrix is grouped. */
export function askedTogether(
  cells: readonly Cell[],
  checks: readonly Check[],
  { checks: asked }: Pick<Selection, 'checks'>,
): Cell[] {
  const asksTogether = asked.length === 0 || asked.includes(TOGETHER_CHECK)
  const grouping = new Set(checks.filter(({ groups }) => asksTogether && groups).map(({ id }) => id))
  return cells.map((cell) =>
    cell.leftOut === undefined && cell.scope !== undefined && grouping.has(cell.check)
      ? { ...cell, leftOut: TOGETHER }
      : cell,
  )
}

/**
 * The cells of a profile, in report order, each marked where the selection leaves it out.
 * Throws SelectionError.
 */
export function plan(contract: Contract, checks: readonly Check[], asked: Selection): Cell[] {
  const selection = validate(contract, checks, asked)
  const inProfile = PROFILES[selection.profile]?.apiSets
  const operations = contract.operations.filter(({ apiSet }) => inProfile?.includes(apiSet) ?? true)
  // Operations by the thousand are asked with the same credentials: one object for all.
  const known = new Map<string, Probe>()
  const shared = (probe: Probe): Probe => {
    const text = JSON.stringify(probe)
    const first = known.get(text) ?? probe
    known.set(text, first)
    return first
  }
  const cells = checks.flatMap((check) =>
    operations.flatMap((operation) => {
      const omission = leftOut(check, operation, selection)
      return check.probes(operation, contract, selection.seed).map((planned): Cell => {
        const probe = shared(planned)
        const scope = soleScope(probe)
        const left = omission ?? lacksService(probe, contract, selection)
        return {
          id: idOf(check, operation, probe),
          check: check.id,
          area: check.area,
          level: operation.tentative === undefined ? check.level : 'advisory',
          operation: operation.id,
          probe,
          ...(scope !== undefined && { scope }),
          ...(left !== undefined && { leftOut: left }),
        }
      })
    }),
  )
  return selection.matrix === 'grouped' ? askedTogether(cells, checks, selection) : cells
}

/** The cells that will run. */
export const running = (cells: readonly Cell[]): Cell[] => cells.filter((cell) => cell.leftOut === undefined)

/** Where a request should be granted or denied, that decides when it is sent; to others it may be absent. */
const distinct = (cells: readonly Cell[]): Probe[] => {
  const probes = cells.map(({ probe }) => probe).filter(({ expects }) => expects !== 'story')
  const ordered = [
    ...probes.filter(({ expects }) => expects === 'absence'),
    ...probes.filter(({ expects }) => expects !== 'absence'),
  ]
  return [...new Map(ordered.map((probe) => [probeKey(probe), probe])).values()]
}

const NONE: readonly Cell[] = []

/** The cells of a plan, found by what they are about. */
export class CellIndex {
  readonly #byOperation: ReadonlyMap<string, readonly Cell[]>
  readonly #byCheck: ReadonlyMap<string, readonly Cell[]>
  readonly #together: ReadonlyMap<string, readonly Cell[]>

  constructor(cells: readonly Cell[]) {
    const planned = running(cells)
    this.#byOperation = grouped(planned, ({ operation }) => operation)
    this.#byCheck = grouped(planned, ({ check }) => check)
    this.#together = grouped(
      cells.filter(({ leftOut }) => leftOut?.together === true),
      ({ operation }) => operation,
    )
  }

  /** Those of a check that will run, in planned order. */
  ofCheck(check: string): readonly Cell[] {
    return this.#byCheck.get(check) ?? NONE
  }

  /** Those of an operation that are asked alone only where asking together is not refused. */
  together(operation: string): readonly Cell[] {
    return this.#together.get(operation) ?? NONE
  }

  /** The operations that the plan asks, in planned order. */
  get operations(): string[] {
    return [...this.#byOperation.keys()]
  }

  /** The distinct requests that an operation's cells need, in planned order. */
  probes(operation: string): Probe[] {
    return distinct(this.#byOperation.get(operation) ?? NONE)
  }

  /** As above, for those that are asked alone only where asking together is not refused. */
  probesAlone(operation: string): Probe[] {
    return distinct(this.together(operation))
  }
}

/** Scope sets for which the run issues keys: one key each. */
export const scopeSets = (cells: readonly Cell[]): string[] => [
  ...new Set(
    running(cells)
      .map((cell) => cell.probe.credential)
      .filter((credential) => credential.kind === 'key')
      .map(credentialLabel),
  ),
]

/** What a run costs the target, as far as that is known beforehand. */
export interface Estimate {
  readonly requests: number
  /** Functions, tasks, telemetries and whatever else is created besides keys. */
  readonly things: number
  readonly keys: number
}

/** How often an operation's trial makes its subject anew: once, and once more for each grant that uses it up. */
const subjectsNeeded = (operation: Operation, probes: readonly Probe[]): number => {
  if (['none', 'invoke', 'issue'].includes(operation.effect)) return operation.subject === 'request' ? 1 : 0
  const grants = probes.filter(({ expects }) => expects === 'grant').length
  return usesUp(operation) ? Math.max(1, grants) : 1
}

/** Requests that making and removing one of each takes. */
const SUBJECT_REQUESTS: Readonly<Record<Operation['subject'], number>> = {
  none: 0,
  key: 2,
  function: 3,
  deployment: 4,
  'active-function': 6,
  request: 7,
  'shared-function': 5,
  'rate-limited-function': 4,
  telemetry: 4,
  'registry-credential': 4,
  asset: 4,
  task: 4,
  cluster: 4,
}

/** What a key goes through while its life is watched, about. */
const STORY_REQUESTS = 20

/** Probes, the life signs and read-backs around them, and what the subjects take. An estimate. */
export function estimate(contract: Contract, cells: readonly Cell[], mode: Mode): Estimate {
  const canMake = (kind: SubjectKind) =>
    SUBJECT_NEEDS[kind].every((effect) => MODES[mode].effects.includes(effect))
  const index = new CellIndex(cells)
  const asked = new Set(index.operations)
  const operations = contract.operations.filter(({ id }) => asked.has(id))
  const sharedKinds = new Set(
    operations.map(({ subject }) => subject).filter((subject) => subject !== 'none' && canMake(subject)),
  )
  const keySets = scopeSets(cells).length
  const stories = running(cells).filter(({ probe }) => probe.expects === 'story').length
  let requests = 4 + 2 * keySets + STORY_REQUESTS * stories
  let things = [...sharedKinds].filter((kind) => kind !== 'key').length
  let keys = 1 + keySets
  for (const kind of sharedKinds) requests += SUBJECT_REQUESTS[kind]
  for (const operation of operations) {
    const probes = index.probes(operation.id)
    // Proofs of life are shared by requests that end together: about one for three.
    const lives = Math.ceil(probes.filter(({ credential }) => credential.kind === 'key').length / 3)
    const made = canMake(operation.subject) ? subjectsNeeded(operation, probes) : 0
    requests +=
      probes.length +
      lives +
      (operation.readBack === undefined ? 0 : 6) +
      made * SUBJECT_REQUESTS[operation.subject]
    if (operation.creates === 'key' || operation.subject === 'key') keys += Math.max(1, made)
    else things += made
  }
  return { requests, things, keys }
}
