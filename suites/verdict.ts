/**
 * From what was seen to a verdict: pure functions, one a kind of proof. Nothing passes here unless every
 * fact that the proof needs is at hand.
 */
import { type Operation, successStatuses } from '../openapi/contract.js'
import { isRecord, select } from '../openapi/json.js'
import { disguiseOf } from './disguises.js'
import {
  type Answered,
  EVIDENCE_ROLES,
  type Evidence,
  type EvidenceRole,
  type Liveness,
  type Observation,
  type Outcome,
  type StateReading,
} from './model.js'

/**
 * How a target leaves the documents: access beyond them (a refusal that is carried out counts), documented
 * access refused, or anything else, such as a refusal in the wrong words.
 */
export type Deviation = 'over-grant' | 'under-grant' | 'other'

/** How long a change took at least, in milliseconds, and how long it may take. */
export interface Measured {
  readonly what: string
  readonly ms: number
  /** When the new state was first seen; absent where it never was. */
  readonly atMostMs?: number
  readonly boundMs: number
}

export interface Judgement {
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  readonly expected: string
  readonly observed: string
  /** What stands behind the verdict. */
  readonly evidence: readonly Evidence[]
  /** Set exactly when the verdict is `fail`. */
  readonly deviation?: Deviation
  readonly measured?: Measured
}

export type Ruling = Pick<Judgement, 'verdict' | 'observed' | 'deviation'>
export const pass = (observed: string): Ruling => ({ verdict: 'pass', observed })
export const fail = (observed: string, deviation: Deviation = 'other'): Ruling => ({
  verdict: 'fail',
  observed,
  deviation,
})
export const inconclusive = (observed: string): Ruling => ({ verdict: 'inconclusive', observed })

/** Statuses that speak of load or of trouble behind the gateway, not of the rule under test. */
export const TRANSIENT: Readonly<Record<number, string>> = {
  429: 'throttled, retries used up',
  502: 'trouble behind the gateway, retries used up',
  503: 'unavailable, retries used up',
  504: 'trouble behind the gateway, retries used up',
}

export const describe = (outcome: Outcome): string => {
  if (outcome.kind === 'silence') return `no answer (${outcome.why})`
  const type = outcome.headers['content-type']
  return type === undefined ? `${outcome.status}` : `${outcome.status} ${type}`
}

export const succeeded = (outcome: Outcome): boolean =>
  outcome.kind === 'answer' && outcome.status >= 200 && outcome.status < 300

/** A documented success, or a 404 that only an authorized request can get. */
function isDecisiveGrant(observation: Observation, outcome: Outcome | undefined): boolean {
  if (outcome?.kind !== 'answer') return false
  if (succeeded(outcome)) return true
  if (outcome.status < 400) return successStatuses(observation.operation).includes(outcome.status)
  return outcome.status === 404 && observation.subject === 'absent' && observation.contrast
}

/** What life signs say of where they are from. */
const WITNESSES: Readonly<Record<Liveness['witness'], string>> = {
  operation: '',
  issuer: ' at its issuer',
  'issuer-alone': ' at its issuer alone',
}

/** What evidence says of a key's life: `alive`, `dead at its issuer`. */
export const lifeInWords = ({ state, witness }: Pick<Liveness, 'state' | 'witness'>): string =>
  `${state}${WITNESSES[witness]}`

const lifeSign = (liveness: Liveness | undefined): { readonly exchange?: string; readonly shows?: string } =>
  liveness?.exchange === undefined
    ? {}
    : {
        exchange: liveness.exchange,
        shows: lifeInWords(liveness),
      }

const evidenceOf = (observation: Observation): Evidence[] => {
  const { alive, state, answer, control, controlState } = observation
  const facts: Record<EvidenceRole, { readonly exchange?: string; readonly shows?: string }> = {
    'alive-before': lifeSign(alive?.before),
    'state-before': { ...state?.before },
    answer: { exchange: answer.exchange },
    'state-after': { ...state?.after },
    'alive-after': lifeSign(alive?.after),
    control: control === undefined ? {} : { exchange: control.exchange },
    'state-after-control': { ...controlState?.after },
    step: {},
  }
  return EVIDENCE_ROLES.flatMap((role) => {
    const { exchange, shows } = facts[role]
    return exchange === undefined ? [] : [{ role, exchange, ...(shows !== undefined && { shows }) }]
  })
}

