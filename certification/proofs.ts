/**
 * Whether passes rest on what the record holds: each is judged anew, by the check's own judge, from the exchanges
 * that it names, which have to be those of its operation and credential. Pure. What a record does not keep, such as
 * long bodies, is taken to be as the pass has it.
 */
import type { Contract, Operation, OperationId, ReadBack } from '../openapi/contract.js'
import { parsedJson, select } from '../openapi/json.js'
import type { RecordedCell, RunRecord } from '../reporters/record.js'
import type { Check, Conformity } from '../suites/check.js'
import { CHECKS } from '../suites/checks/index.js'
import {
  type Cell,
  type Credential,
  credentialLabel,
  type Evidence,
  type EvidenceRole,
  type Exchange,
  type Liveness,
  type Observation,
  type Outcome,
  type StateReading,
} from '../suites/model.js'
import { lifeInWords } from '../suites/verdict.js'
import { SLACK_MS } from './claims.js'

const ISSUE = 'POST /v1/keys'

/** What stands at the end of a body that was cut, and in one that held a secret. */
const ALTERED = /\[redacted\]|… \(\d+ characters more\)$/

/** Whether the body is what the target sent. */
const isWhole = ({ body }: NonNullable<Exchange['response']>): boolean => !ALTERED.test(body)

/** Many cells rest on the same exchanges. */
const outcomes = new WeakMap<Exchange, Outcome>()

function outcomeOf(exchange: Exchange): Outcome {
  const known = outcomes.get(exchange) ?? read(exchange)
  outcomes.set(exchange, known)
  return known
}

function read({ id, response, silence }: Exchange): Outcome {
  if (response !== undefined) {
    const { body: text, headers, status } = response
    return { kind: 'answer', status, headers, text, json: parsedJson(text), exchange: id }
  }
  // The record keeps the words alone; a connection that was closed is the one silence that can be a pass.
  return { kind: 'silence', why: silence ?? 'unknown', code: 'ECONNRESET', exchange: id }
}

/** Life signs as `evidence` names them. */
const LIFE: ReadonlyMap<string, Liveness> = new Map(
  (['operation', 'issuer', 'issuer-alone'] as const).map((witness) => {
    const liveness = { state: 'alive', witness } as const
    return [lifeInWords(liveness), liveness]
  }),
)

/** What an answer may be that shows a key alive: a 404 comes from an operation that let it in. */
const isLifeSign = (status: number): boolean => (status >= 200 && status < 300) || status === 404

/** A cell that passed. */
type Passed = Pick<RecordedCell, 'evidence' | 'measured'>

/** What a reading of the state found: a list may go on elsewhere, and be about more than what was asked. */
function shownBy(
  { response }: Exchange,
  readBack: ReadBack | undefined,
): 'nothing' | 'something' | 'unclear' | undefined {
  if (response === undefined || readBack === undefined) return undefined
  if (response.status === 404) return 'nothing'
  if (response.status < 200 || response.status >= 300) return undefined
  if (readBack.equals !== undefined || !isWhole(response)) return 'unclear'
  const values = select(parsedJson(response.body), readBack.pointer)
  return values.some((value) => readBack.only === undefined || value === readBack.only)
    ? 'something'
    : 'unclear'
}

/** The exchanges that a cell rests on, by what they are to it. */
class Exhibits {
  readonly #evidence: ReadonlyMap<EvidenceRole, Evidence>
  readonly #exchanges: ReadonlyMap<string, Exchange>

  constructor({ evidence }: Passed, exchanges: ReadonlyMap<string, Exchange>) {
    this.#evidence = new Map(evidence.map((one) => [one.role, one]))
    this.#exchanges = exchanges
  }

  of(role: EvidenceRole): Exchange | undefined {
    const found = this.#evidence.get(role)
    return found && this.#exchanges.get(found.exchange)
  }

