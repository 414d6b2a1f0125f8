import { describe, expect, test } from 'vitest'
import type { Outcome, Part, Reading, Scene, Story } from './model.js'
import { expires, expiryDemanded, sparesOthers, takesHold } from './story-verdict.js'
import type { Judgement } from './verdict.js'

const HERE = 'GET /v2/nvcf/functions'
const THERE = 'GET /v2/nvcf/pexec/status/{requestId}'
const DUE_MS = 10_000
const BOUND_MS = 5000
/** Between sending and answer. */
const TURN_MS = 10

let exchanges = 0
const answer = (status: number): Outcome => ({
  ...{ kind: 'answer', status, headers: {}, text: '', exchange: `x${++exchanges}` },
})
const silence = (): Outcome => ({ kind: 'silence', why: 'timed out', code: 'T', exchange: `x${++exchanges}` })

const STATUS: Readonly<Record<Reading, number>> = { 'let in': 200, refused: 403, undecided: 429 }
const SIGNS: Readonly<Record<string, Reading>> = { '+': 'let in', '-': 'refused', '?': 'undecided' }

interface Tries {
  readonly part?: Part
  readonly on?: string
  readonly awaited?: Reading
  /** When the first was sent, and the pause after each. */
  readonly from?: number
  readonly every?: number
}

/** Tries in short: `++-` is let in twice, then refused; `?` decides nothing. */
function tries(
  signs: string,
  { part = 'after', on = HERE, awaited, from = DUE_MS, every = 500 }: Tries = {},
) {
  return [...signs].map((sign, index): Scene => {
    const reading = SIGNS[sign] ?? 'undecided'
    const sentMs = from + index * every
    const tried = { on, reading, ...(part === 'after' && { awaited: awaited ?? ('refused' as const) }) }
    return { part, step: 'try', tried, outcome: answer(STATUS[reading]), sentMs, atMs: sentMs + TURN_MS }
  })
}

const BEFORE = { part: 'before', from: 1000 } as const

const step = (part: Part, outcome: Outcome): Scene => ({
  part,
  step: part,
  outcome,
  sentMs: 0,
  atMs: TURN_MS,
})

const storyOf = (scenes: readonly Scene[], rest: Partial<Story> = {}): Story => ({
  scenes,
  boundMs: BOUND_MS,
  due: { earliestMs: DUE_MS, latestMs: DUE_MS },
  unwatched: [],
  ...rest,
})

type Verdict = Judgement['verdict']
type Row = readonly [name: string, story: Story, verdict: Verdict, says: RegExp, ms?: number]

const alive = tries('+++', BEFORE)
const { due: _due, ...undue } = storyOf(alive)