/** Rules on an answer, once it is known to be one that can decide anything. */
function decide(observation: Observation, expected: string, rule: (answer: Answered) => Ruling): Judgement {
  const { answer } = observation
  const transient = answer.kind === 'answer' ? TRANSIENT[answer.status] : undefined
  const ruling =
    answer.kind === 'silence'
      ? inconclusive(describe(answer))
      : transient === undefined
        ? rule(answer)
        : inconclusive(`${describe(answer)}: ${transient}`)
  return { ...ruling, expected, evidence: evidenceOf(observation) }
}

/** Why the key's own life leaves the question open; undefined when it was alive throughout, or no key asked. */
const doubtOfLife = ({ alive }: Observation): string | undefined => {
  if (alive === undefined) return undefined
  if (alive.before.state !== 'alive') return `the key was ${alive.before.state} before`
  if (alive.after.state !== 'alive') return `the key was ${alive.after.state} after`
  return undefined
}

/** As above, and the issuer's word is not enough for a key that opens something. */
const doubtOfUse = (observation: Observation): string | undefined => {
  const { alive } = observation
  const unseen = [alive?.before, alive?.after].some((sign) => sign?.witness === 'issuer-alone')
  return (
    doubtOfLife(observation) ?? (unseen ? 'the key was refused where its own scope should open' : undefined)
  )
}

const becauseSubjectMissing = ({ subjectMissing }: Observation): string =>
  subjectMissing === undefined ? '' : `; ${subjectMissing}`

/** Whether two readings show the same, in whatever order; undefined where either could not be read. */
const same = (reading: StateReading | undefined): boolean | undefined => {
  const [one, other] = [reading?.before.values, reading?.after.values]
  if (one === undefined || other === undefined) return undefined
  const sorted = (values: readonly string[]) => JSON.stringify([...values].sort())
  return sorted(one) === sorted(other)
}

/** Why the readings of the state prove nothing; undefined where they do, or where there is no state. */
const doubtOfState = (observation: Observation): string | undefined => {
  const { operation, probe, state, controlState } = observation
  // What does not exist has no state.
  if (operation.readBack === undefined || probe.path === 'absent') return undefined
  if (same(state) === undefined) {
    return `the state could not be read back${becauseSubjectMissing(observation)}`
  }
  return same(controlState) === false
    ? undefined
    : 'the state read back does not show what the granted control did'
}

/** Headers that the documents require of a success and give to no refusal: their presence shows it ran. */
export const marksOfExecution = (operation: Operation, answer: Answered): string[] => {
  const required = operation.responses
    .filter(({ status }) => status < 400)
    .flatMap(({ headers }) => headers.filter((header) => header.required).map(({ name }) => name))
  return [...new Set(required)].filter((name) => name in answer.headers)
}

const openedBy = ({ admin, reserved, scopes }: Operation): string => {
  if (reserved) return ': no credential that is issued opens it'
  if (scopes.length > 0) return `: ${scopes.join(' or ')} opens it`
  return admin === 'grant' ? ': the admin token alone opens it' : ''
}

const REFUSALS = [401, 403]

/**
 * An answer on a reserved operation that is no refusal. There, no control can tell what is not served from
 * what everybody may use, since what is named does not exist; another credential's 403 can.
 */
function undecidedRefusal(observation: Observation, answer: Answered): Ruling {
  const seen = describe(answer)
  return observation.contrast
    ? fail(
        `${seen}, where another credential is refused with 403`,
        answer.status === 404 ? 'over-grant' : 'other',
      )
    : inconclusive(
        `${seen}: not served, or judged before the credential is; if the target does not serve it, name its API set under 'unsupported' in the config`,
      )
}

/**
 * A denial: the documented status and shape, from a credential alive before and after, beside a decisive
 * control, with the state unchanged. `violations` lists where the answer leaves the documented shape. Nobody
 * is granted a reserved operation, so it has no control.
 */
