import { describe, expect, test } from 'vitest'
import type { Operation } from '../openapi/contract.js'
import type { Answered, Credential, Liveness, Observation, Outcome, PathForm, Snapshot } from './model.js'
import {
  absence,
  denial,
  disclosesNothing,
  documentedStatus,
  emptyList,
  filtered,
  grant,
  guarded,
  type Judgement,
  judgeAnswer,
  notFound,
  noWayAround,
  presence,
  takesEffect,
  unlessNotIssued,
  wall,
} from './verdict.js'

const READS: Operation = {
  id: 'GET /v2/nvcf/things/{thingId}',
  operationId: 'getThing',
  method: 'GET',
  path: '/v2/nvcf/things/{thingId}',
  service: 'api',
  hostLabels: [],
  apiSet: 'Things',
  summary: '',
  scopes: ['read_things'],
  tokenScopes: [],
  keyKind: 'apiKey',
  admin: 'grant',
  public: false,
  reserved: false,
  effect: 'none',
  answersSecret: false,
  subject: 'function',
  parameters: [],
  responses: [
    { status: 200, content: { 'application/json': {} }, headers: [] },
    { status: 302, content: {}, headers: [] },
    { status: 404, content: {}, headers: [] },
  ],
}

const CHANGES: Operation = {
  ...READS,
  id: 'DELETE /v2/nvcf/things/{thingId}',
  method: 'DELETE',
  effect: 'delete',
  readBack: { operation: READS.id, pointer: '/thing/id' },
  responses: [{ status: 204, content: {}, headers: [] }],
}

const { readBack: _shown, ...UNSHOWN } = CHANGES
const UNREADABLE: Operation = { ...UNSHOWN, unreadable: 'no operation shows it' }

const RUNS: Operation = {
  ...READS,
  id: 'POST /v2/nvcf/things/{thingId}',
  method: 'POST',
  effect: 'invoke',
  responses: [
    { status: 200, content: {}, headers: [{ name: 'nvcf-reqid', required: true, schema: {} }] },
    { status: 403, content: {}, headers: [] },
  ],
}

/** Nobody is granted it, and what it changes can be read nowhere. */
const RESERVED: Operation = {
  ...READS,
  id: 'DELETE /v2/nvcf/accounts/{ncaId}',
  method: 'DELETE',
  scopes: [],
  admin: 'silent',
  reserved: true,
  effect: 'delete',
  unreadable: 'what it names does not exist',
}

const POLLS: Operation = { ...READS, subject: 'request' }

const answer = (status: number, headers: Record<string, string> = {}): Answered => ({
  kind: 'answer',
  status,
  headers,
  text: '',
  exchange: `x${status}`,
})

const json = (status: number, body: unknown): Answered => ({
  ...answer(status, { 'content-type': 'application/json' }),
  text: JSON.stringify(body),
  json: body,
})

const closed = (code: string): Outcome => ({ kind: 'silence', why: 'closed', code, exchange: 'x0' })
const SILENCE: Outcome = { kind: 'silence', why: 'timed out', code: 'T', exchange: 'x0' }
const life = (state: Liveness['state'], witness: Liveness['witness'] = 'operation'): Liveness => ({
  state,
  witness,
  exchange: `l-${state}`,
})
const shows = (...values: string[]): Snapshot => ({ values, exchange: 's' })

interface Facts {
  readonly operation?: Operation
  readonly answer?: Outcome
  readonly credential?: Credential
  readonly before?: Liveness['state']
  readonly after?: Liveness['state']
  readonly control?: Outcome | null
  readonly subject?: Observation['subject']
  readonly contrast?: boolean
  readonly state?: readonly [Snapshot, Snapshot]
  /** The state that the control left; by default another one. */
  readonly controlled?: Snapshot
  readonly witness?: Liveness['witness']
  readonly path?: PathForm
  readonly disguise?: string
  readonly functionId?: string
  readonly issueRefused?: Outcome
  readonly counterpart?: Outcome
}