  liveness(role: 'alive-before' | 'alive-after'): Liveness {
    const [shows, status] = [this.#evidence.get(role)?.shows ?? '', this.of(role)?.response?.status]
    const life = status !== undefined && isLifeSign(status) ? LIFE.get(shows) : undefined
    return life ?? { state: 'unknown', witness: 'issuer' }
  }

  /** Two readings that show the same, unless one found nothing and the other something; undefined unless both are there. */
  state({ readBack }: Operation): StateReading | undefined {
    const [before, after] = [this.of('state-before'), this.of('state-after')]
    const [one, other] = [before && shownBy(before, readBack), after && shownBy(after, readBack)]
    if (before === undefined || after === undefined || one === undefined || other === undefined)
      return undefined
    const isMoved = [one, other].includes('nothing') && [one, other].includes('something')
    const reading = (exchange: string, values: readonly string[]) => ({ values, exchange })
    return { before: reading(before.id, []), after: reading(after.id, isMoved ? ['moved'] : []) }
  }

  /** Two readings that show something else each: of a granted change the record keeps that both were answered. */
  change(operation: Operation): StateReading | undefined {
    const state = this.state(operation)
    return state && { ...state, after: { ...state.after, values: ['changed'] } }
  }

  /** Readings around the control, of which the record keeps the second. */
  controlState(): StateReading | undefined {
    const after = this.of('state-after-control')
    if (after?.response === undefined) return undefined
    return { before: { values: ['before'] }, after: { values: ['after'], exchange: after.id } }
  }
}

/** Of what was asked; empty where that is no URL. */
const pathAsked = ({ request: { url } }: Exchange): string => (URL.canParse(url) ? new URL(url).pathname : '')

/** Whether the exchange asked a key to be issued, and not the operation. */
const isAboutIssue = (exchange: Exchange, { id }: Operation): boolean =>
  id !== ISSUE && exchange.request.method === 'POST' && pathAsked(exchange).endsWith('/v1/keys')

/** Nothing that was cut or redacted is held against the documents. */
function onWhole(conformity: Conformity, exchanges: ReadonlyMap<string, Exchange>): Conformity {
  const isKept = (answer: Outcome): boolean => {
    const response = exchanges.get(answer.exchange)?.response
    return response !== undefined && isWhole(response)
  }
  return {
    contentType: conformity.contentType,
    headers: conformity.headers,
    body: (operation, answer) => (isKept(answer) ? conformity.body(operation, answer) : []),
    formats: (operation, answer) => (isKept(answer) ? conformity.formats(operation, answer) : []),
  }
}

const isOfKey = (credential: Credential): boolean =>
  credential.kind === 'key' && credential.flaw === undefined

/** What the run saw, as far as the record tells it. */
function observed({ probe }: Cell, operation: Operation, exhibits: Exhibits, asked: Exchange): Observation {
  const outcome = outcomeOf(asked)
  const notIssued = isAboutIssue(asked, operation) ? outcome : undefined
  const [control, state, controlState] = [
    exhibits.of('control'),
    probe.expects === 'grant' ? exhibits.change(operation) : exhibits.state(operation),
    exhibits.controlState(),
  ]
  return {
    ...{ operation, probe },
    answer:
      notIssued === undefined
        ? outcome
        : { kind: 'silence', why: 'no key to ask with', code: 'NO_KEY', exchange: asked.id },
    // A pass may be a 404 where nothing could be made to find, and somebody else was refused.
    subject: 'absent',
    contrast: true,
    ...(isOfKey(probe.credential) && {
      alive: { before: exhibits.liveness('alive-before'), after: exhibits.liveness('alive-after') },
    }),
    ...(control !== undefined && { control: outcomeOf(control) }),
    ...(controlState !== undefined && { controlState }),
    ...(state !== undefined && { state }),
    ...(notIssued !== undefined && { issueRefused: notIssued }),
    sent: { headers: asked.request.headers, body: parsedJson(asked.request.body ?? '') },
    keyValues: [],
  }
}

/** Paths of the operation, whatever stands in the place of its parameters; behind whatever base path. */
function pathOf({ path }: Operation): RegExp {
  const parts = path.split(/\{[^}]*\}/).map((part) => part.replaceAll(/[\\^$.*+?()[\]|]/g, '\\$&'))
  return new RegExp(`${parts.join('.+')}$`)
}

const ordered = (first: Exchange | undefined, second: Exchange | undefined): boolean =>
  first === undefined ||
  second === undefined ||
  Date.parse(first.startedAt) <= Date.parse(second.startedAt) + second.durationMs + SLACK_MS

/** Judges passes anew. */
export class Proofs {
  readonly #operations: ReadonlyMap<OperationId, Operation>
  readonly #checks: ReadonlyMap<string, Check>
  readonly #exchanges: ReadonlyMap<string, Exchange>
  readonly #conformity: Conformity
  /** What exchanges call a credential, before what it holds: keys that hold the same are one, under several names. */
  readonly #held: ReadonlySet<string>
  readonly #paths = new Map<string, RegExp>()