export function denial(
  observation: Observation,
  statuses: readonly number[],
  violations: readonly string[],
): Judgement {
  const { operation, control } = observation
  const expected = `${statuses.join(' or ')}${openedBy(operation)}`
  if (same(observation.state) === false) {
    const answered = succeeded(observation.answer) ? 'granted, and' : 'but it was done:'
    const ruling = fail(
      `${describe(observation.answer)}, ${answered} the state read back differs`,
      'over-grant',
    )
    return { ...ruling, expected, evidence: evidenceOf(observation) }
  }
  return decide(observation, expected, (answer) => {
    const seen = describe(answer)
    if (succeeded(answer)) return fail(`${seen}: granted`, 'over-grant')
    const marks = marksOfExecution(operation, answer)
    if (marks.length > 0) {
      return fail(`${seen}, but it ran: the answer carries ${marks.join(', ')}`, 'over-grant')
    }
    const doubt = doubtOfUse(observation)
    if (doubt !== undefined) return inconclusive(`${seen}; ${doubt}`)
    if (operation.reserved && !REFUSALS.includes(answer.status)) return undecidedRefusal(observation, answer)
    // A refusal is itself the contrast to a 404 that the control got.
    const contrast = observation.contrast || REFUSALS.includes(answer.status)
    if (!operation.reserved && !isDecisiveGrant({ ...observation, contrast }, control)) {
      const answered = control === undefined ? 'not sent' : describe(control)
      return inconclusive(
        `${seen}; the control with a granting credential did not decide (${answered})${becauseSubjectMissing(observation)}`,
      )
    }
    if (!statuses.includes(answer.status)) {
      return isDecisiveGrant(observation, answer)
        ? fail(`${seen}, past the scope: others are refused here with 403`, 'over-grant')
        : fail(seen)
    }
    if (violations.length > 0) return fail(`${seen}, not the documented refusal: ${violations.join('; ')}`)
    const blind = doubtOfState(observation)
    return blind === undefined ? pass(seen) : inconclusive(`${seen}; ${blind}`)
  })
}

/** Refused like for what exists: another answer would tell that it does not. */
export function disclosesNothing(observation: Observation, violations: readonly string[]): Judgement {
  const { answer, counterpart } = observation
  const isToldApart =
    answer.kind === 'answer' &&
    answer.status === 404 &&
    counterpart?.kind === 'answer' &&
    counterpart.status === 403
  return isToldApart
    ? {
        ...fail(`${describe(answer)}, where what exists is answered ${describe(counterpart)}`),
        expected: '403, as for what exists',
        evidence: evidenceOf(observation),
      }
    : denial(observation, [403], violations)
}

/** Answers that say "no such key" to whoever wants one issued. */
const isRefusalToIssue = (outcome: Outcome | undefined): outcome is Answered =>
  outcome?.kind === 'answer' &&
  outcome.status >= 400 &&
  outcome.status < 500 &&
  ![401, 408, 429].includes(outcome.status)

/** The judgement of a key that need not exist: refused where it was to be issued is as good as refused here. */
export function unlessNotIssued(
  observation: Observation,
  judged: (one: Observation) => Judgement,
): Judgement {
  const { issueRefused } = observation
  if (!isRefusalToIssue(issueRefused)) return judged(observation)
  return {
    ...pass(`no such key is issued: ${describe(issueRefused)}`),
    expected: 'a refusal, here or where the key is issued',
    evidence: evidenceOf(observation),
  }
}

/** Connections that end without an answer: how some servers treat what they will not read. */
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** Whether an answer shows what the granted control got, and not something of its own. */
function showsTheSame(answer: Answered, control: Outcome | undefined): boolean {
  if (control?.kind !== 'answer' || !succeeded(control)) return false
  const [shown, granted] = [answer.json, control.json]
  if (!isRecord(granted)) return control.text !== '' && answer.text === control.text
  const members = Object.keys(granted)
  return members.length > 0 && isRecord(shown) && members.every((member) => member in shown)
}

/** However a request is dressed up, a key that lacks the scope is not granted: any other answer will do. */
export function noWayAround(observation: Observation): Judgement {
  const { alive, answer, control, operation, probe } = observation
  const expected = `anything but a grant${openedBy(operation)}`
  const evidence = evidenceOf(observation)
  if (same(observation.state) === false) {
    return {
      ...fail(`${describe(answer)}, and the state read back differs`, 'over-grant'),
      expected,
      evidence,
    }
  }
  const proven = (seen: string): Ruling => {
    const doubt = doubtOfUse(observation)
    if (doubt !== undefined) return inconclusive(`${seen}; ${doubt}`)
    if (!isDecisiveGrant(observation, control)) {
      const answered = control === undefined ? 'not sent' : describe(control)
      return inconclusive(
        `${seen}; the control with a granting credential did not decide (${answered})${becauseSubjectMissing(observation)}`,
      )
    }
    const blind = doubtOfState(observation)
    return blind === undefined ? pass(seen) : inconclusive(`${seen}; ${blind}`)
  }
  if (answer.kind === 'silence' && CLOSED.has(answer.code) && alive?.after.state === 'alive') {
    return { ...proven('the connection was closed without an answer'), expected, evidence }
  }
  return decide(observation, expected, (given) => {
    const seen = describe(given)
    const marks = marksOfExecution(operation, given)
    if (marks.length > 0)
      return fail(`${seen}, and it ran: the answer carries ${marks.join(', ')}`, 'over-grant')
    const itself = probe.disguise !== undefined && disguiseOf(probe.disguise).answersItself === true
    if (succeeded(given) && (!itself || showsTheSame(given, control))) {
      return fail(`${seen}: granted`, 'over-grant')
    }
    return proven(seen)
  })
}