/** A denial of a key that has everything in order, but for what the case says. */
const observed = (facts: Facts): Observation => {
  const {
    state,
    control = answer(200),
    credential = { kind: 'key', keyKind: 'apiKey', scopes: ['other'] },
  } = facts
  return {
    operation: facts.operation ?? READS,
    probe: {
      credential,
      path: facts.path ?? 'documented',
      expects: 'denial',
      ...(facts.disguise !== undefined && { disguise: facts.disguise }),
    },
    answer: facts.answer ?? answer(403),
    subject: facts.subject ?? 'existing',
    ...(credential.kind === 'key' && {
      alive: { before: life(facts.before ?? 'alive', facts.witness), after: life(facts.after ?? 'alive') },
    }),
    ...(control !== null && { control }),
    contrast: facts.contrast ?? false,
    ...(state && {
      state: { before: state[0], after: state[1] },
      controlState: { before: state[1], after: facts.controlled ?? shows('changed') },
    }),
    sent: { headers: {} },
    keyValues: [],
    ...(facts.functionId !== undefined && { functionId: facts.functionId }),
    ...(facts.counterpart && { counterpart: facts.counterpart }),
    ...(facts.issueRefused && { issueRefused: facts.issueRefused }),
  }
}

type Verdict = Judgement['verdict']
const THERE = shows('1')

const DENIALS: readonly [string, Facts, Verdict][] = [
  ['everything in order', {}, 'pass'],
  ['no positive control', { control: null }, 'inconclusive'],
  ['a throttled control', { control: answer(429) }, 'inconclusive'],
  ['a control that was refused as well', { control: answer(403) }, 'inconclusive'],
  ['a control that fell silent', { control: SILENCE }, 'inconclusive'],
  ['a control redirected as documented', { control: answer(302) }, 'pass'],
  ['a control redirected as nobody documents', { control: answer(301) }, 'inconclusive'],
  ['a 404 control for a thing that exists', { control: answer(404) }, 'inconclusive'],
  [
    'a 404 control for nothing, others refused',
    { control: answer(404), subject: 'absent', contrast: true },
    'pass',
  ],
  [
    'a 404 control for nothing, where this one is refused',
    { control: answer(404), subject: 'absent' },
    'pass',
  ],
  [
    'a 404 for nothing, like the control',
    { answer: answer(404), control: answer(404), subject: 'absent' },
    'inconclusive',
  ],
  ['a key dead before', { before: 'dead' }, 'inconclusive'],
  ['a key dead after', { after: 'dead' }, 'inconclusive'],
  ['a key of unknown life', { after: 'unknown' }, 'inconclusive'],
  ['granted', { answer: answer(200) }, 'fail'],
  ['granted to a key thought dead', { answer: answer(200), before: 'dead' }, 'fail'],
  ['401', { answer: answer(401) }, 'fail'],
  ['401 to a key that died', { answer: answer(401), after: 'dead' }, 'inconclusive'],
  ['404 where the control succeeds', { answer: answer(404) }, 'fail'],
  ['404 where the control gets it too', { answer: answer(404), control: answer(404) }, 'inconclusive'],
  ['400 where the identical request succeeds', { answer: answer(400) }, 'fail'],
  ['400 where the control gets it too', { answer: answer(400), control: answer(400) }, 'inconclusive'],
  ['a redirect', { answer: answer(302) }, 'fail'],
  ['500', { answer: answer(500) }, 'fail'],
  ['429', { answer: answer(429) }, 'inconclusive'],
  ['503', { answer: answer(503) }, 'inconclusive'],
  ['silence', { answer: SILENCE }, 'inconclusive'],
  ['state unchanged', { operation: CHANGES, state: [THERE, THERE] }, 'pass'],
  ['state in another order', { operation: CHANGES, state: [shows('1', '2'), shows('2', '1')] }, 'pass'],
  ['state changed', { operation: CHANGES, state: [THERE, shows()] }, 'fail'],
  ['state changed, and silence', { operation: CHANGES, state: [THERE, shows()], answer: SILENCE }, 'fail'],
  ['state changed, key dead', { operation: CHANGES, state: [THERE, shows()], after: 'dead' }, 'fail'],
  ['a blind reading', { operation: CHANGES, state: [shows(), shows()], controlled: shows() }, 'inconclusive'],
  [
    'a control whose state is unreadable',
    { operation: CHANGES, state: [THERE, THERE], controlled: {} },
    'inconclusive',
  ],
  ['a key that only its issuer vouches for', { witness: 'issuer-alone' }, 'inconclusive'],
  ['a key that opens nothing, alive at its issuer', { witness: 'issuer' }, 'pass'],
  ['state unreadable after', { operation: CHANGES, state: [THERE, {}] }, 'inconclusive'],
  ['state never read', { operation: CHANGES }, 'inconclusive'],
  ['a refusal that ran', { operation: RUNS, answer: answer(403, { 'nvcf-reqid': 'r' }) }, 'fail'],
  ['a refusal that did not run', { operation: RUNS }, 'pass'],
  ['a change that no operation shows', { operation: UNREADABLE }, 'pass'],
  ['reserved: refused, with no control to be had', { operation: RESERVED, control: null }, 'pass'],
  ['reserved: a dead key', { operation: RESERVED, control: null, before: 'dead' }, 'inconclusive'],
  ['reserved: granted', { operation: RESERVED, control: null, answer: answer(200) }, 'fail'],
  ['reserved: 401 to a live key', { operation: RESERVED, control: null, answer: answer(401) }, 'fail'],
  ['reserved: 404 to all', { operation: RESERVED, control: null, answer: answer(404) }, 'inconclusive'],
  [
    'reserved: 404 where another key is refused',
    { operation: RESERVED, control: null, answer: answer(404), contrast: true },
    'fail',
  ],
]