describe('a change takes hold', () => {
  const late = { from: DUE_MS + BOUND_MS + 1 }
  const rows: readonly Row[] = [
    ['refused from the first try on', storyOf([...alive, ...tries('---')]), 'pass', /first try/, 0],
    ['let in for a while', storyOf([...alive, ...tries('++---')]), 'pass', /0\.5 s/, 500],
    ['flapping, then refused', storyOf([...alive, ...tries('-+-+---')]), 'pass', /1\.5 s/, 1500],
    ['silences and throttling are neither', storyOf([...alive, ...tries('+-?-??-')]), 'pass', /refused/, 0],
    ['refused twice only', storyOf([...alive, ...tries('++--')]), 'inconclusive', /not settled/],
    ['nothing decided', storyOf([...alive, ...tries('??????')]), 'inconclusive', /6 tries, of which 6/],
    [
      'let in after the bound',
      storyOf([...alive, ...tries('+', late)]),
      'fail',
      /still let in/,
      BOUND_MS + 1,
    ],
    [
      'refused long ago, then let in',
      storyOf([...alive, ...tries('---'), ...tries('+', late)]),
      'fail',
      /still/,
    ],
    [
      'refused only after the bound, and not known when',
      storyOf([...alive, ...tries('+'), ...tries('---', late)]),
      'inconclusive',
      /about at the bound/,
    ],
    [
      'sent within the bound and answered after it',
      storyOf([...alive, ...tries('+', { from: DUE_MS + BOUND_MS - 1 }), ...tries('---', late)]),
      'inconclusive',
      /about at the bound/,
    ],
    [
      'dead before',
      storyOf([...tries('+--', BEFORE), ...tries('---')]),
      'inconclusive',
      /nothing could change/,
    ],
    ['never alive', storyOf(tries('---')), 'inconclusive', /not tried there/],
    ['never changed', { ...undue, missing: 'the run was interrupted' }, 'inconclusive', /interrupted/],
    [
      'interrupted meanwhile',
      storyOf([...alive, ...tries('+')], { missing: 'the run was interrupted' }),
      'inconclusive',
      /interrupted/,
    ],
    [
      'interrupted once it was settled',
      storyOf([...alive, ...tries('---')], { missing: 'the run was interrupted' }),
      'pass',
      /refused/,
    ],
    [
      'at one service but not at the other',
      storyOf([
        ...[...alive, ...tries('+++', { ...BEFORE, on: THERE })],
        ...[...tries('---'), ...tries('+', { ...late, on: THERE })],
      ]),
      'fail',
      /pexec/,
    ],
    [
      'watched at one service alone',
      storyOf([...alive, ...tries('---')], { unwatched: [`${THERE} answered 404`] }),
      'pass',
      /not watched: .*pexec.* answered 404/,
    ],
  ]
  test.for(rows)('%s', ([, story, verdict, says, ms]) => {
    const judged = takesHold(story, 'expected', 'what')
    expect(judged).toMatchObject({ verdict, observed: expect.stringMatching(says), expected: 'expected' })
    if (ms !== undefined) expect(judged.measured).toMatchObject({ what: 'what', ms, boundMs: BOUND_MS })
    const { atMostMs } = judged.measured ?? {}
    if (atMostMs !== undefined) expect(atMostMs).toBeGreaterThanOrEqual(ms ?? 0)
    expect(judged.deviation).toBe(verdict === 'fail' ? 'over-grant' : undefined)
  })

  const other = { on: THERE, awaited: 'let in' } as const
  const closed = tries('---', { ...BEFORE, on: THERE })
  const exchanged: readonly Row[] = [
    [
      'the one for the other',
      storyOf([...alive, ...closed, ...tries('+---'), ...tries('-+++', other)]),
      'pass',
      /let in/,
    ],
    [
      'both',
      storyOf([...alive, ...closed, ...tries('+', late), ...tries('+++', other)]),
      'fail',
      /still let in/,
    ],
    [
      'neither',
      storyOf([...alive, ...closed, ...tries('---'), ...tries('-', { ...other, ...late })]),
      'fail',
      /still refused/,
    ],
    [
      'what was open before',
      storyOf([...alive, ...tries('+++', { ...BEFORE, on: THERE }), ...tries('---'), ...tries('+++', other)]),
      'inconclusive',
      /nothing could change/,
    ],
  ]
  test.for(exchanged)('of authorizations: %s', ([name, story, verdict, says]) => {
    const judged = takesHold(story, 'expected', 'what')
    expect(judged).toMatchObject({ verdict, observed: expect.stringMatching(says) })
    if (name === 'neither') expect(judged.deviation).toBe('under-grant')
  })

  test('what was still open counts before what is not open yet', () => {
    const scenes = [...alive, ...closed, ...tries('-', { ...other, ...late }), ...tries('+', late)]
    expect(takesHold(storyOf(scenes), '', '').deviation).toBe('over-grant')
  })
})

describe('an expiry', () => {
  const soon = { part: 'before', from: DUE_MS - 900, every: 100 } as const
  const rows: readonly Row[] = [
    ['alive until then', storyOf([...alive, ...tries('+', soon), ...tries('---')]), 'pass', /refused/],
    [
      'alive until shortly before',
      storyOf([...alive, ...tries('----', soon), ...tries('---')]),
      'pass',
      /refused/,
    ],
    [
      'refused long before',
      storyOf([...tries('+---', BEFORE), ...tries('---')]),
      'fail',
      /before it had expired/,
    ],
    [
      'refused once long before',
      storyOf([...tries('++-', BEFORE), ...tries('---')]),
      'inconclusive',
      /nothing could/,
    ],
    ['refused for a moment', storyOf([...tries('+---+', BEFORE), ...tries('---')]), 'pass', /refused/],
    [
      'never alive',
      storyOf([...tries('-----', BEFORE), ...tries('---')]),
      'inconclusive',
      /nothing could change/,
    ],
    ['ignored', storyOf([...alive, ...tries('+', { from: DUE_MS + BOUND_MS + 1 })]), 'fail', /still let in/],
    ['unknown', { ...undue, missing: 'POST /v1/keys gave no key' }, 'inconclusive', /gave no key/],
  ]
  test.for(rows)('%s', ([, story, verdict, says]) => {
    expect(expires(story, '')).toMatchObject({ verdict, observed: expect.stringMatching(says) })
  })

  test('the doubt about the target’s clock is in its favour', () => {
    const doubtful = { due: { earliestMs: DUE_MS - 2000, latestMs: DUE_MS } }
    const refused = tries('---', { part: 'before', from: DUE_MS - 2900, every: 100 })
    expect(expires(storyOf([...alive, ...refused, ...tries('---')], doubtful), '').verdict).toBe('pass')
    const sure = storyOf([...alive, ...refused, ...tries('---')])
    expect(expires(sure, '')).toMatchObject({ verdict: 'fail', deviation: 'under-grant' })
  })
})