/** Somebody else's key is as absent as one that never was, and stays as it is. */
export function wall(observation: Observation, violations: readonly string[]): Judgement {
  const expected = '404, as if there were no such key'
  if (same(observation.state) === false) {
    const ruling = fail(`${describe(observation.answer)}, and the state read back differs`, 'over-grant')
    return { ...ruling, expected, evidence: evidenceOf(observation) }
  }
  return decide(observation, expected, (answer) => {
    const seen = describe(answer)
    if (succeeded(answer)) return fail(`${seen}: granted`, 'over-grant')
    if (!isDecisiveGrant(observation, observation.control)) {
      return inconclusive(
        `${seen}; its owner's own request did not decide${becauseSubjectMissing(observation)}`,
      )
    }
    if (answer.status !== 404) return fail(`${seen}: told from a key that does not exist`)
    if (violations.length > 0) return fail(`${seen}: ${violations.join('; ')}`)
    const blind = doubtOfState(observation)
    return blind === undefined ? pass(seen) : inconclusive(`${seen}; ${blind}`)
  })
}

/** The list of an owner who has been issued no key holds none. */
export const emptyList = (observation: Observation, pointer: string): Judgement =>
  decide(observation, 'no key of anybody else', (answer) => {
    const seen = describe(answer)
    if (!succeeded(answer)) return inconclusive(`${seen}: no list to look at`)
    const held = select(answer.json, pointer).length
    if (held > 0) return fail(`${seen} with ${held} keys of others`, 'over-grant')
    const { control } = observation
    const shown = control?.kind === 'answer' && select(control.json, pointer).length > 0
    return shown ? pass(`${seen}, empty`) : inconclusive(`${seen}; the owner is not shown its own key either`)
  })

/** A list holds the functions that the key reaches, and no other. */
export function filtered(observation: Observation): Judgement {
  const { control, functionId, operation, probe, reached } = observation
  const { resources } = operation
  const reach = probe.credential.kind === 'key' ? probe.credential.reach : undefined
  const expected = reach === 'none' ? 'an empty list' : 'the one function that the key reaches'
  return decide(observation, expected, (answer) => {
    const seen = describe(answer)
    if (answer.status === 401 || answer.status === 403) {
      const doubt = doubtOfLife(observation)
      return doubt === undefined ? fail(`${seen}: refused`, 'under-grant') : inconclusive(`${seen}; ${doubt}`)
    }
    if (!succeeded(answer) || resources?.use !== 'filtered')
      return inconclusive(`${seen}: no list to look at`)
    const listed = (outcome: Outcome | undefined) =>
      outcome?.kind === 'answer' ? select(outcome.json, resources.pointer) : []
    if (functionId === undefined || !listed(control).includes(functionId)) {
      return inconclusive(`${seen}; a key without limits is not shown the function either`)
    }
    const ids = listed(answer)
    const beyond = ids.filter((id) => id !== reached).length
    if (beyond > 0) return fail(`${seen} with ${beyond} functions beyond its resources`, 'over-grant')
    if (reach === 'own' && ids.length === 0) return fail(`${seen} without that function`, 'under-grant')
    return pass(`${seen}, ${ids.length === 0 ? 'empty' : 'with that function'}`)
  })
}

/** What strangers may do is told, with what follows from it. */
export const guarded = (observation: Observation): Judgement =>
  decide(
    observation,
    'nothing that a stranger can use: a refusal, or a Host that operators alone reach',
    (answer) => {
      const seen = describe(answer)
      if (REFUSALS.includes(answer.status)) return pass(seen)
      if (!succeeded(answer)) return inconclusive(`${seen}: neither granted nor denied`)
      return fail(`${seen} without a credential: ${observation.operation.exposure ?? 'anybody may do it'}`)
    },
  )