describe('denial', () => {
  test.each(DENIALS)('%s', (_name, facts, verdict) => {
    expect(denial(observed(facts), [403], []).verdict).toBe(verdict)
  })

  test('another shape than the documented one is a failure that says which', () => {
    const judgement = denial(
      observed({}),
      [403],
      ['text/html where the documents say application/problem+json'],
    )
    expect(judgement).toMatchObject({ verdict: 'fail', observed: expect.stringContaining('text/html') })
  })

  test('without a credential 401 is due, and no key has to live', () => {
    const credential = { kind: 'none' } as const
    expect(denial(observed({ credential, answer: answer(401) }), [401], []).verdict).toBe('pass')
    expect(denial(observed({ credential, answer: answer(403) }), [401], []).verdict).toBe('fail')
  })

  test('the evidence names each fact once, in the order in which it was sent', () => {
    const { evidence } = denial(observed({ operation: CHANGES, state: [THERE, THERE] }), [403], [])
    expect(evidence).toEqual([
      { role: 'alive-before', exchange: 'l-alive', shows: 'alive' },
      { role: 'state-before', exchange: 's' },
      { role: 'answer', exchange: 'x403' },
      { role: 'state-after', exchange: 's' },
      { role: 'alive-after', exchange: 'l-alive', shows: 'alive' },
      { role: 'control', exchange: 'x200' },
      { role: 'state-after-control', exchange: 's' },
    ])
  })
})

const GRANTS: readonly [string, Facts, Verdict][] = [
  ['a success', { answer: answer(200) }, 'pass'],
  ['an undocumented success is still a grant', { answer: answer(201) }, 'pass'],
  ['a documented redirect', { answer: answer(302) }, 'pass'],
  ['a redirect that nobody documents', { answer: answer(301), control: null }, 'inconclusive'],
  ['refused', { answer: answer(403) }, 'fail'],
  ['not recognised', { answer: answer(401) }, 'fail'],
  ['refused, the key dead', { answer: answer(403), after: 'dead' }, 'inconclusive'],
  ['404 for nothing, others refused', { answer: answer(404), subject: 'absent', contrast: true }, 'pass'],
  [
    '404 for nothing, nobody refused',
    { answer: answer(404), subject: 'absent', control: null },
    'inconclusive',
  ],
  ['404 for a thing that another credential gets', { answer: answer(404) }, 'fail'],
  ['404 for everybody', { answer: answer(404), control: answer(404) }, 'inconclusive'],
  ['400 for everybody', { answer: answer(400), control: answer(400) }, 'inconclusive'],
  ['500 where another credential succeeds', { answer: answer(500) }, 'fail'],
  ['refused, vouched for by its issuer', { answer: answer(403), witness: 'issuer-alone' }, 'fail'],
  ['a conflict', { answer: answer(409) }, 'inconclusive'],
  ['404 for a request that may have ended', { operation: POLLS, answer: answer(404) }, 'inconclusive'],
  ['429', { answer: answer(429) }, 'inconclusive'],
  ['silence', { answer: SILENCE }, 'inconclusive'],
]

test.each(GRANTS)('grant: %s', (_name, facts, verdict) => {
  expect(grant(observed(facts)).verdict).toBe(verdict)
})

const ABSENCES: readonly [number, Verdict][] = [
  [404, 'pass'],
  [200, 'fail'],
  [301, 'fail'],
  [403, 'fail'],
  [405, 'fail'],
  [500, 'fail'],
  [429, 'inconclusive'],
  [503, 'inconclusive'],
]

test.each(ABSENCES)('absence: %s is %s', (status, verdict) => {
  expect(absence(observed({ answer: answer(status) })).verdict).toBe(verdict)
  expect(notFound(observed({ answer: answer(status) }), []).verdict).toBe(verdict)
})