  constructor(
    exchanges: readonly Exchange[],
    contract: Contract,
    planned: readonly Cell[],
    conformity: Conformity,
  ) {
    this.#operations = new Map(contract.operations.map((operation) => [operation.id, operation]))
    this.#checks = new Map(CHECKS.map((check) => [check.id, check]))
    this.#exchanges = new Map(exchanges.map((exchange) => [exchange.id, exchange]))
    this.#conformity = onWhole(conformity, this.#exchanges)
    this.#held = new Set(
      planned.map(({ probe: { credential } }) => `${credentialLabel(credential)} ${holdings(credential)}`),
    )
  }

  /** Why the exchanges of a cell that passed are not those of a pass; undefined where they are. */
  trouble(cell: Cell, recorded: Passed): string | undefined {
    const operation = this.#operations.get(cell.operation)
    const check = this.#checks.get(cell.check)
    if (operation === undefined || check === undefined) return 'is of nothing that the contract has'
    const { measured } = recorded
    if (measured !== undefined && measured.ms > measured.boundMs)
      return `passed, and took ${measured.ms} ms, beyond its bound of ${measured.boundMs} ms`
    if ('tells' in check) return undefined
    const roles = recorded.evidence.map(({ role }) => role)
    if (new Set(roles).size < roles.length) return 'passed on two exchanges in the same place'
    const exhibits = new Exhibits(recorded, this.#exchanges)
    const asked = exhibits.of('answer')
    if (asked === undefined) return 'passed without an answer among its evidence'
    const foreign = this.#foreign(cell, operation, exhibits, asked)
    if (foreign !== undefined) return foreign
    if (check.beyondRecord?.(operation) === true) {
      const status = asked.response?.status
      return status !== undefined && status < 400 ? undefined : `passed on ${status ?? 'no answer'}`
    }
    const ruling = check.judge(observed(cell, operation, exhibits, asked), this.#conformity)
    return ruling.verdict === 'pass'
      ? undefined
      : `passed, and by what it rests on it is ${ruling.verdict}: expected ${ruling.expected}; ${ruling.observed}`
  }

  /** An exchange that belongs to another operation, another credential or another time. */
  #foreign({ probe }: Cell, operation: Operation, exhibits: Exhibits, asked: Exchange): string | undefined {
    const isRefusedKey = isOfKey(probe.credential) && isAboutIssue(asked, operation)
    const isPlain = probe.disguise === undefined && !isRefusedKey
    if (!isRefusedKey && !this.#isOf(asked, probe.credential))
      return `passed on an answer to ${asked.credential}`
    const isTemplate = ['documented', 'absent', 'other-owner', 'other-issuer'].includes(probe.path)
    if (isPlain && !this.#asks(asked, operation, isTemplate))
      return `passed on an answer to ${asked.request.method} ${asked.request.url}`
    const control = exhibits.of('control')
    if (control !== undefined && !this.#asks(control, operation, true))
      return `passed beside a control of ${control.request.method} ${control.request.url}`
    const readBack = operation.readBack && this.#operations.get(operation.readBack.operation)
    for (const role of ['state-before', 'state-after', 'state-after-control'] as const) {
      const reading = exhibits.of(role)
      if (reading !== undefined && (readBack === undefined || !this.#asks(reading, readBack, true)))
        return `passed on a reading of ${reading.request.url}`
    }
    const [before, after] = [exhibits.of('alive-before'), exhibits.of('alive-after')]
    if (!ordered(before, asked) || !ordered(asked, after)) return 'passed on life signs of another time'
    for (const sign of [before, after])
      if (sign !== undefined && sign.credential !== 'no credential' && !this.#isOf(sign, probe.credential))
        return `passed on a life sign of ${sign.credential}`
    return undefined
  }

  #isOf({ credential }: Exchange, expected: Credential): boolean {
    return credential === credentialLabel(expected) || this.#held.has(`${credential} ${holdings(expected)}`)
  }

  #asks(exchange: Exchange, operation: Operation, isTemplate: boolean): boolean {
    const path = this.#paths.get(operation.id) ?? pathOf(operation)
    this.#paths.set(operation.id, path)
    return exchange.request.method === operation.method && (!isTemplate || path.test(pathAsked(exchange)))
  }
}

/** What a credential may do: two keys of the same scopes and functions are one. */
const holdings = (credential: Credential): string => {
  if (credential.kind !== 'key') return credentialLabel(credential)
  const { flaw, keyKind, reach, scopes } = credential
  return JSON.stringify([keyKind, scopes, reach, flaw])
}

/** Passes that do not rest on what proves them: the first three. */
export function proofTroubles(
  record: RunRecord,
  contract: Contract,
  planned: readonly Cell[],
  conformity: Conformity,
): readonly string[] {
  const proofs = new Proofs(record.exchanges, contract, planned, conformity)
  const recorded = new Map(record.cells.map((cell) => [cell.id, cell]))
  return planned
    .flatMap((cell) => {
      const own = recorded.get(cell.id)
      const trouble = own?.verdict === 'pass' ? proofs.trouble(cell, own) : undefined
      return trouble === undefined ? [] : [`${cell.id} ${trouble}`]
    })
    .slice(0, 3)
}