/** A grant: a success, or an answer that only an authorized request can get. */
export function grant(observation: Observation): Judgement {
  return decide(observation, 'granted: a documented success', (answer) => {
    const seen = describe(answer)
    if (isDecisiveGrant(observation, answer)) return pass(seen)
    if (answer.status === 401 || answer.status === 403) {
      const doubt = doubtOfLife(observation)
      return doubt === undefined ? fail(`${seen}: refused`, 'under-grant') : inconclusive(`${seen}; ${doubt}`)
    }
    const { control, operation } = observation
    if (answer.status === 409) return inconclusive(`${seen}: in conflict with what is there`)
    if (answer.status === 404 && operation.subject === 'request') {
      return inconclusive(`${seen}: the request may have ended`)
    }
    if (control !== undefined && isDecisiveGrant(observation, control)) {
      return fail(`${seen}, where another granting credential got ${describe(control)}`, 'under-grant')
    }
    return inconclusive(`${seen}: neither granted nor denied${becauseSubjectMissing(observation)}`)
  })
}

/** A refusal of a key that is not known to work says nothing of the path. */
const refusedUnproven = (observation: Observation, answer: Answered): string | undefined =>
  answer.status === 401 || answer.status === 403 ? doubtOfUse(observation) : undefined

/** A path that nobody documents answers 404, whoever asks. */
export function absence(observation: Observation): Judgement {
  return notFound(observation, [], '404: no such path')
}

/** A resource that does not exist answers 404 in the documented shape. */
export function notFound(
  observation: Observation,
  violations: readonly string[],
  expected = '404 in the documented error shape',
): Judgement {
  return decide(observation, expected, (answer) => {
    const seen = describe(answer)
    const doubt = refusedUnproven(observation, answer)
    if (doubt !== undefined) return inconclusive(`${seen}; ${doubt}`)
    if (answer.status !== 404) return fail(seen)
    return violations.length > 0 ? fail(`${seen}: ${violations.join('; ')}`) : pass(seen)
  })
}

/** A documented success: nothing less shows what a granted request gets. */
const isSuccess = (operation: Operation, answer: Answered): boolean =>
  succeeded(answer) || (answer.status < 400 && successStatuses(operation).includes(answer.status))

/** The documented path is served: a granted request gets further than the routing table. */
export function presence(observation: Observation): Judgement {
  return decide(observation, 'the documented path answers', (answer) => {
    const seen = describe(answer)
    if (isSuccess(observation.operation, answer)) return pass(seen)
    const { operation, subject } = observation
    const unserved = answer.status === 405 || (answer.status === 404 && subject === 'existing')
    // What the documents say too little of may be named in vain.
    const isNamed = operation.subject !== 'request' && operation.tentative === undefined
    if (unserved && isNamed) return fail(`${seen}: not served`)
    return inconclusive(`${seen}${becauseSubjectMissing(observation)}`)
  })
}

/** The status of a granted request is one that the documents give the operation. */
export function documentedStatus(observation: Observation): Judgement {
  const documented = successStatuses(observation.operation)
  return decide(observation, `one of ${documented.join(', ')}`, (answer) => {
    const seen = describe(answer)
    if (documented.includes(answer.status)) return pass(seen)
    if (answer.status < 400 || answer.status >= 500)
      return fail(`${seen}: not documented for a granted request`)
    return inconclusive(`${seen}: no granted answer to examine${becauseSubjectMissing(observation)}`)
  })
}

/** A granted change shows where its state is read back. */
export function takesEffect(observation: Observation): Judgement {
  return decide(observation, 'the change, in the state read back', (answer) => {
    const seen = describe(answer)
    if (!succeeded(answer)) {
      return inconclusive(`${seen}: no granted answer to examine${becauseSubjectMissing(observation)}`)
    }
    const unchanged = same(observation.state)
    if (unchanged === undefined) return inconclusive(`${seen}; the state could not be read back`)
    return unchanged ? fail(`${seen}, but the state read back is as before`) : pass(seen)
  })
}

/** A granted answer, examined by a rule that lists what is wrong with it. */
export function judgeAnswer(
  observation: Observation,
  expected: string,
  rule: (answer: Answered) => readonly string[],
): Judgement {
  return decide(observation, expected, (answer) => {
    const seen = describe(answer)
    if (!isSuccess(observation.operation, answer)) {
      return inconclusive(`${seen}: no granted answer to examine${becauseSubjectMissing(observation)}`)
    }
    const violations = rule(answer)
    return violations.length > 0 ? fail(`${seen}: ${violations.join('; ')}`) : pass(seen)
  })
}

/** A granted answer, held against one part of the contract. */
export const conformingAnswer = (
  observation: Observation,
  expected: string,
  rule: (operation: Operation, answer: Outcome) => readonly string[],
): Judgement => judgeAnswer(observation, expected, (answer) => rule(observation.operation, answer))