test('a refusal of a key that is not known to work says nothing of the path', () => {
  const facts = { answer: answer(403), witness: 'issuer-alone' } as const
  expect(absence(observed(facts)).verdict).toBe('inconclusive')
  expect(notFound(observed(facts), []).verdict).toBe('inconclusive')
})

test('a 404 in another shape is no documented 404', () => {
  expect(notFound(observed({ answer: answer(404) }), ['/status must be integer']).verdict).toBe('fail')
})

const PRESENCES: readonly [string, Facts, Verdict][] = [
  ['a success', { answer: answer(200) }, 'pass'],
  ['404 for a thing that exists', { answer: answer(404) }, 'fail'],
  ['405', { answer: answer(405) }, 'fail'],
  ['a documented redirect', { answer: answer(302) }, 'pass'],
  ['a redirect that nobody documents', { answer: answer(301) }, 'inconclusive'],
  [
    '404 for nothing, others refused',
    { answer: answer(404), subject: 'absent', contrast: true },
    'inconclusive',
  ],
  ['404 for a request that may have ended', { operation: POLLS, answer: answer(404) }, 'inconclusive'],
  ['refused', { answer: answer(403) }, 'inconclusive'],
  ['502', { answer: answer(502) }, 'inconclusive'],
]

test.each(PRESENCES)('presence: %s', (_name, facts, verdict) => {
  expect(presence(observed(facts)).verdict).toBe(verdict)
})

const STATUSES: readonly [string, Facts, Verdict][] = [
  ['documented', { answer: answer(200) }, 'pass'],
  ['an undocumented success', { answer: answer(201) }, 'fail'],
  ['500', { answer: answer(500) }, 'fail'],
  ['502', { answer: answer(502) }, 'inconclusive'],
  ['refused', { answer: answer(403) }, 'inconclusive'],
  ['404 for nothing', { answer: answer(404), subject: 'absent', contrast: true }, 'inconclusive'],
]

test.each(STATUSES)('documented status: %s', (_name, facts, verdict) => {
  expect(documentedStatus(observed(facts)).verdict).toBe(verdict)
})

const EFFECTS: readonly [string, Facts, Verdict][] = [
  ['the change shows', { answer: answer(204), state: [THERE, shows()] }, 'pass'],
  ['nothing shows', { answer: answer(204), state: [THERE, THERE] }, 'fail'],
  ['the state cannot be read', { answer: answer(204), state: [THERE, {}] }, 'inconclusive'],
  ['the change was refused', { answer: answer(403), state: [THERE, THERE] }, 'inconclusive'],
]

test.each(EFFECTS)('effect: %s', (_name, facts, verdict) => {
  expect(takesEffect(observed({ operation: CHANGES, ...facts })).verdict).toBe(verdict)
})

test('a rule is asked of granted answers only', () => {
  const rule = () => ['wrong']
  expect(judgeAnswer(observed({ answer: answer(200) }), 'right', rule)).toMatchObject({
    verdict: 'fail',
    expected: 'right',
    observed: '200: wrong',
  })
  expect(judgeAnswer(observed({ answer: answer(200) }), 'right', () => []).verdict).toBe('pass')
  expect(judgeAnswer(observed({ answer: answer(403) }), 'right', rule).verdict).toBe('inconclusive')
  expect(judgeAnswer(observed({ answer: SILENCE }), 'right', rule).verdict).toBe('inconclusive')
})

test('what does not exist has no state to read back', () => {
  expect(denial(observed({ operation: CHANGES, path: 'absent' }), [403], []).verdict).toBe('pass')
})

const ABSENT_SEEN = { path: 'absent', subject: 'absent', contrast: true } as const

test.each([
  ['granted', { answer: answer(200) }, 'over-grant'],
  ['carried out', { operation: CHANGES, state: [THERE, shows()] }, 'over-grant'],
  ['run all the same', { operation: RUNS, answer: answer(403, { 'nvcf-reqid': 'r' }) }, 'over-grant'],
  ['refused in other words', { answer: answer(404) }, 'other'],
  ['let through to nothing', { ...ABSENT_SEEN, answer: answer(404), control: answer(404) }, 'over-grant'],
] as const)('a denial that fails says how: %s', (_name, facts, deviation) => {
  expect(denial(observed(facts), [403], [])).toMatchObject({ verdict: 'fail', deviation })
})