describe('a revocation spares others', () => {
  const ask = (before: string, after: string) => [
    ...tries(before, { part: 'other-before', from: 1000 }),
    ...tries(after, { part: 'other-after' }),
  ]
  const found = (other: Outcome, revoked: Outcome) => [
    step('other-looked-up', other),
    step('looked-up', revoked),
  ]
  const spared = ask('+++', '+++')
  const rows: readonly Row[] = [
    ['alive and known', storyOf([...spared, ...found(answer(200), answer(404))]), 'pass', /as before/],
    ['dead', storyOf([...ask('+++', '---'), ...found(answer(200), answer(404))]), 'fail', /refused at GET/],
    ['gone', storyOf([...spared, ...found(answer(404), answer(404))]), 'fail', /no longer knows/],
    [
      'the revoked one still known',
      storyOf([...spared, ...found(answer(200), answer(200))]),
      'fail',
      /still knows/,
    ],
    [
      'dead before',
      storyOf([...ask('---', '---'), ...found(answer(200), answer(404))]),
      'inconclusive',
      /not seen alive/,
    ],
    [
      'flapping',
      storyOf([...ask('+++', '+-+-+-'), ...found(answer(200), answer(404))]),
      'inconclusive',
      /not settled/,
    ],
    ['not looked up', storyOf(spared), 'inconclusive', /not asked/],
    [
      'looked up in vain',
      storyOf([...spared, ...found(silence(), answer(503))]),
      'inconclusive',
      /timed out.*503/,
    ],
    ['nothing revoked', { ...undue, missing: 'answered 500' }, 'inconclusive', /answered 500/],
  ]
  test.for(rows)('%s', ([, story, verdict, says]) => {
    expect(sparesOthers(story, '')).toMatchObject({ verdict, observed: expect.stringMatching(says) })
  })
})

describe('an expiry is demanded', () => {
  const asked = (without: Outcome, past: Outcome, control: Outcome) =>
    storyOf([step('without-expiry', without), step('past-expiry', past), step('control', control)])
  const rows: readonly Row[] = [
    ['400 twice', asked(answer(400), answer(400), answer(200)), 'pass', /400 without/],
    ['another refusal', asked(answer(422), answer(400), answer(200)), 'pass', /422 without/],
    ['issued without', asked(answer(200), answer(400), answer(200)), 'fail', /issued: 200 without/],
    ['issued with one that has passed', asked(answer(400), answer(201), answer(200)), 'fail', /issued/],
    ['an accident', asked(answer(500), answer(400), answer(200)), 'fail', /500 without/],
    ['refused whatever is asked', asked(answer(400), answer(400), answer(400)), 'inconclusive', /ahead too/],
    ['throttled', asked(answer(429), answer(400), answer(200)), 'inconclusive', /429/],
    ['silent', asked(answer(400), silence(), answer(200)), 'inconclusive', /timed out/],
    ['not asked', storyOf([]), 'inconclusive', /not asked/],
  ]
  test.for(rows)('%s', ([, story, verdict, says]) => {
    expect(expiryDemanded(story, '')).toMatchObject({ verdict, observed: expect.stringMatching(says) })
  })
})

test('evidence keeps every step, and of the tries the ends and the turns', () => {
  const change = step('change', answer(204))
  const scenes = [...tries('+++++', BEFORE), change, ...tries('++++-----', { every: 100 })]
  const { evidence } = takesHold(storyOf(scenes), '', '')
  expect(evidence.map(({ role, shows }) => `${role}: ${shows}`)).toEqual([
    'step: try: let in',
    'step: try: let in',
    'step: change',
    'step: try: let in, 0.0 s after',
    'step: try: let in, 0.3 s after',
    'step: try: refused, 0.4 s after',
    'step: try: refused, 0.8 s after',
  ])
  const told = new Set(scenes.map(({ outcome }) => outcome.exchange))
  expect(evidence.filter(({ exchange }) => !told.has(exchange))).toEqual([])
})