test('a grant that fails is an under-grant', () => {
  expect(grant(observed({ answer: answer(403) })).deviation).toBe('under-grant')
  expect(grant(observed({ answer: answer(500) })).deviation).toBe('under-grant')
})

const NOT_ISSUED: readonly [string, Facts, Verdict][] = [
  ['refused at issue', { answer: SILENCE, issueRefused: answer(400) }, 'pass'],
  ['throttled at issue', { answer: SILENCE, issueRefused: answer(429) }, 'inconclusive'],
  ['no answer at issue', { answer: SILENCE, issueRefused: SILENCE }, 'inconclusive'],
  ['trouble at issue', { answer: SILENCE, issueRefused: answer(500) }, 'inconclusive'],
  ['issued and refused', {}, 'pass'],
  ['issued and granted', { answer: answer(200) }, 'fail'],
]

test.each(NOT_ISSUED)('a key that should not exist: %s', (_name, facts, verdict) => {
  expect(unlessNotIssued(observed(facts), (one) => denial(one, [403], [])).verdict).toBe(verdict)
})

const LISTED = json(200, { things: [] })
const WAYS: readonly [string, Facts, Verdict][] = [
  ['403', { disguise: 'trailing-slash' }, 'pass'],
  ['401', { disguise: 'trailing-slash', answer: answer(401) }, 'pass'],
  ['400 in HTML', { disguise: 'absolute-form', answer: answer(400) }, 'pass'],
  ['404', { disguise: 'path-case', answer: answer(404) }, 'pass'],
  ['a redirect', { disguise: 'double-slash', answer: answer(308) }, 'pass'],
  ['500', { disguise: 'double-slash', answer: answer(500) }, 'pass'],
  ['200', { disguise: 'trailing-slash', answer: answer(200) }, 'fail'],
  ['204', { disguise: 'head', answer: answer(204) }, 'fail'],
  ['429', { disguise: 'head', answer: answer(429) }, 'inconclusive'],
  ['503', { disguise: 'head', answer: answer(503) }, 'inconclusive'],
  ['silence', { disguise: 'head', answer: SILENCE }, 'inconclusive'],
  ['the connection closed', { disguise: 'doubled-authorization', answer: closed('UND_ERR_SOCKET') }, 'pass'],
  [
    'the connection closed, and the key dead',
    { disguise: 'doubled-authorization', answer: closed('ECONNRESET'), after: 'dead' },
    'inconclusive',
  ],
  ['the connection refused', { disguise: 'head', answer: closed('ECONNREFUSED') }, 'inconclusive'],
  ['a dead key', { disguise: 'head', before: 'dead' }, 'inconclusive'],
  ['no control', { disguise: 'head', control: null }, 'inconclusive'],
  ['OPTIONS answered by itself', { disguise: 'options', answer: answer(200), control: LISTED }, 'pass'],
  ['OPTIONS answered like the GET', { disguise: 'options', answer: LISTED, control: LISTED }, 'fail'],
  [
    'a page of another Host',
    { disguise: 'other-host', answer: json(200, { ok: 1 }), control: LISTED },
    'pass',
  ],
  ['the list under another Host', { disguise: 'other-host', answer: LISTED, control: LISTED }, 'fail'],
  ['state changed', { disguise: 'options', operation: CHANGES, state: [THERE, shows()] }, 'fail'],
  ['state unchanged', { disguise: 'options', operation: CHANGES, state: [THERE, THERE] }, 'pass'],
  ['state never read', { disguise: 'options', operation: CHANGES }, 'inconclusive'],
  [
    'a refusal that ran',
    { disguise: 'options', operation: RUNS, answer: answer(403, { 'nvcf-reqid': 'r' }) },
    'fail',
  ],
]

test.each(WAYS)('no way around: %s', (_name, facts, verdict) => {
  expect(noWayAround(observed(facts)).verdict).toBe(verdict)
})

const ABSENT = { path: 'absent', subject: 'absent' } as const
const HIDDEN: readonly [string, Facts, Verdict][] = [
  ['403 for both', { counterpart: answer(403), control: answer(404) }, 'pass'],
  ['404, 403 for what exists', { answer: answer(404), counterpart: answer(403) }, 'fail'],
  ['404 for all', { answer: answer(404), control: answer(404) }, 'inconclusive'],
  ['200', { answer: answer(200) }, 'fail'],
]

test.each(HIDDEN)('absence: %s', (_name, facts, verdict) => {
  expect(disclosesNothing(observed({ ...ABSENT, ...facts }), []).verdict).toBe(verdict)
})

test('a stranger who is refused shows that a 404 is not for everybody', () => {
  const facts = {
    ...ABSENT,
    credential: { kind: 'none' },
    answer: answer(401),
    control: answer(404),
  } as const
  expect(denial(observed(facts), [401], []).verdict).toBe('pass')
})

const NOBODY = { kind: 'none' } as const
const WALLS: readonly [string, Facts, Verdict][] = [
  ['404', { answer: answer(404) }, 'pass'],
  ['200', { answer: answer(200) }, 'fail'],
  ['403', { answer: answer(403) }, 'fail'],
  ['404 to its owner too', { answer: answer(404), control: answer(404) }, 'inconclusive'],
  ['silence', { answer: SILENCE }, 'inconclusive'],
  ['404, and revoked', { operation: CHANGES, answer: answer(404), state: [THERE, shows()] }, 'fail'],
  ['404, and still there', { operation: CHANGES, answer: answer(404), state: [THERE, THERE] }, 'pass'],
  ['404, and nobody knows', { operation: CHANGES, answer: answer(404) }, 'inconclusive'],
]

test.each(WALLS)('wall: %s', (_name, facts, verdict) => {
  expect(wall(observed({ credential: NOBODY, path: 'other-owner', ...facts }), []).verdict).toBe(verdict)
})

test('a wall that answers in another shape tells the key from one that does not exist', () => {
  const facts = { credential: NOBODY, answer: answer(404) }
  expect(wall(observed(facts), ['/status must be integer']).verdict).toBe('fail')
})

const OWN_KEYS = json(200, { keys: [{ id: '1' }] })
test.each([
  ['nothing', json(200, { keys: [] }), OWN_KEYS, 'pass'],
  ['nothing, like its owner', json(200, { keys: [] }), json(200, { keys: [] }), 'inconclusive'],
  ['a key', OWN_KEYS, OWN_KEYS, 'fail'],
  ['an error', answer(500), OWN_KEYS, 'inconclusive'],
] as const)('a stranger asks for the list of keys: %s', (_name, given, control, verdict) => {
  expect(emptyList(observed({ answer: given, control }), '/keys/*').verdict).toBe(verdict)
})

const LISTS: Operation = { ...READS, resources: { use: 'filtered', pointer: '/functions/*/id' } }
const list = (...ids: string[]): Answered => json(200, { functions: ids.map((id) => ({ id })) })
const REACHED = { own: 'f', other: 'g', none: undefined }
const FILTERS: readonly ['own' | 'other' | 'none', string, Facts, Verdict][] = [
  ['own', 'that function', { answer: list('f', 'f') }, 'pass'],
  ['own', 'more', { answer: list('f', 'g') }, 'fail'],
  ['own', 'nothing', { answer: list() }, 'fail'],
  ['own', 'refused', { answer: answer(403) }, 'fail'],
  ['other', 'nothing', { answer: list() }, 'pass'],
  ['other', 'the other one', { answer: list('g') }, 'pass'],
  ['other', 'that function', { answer: list('f') }, 'fail'],
  ['none', 'nothing', { answer: list() }, 'pass'],
  ['none', 'that function', { answer: list('f') }, 'fail'],
  ['none', 'refused, the key dead', { answer: answer(403), after: 'dead' }, 'inconclusive'],
  ['none', 'nothing, like everybody', { answer: list(), control: list() }, 'inconclusive'],
  ['own', 'an error', { answer: answer(500) }, 'inconclusive'],
]

test.each(FILTERS)('a list to a key that reaches %s: %s', (reach, _name, facts, verdict) => {
  const credential = { kind: 'key', keyKind: 'apiKey', scopes: ['read_things'], reach } as const
  const seen = observed({ operation: LISTS, credential, control: list('f', 'g'), functionId: 'f', ...facts })
  const reached = REACHED[reach]
  expect(filtered({ ...seen, ...(reached !== undefined && { reached }) }).verdict).toBe(verdict)
})

test.each([
  [200, 'fail'],
  [401, 'pass'],
  [403, 'pass'],
  [404, 'inconclusive'],
] as const)('a key operation without a credential: %s is %s', (status, verdict) => {
  const seen = observed({
    credential: NOBODY,
    answer: answer(status),
    operation: { ...READS, exposure: 'ruin' },
  })
  expect(guarded(seen)).toMatchObject({
    verdict,
    ...(verdict === 'fail' && { observed: expect.stringContaining('ruin') }),
  })
})
