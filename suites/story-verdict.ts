/** From the story of a key to a verdict. Pure. */
import type { OperationId } from '../openapi/contract.js'
import type { Evidence, Outcome, Part, Reading, Scene, Story } from './model.js'
import {
  describe,
  fail,
  inconclusive,
  type Judgement,
  pass,
  type Ruling,
  succeeded,
  TRANSIENT,
} from './verdict.js'

/** A reading counts once it has come so many times in a row: caches may say either for a while. */
const SETTLED_AFTER = 3

/** An expiry is in whole seconds, like the clocks that it is compared by. */
const EXPIRY_TOLERANCE_MS = 1000

/** What the tries come to, leaving out those that decide nothing, is the same several times in a row. */
export function isSettled(scenes: readonly Scene[], reading: Reading): boolean {
  const readings = scenes.flatMap(({ tried }) => tried?.reading ?? []).filter((one) => one !== 'undecided')
  const last = readings.slice(-SETTLED_AFTER)
  return last.length === SETTLED_AFTER && last.every((one) => one === reading)
}

/** Whether a try came to one of these. */
export const isRead =
  (...readings: readonly Reading[]) =>
  ({ tried }: Scene): boolean =>
    tried !== undefined && readings.includes(tried.reading)

/** The tries of one part of the story, by the operation that they were made on. */
function triesOf({ scenes }: Story, part: Part): Map<OperationId, Scene[]> {
  const tries = new Map<OperationId, Scene[]>()
  for (const scene of scenes) {
    if (scene.part !== part || scene.tried === undefined) continue
    tries.set(scene.tried.on, [...(tries.get(scene.tried.on) ?? []), scene])
  }
  return tries
}

const inSeconds = (ms: number): string => `${(Math.max(ms, 0) / 1000).toFixed(1)} s`

/** Every step of these parts, but of the tries only the first, the last, and those where the reading changes. */
function stepsOf(story: Story, parts: readonly Part[]): Evidence[] {
  const tries = parts.flatMap((part) => [...triesOf(story, part).values()])
  const turns = new Set(
    tries.flatMap((scenes) =>
      scenes.filter((scene, index) => {
        const neighbours = [scenes[index - 1], scenes[index + 1]]
        return neighbours.some((other) => other?.tried?.reading !== scene.tried?.reading)
      }),
    ),
  )
  return story.scenes.flatMap((scene) => {
    const { atMs, outcome, part, step, tried } = scene
    if (!parts.includes(part) || (tried !== undefined && !turns.has(scene))) return []
    const when = part === 'after' && story.due ? `, ${inSeconds(atMs - story.due.latestMs)} after` : ''
    const shows = tried === undefined ? step : `${step}: ${tried.reading}${when}`
    return [{ role: 'step', exchange: outcome.exchange, shows }]
  })
}

/** The parts that each kind of judgement rests on. */
const CHANGED: readonly Part[] = ['preparation', 'before', 'change', 'after']
const SPARED: readonly Part[] = [
  'preparation',
  'other-before',
  'change',
  'other-after',
  'other-looked-up',
  'looked-up',
]
const DEMANDED: readonly Part[] = ['without-expiry', 'past-expiry', 'control']

const judgeStory = (story: Story, parts: readonly Part[], expected: string, ruling: Ruling): Judgement => {
  const unwatched = story.unwatched.length === 0 ? '' : `; not watched: ${story.unwatched.join(', ')}`
  return { ...ruling, observed: `${ruling.observed}${unwatched}`, expected, evidence: stepsOf(story, parts) }
}

/** The tries of one operation after the change. */
interface Course {
  readonly on: OperationId
  readonly awaited: Reading
  readonly scenes: readonly Scene[]
  /** The last that shows the state before the change. */
  readonly lastContrary?: Scene
  /** The first of those that show the change ever after. */
  readonly firstAwaited?: Scene
}

const contraryTo = (awaited: Reading): Reading => (awaited === 'refused' ? 'let in' : 'refused')

const coursesOf = (story: Story): Course[] =>
  [...triesOf(story, 'after')].map(([on, scenes]) => {
    const awaited = scenes[0]?.tried?.awaited ?? 'refused'
    const last = scenes.findLastIndex(isRead(contraryTo(awaited)))
    const [lastContrary, firstAwaited] = [scenes[last], scenes.slice(last + 1).find(isRead(awaited))]
    return {
      ...{ on, awaited, scenes },
      ...(lastContrary && { lastContrary }),
      ...(firstAwaited && { firstAwaited }),
    }
  })

/** Why the course shows no change, whatever it shows; undefined where it can show one. */
function blindness(story: Story, { awaited, on }: Course): string | undefined {
  const before = triesOf(story, 'before').get(on)?.findLast(isRead('let in', 'refused'))
  if (before?.tried?.reading === contraryTo(awaited)) return undefined
  return `nothing could change at ${on}: before, the key was ${before?.tried?.reading ?? 'not tried there'}`
}

/** Why it cannot be said that the course came to what is awaited within the bound; undefined where it can. */
function unsettled(
  { awaited, firstAwaited, on, scenes }: Course,
  boundMs: number,
  dueMs: number,
): string | undefined {
  if (firstAwaited !== undefined && firstAwaited.sentMs - dueMs > boundMs) {
    return `${on} shows the change ${inSeconds(firstAwaited.sentMs - dueMs)} after: about at the bound of ${inSeconds(boundMs)}`
  }
  if (isSettled(scenes, awaited)) return undefined
  const vain = scenes.filter(isRead('undecided'))
  return `${on} was not settled in ${scenes.length} tries, of which ${vain.length} decided nothing`
}

/**
 * A change to a key takes effect within the bound, at every operation that was watched: what shows the state
 * before it was asked before the bound, and so was the first of what shows the change ever after.
 */
export function takesHold(story: Story, expected: string, what: string): Judgement {
  const { boundMs, due, missing } = story
  const courses = coursesOf(story)
  const rule = (ruling: Ruling) => judgeStory(story, CHANGED, expected, ruling)
  if (due === undefined || courses.length === 0) return rule(inconclusive(missing ?? 'no change was watched'))
  const blind = courses.flatMap((course) => blindness(story, course) ?? [])
  if (blind.length > 0) return rule(inconclusive(blind.join('; ')))

  const after = (scene: Scene | undefined) => (scene === undefined ? 0 : scene.sentMs - due.latestMs)
  const ms = Math.round(Math.max(0, ...courses.map(({ lastContrary }) => after(lastContrary))))
  const shown = courses.map(({ firstAwaited }) => firstAwaited)
  const atMostMs = shown.includes(undefined) ? undefined : Math.round(Math.max(...shown.map(after)))
  const measured = { what, ms, ...(atMostMs !== undefined && { atMostMs: Math.max(ms, atMostMs) }), boundMs }
  const late = courses.filter(({ lastContrary }) => after(lastContrary) > boundMs)
  const overdue = late.find(({ awaited }) => awaited === 'refused') ?? late[0]
  if (overdue !== undefined) {
    const { awaited, lastContrary, on } = overdue
    const seen = `still ${contraryTo(awaited)} at ${on} ${inSeconds(after(lastContrary))} after; allowed are ${inSeconds(boundMs)}`
    return { ...rule(fail(seen, awaited === 'refused' ? 'over-grant' : 'under-grant')), measured }
  }
  const doubts = courses.flatMap((course) => unsettled(course, boundMs, due.latestMs) ?? [])
  if (doubts.length > 0) return rule(inconclusive([...(missing ? [missing] : []), ...doubts].join('; ')))
  const places = courses.map(({ awaited, on }) => `${awaited} at ${on}`).join(', ')
  const since = ms === 0 ? 'from the first try on' : `the former state was last seen ${inSeconds(ms)} after`
  return { ...rule(pass(`${places}; ${since}`)), measured }
}

/** A key is refused within the bound after its expiry, and not before it. */
export function expires(story: Story, expected: string): Judgement {
  const soonestMs = (story.due?.earliestMs ?? 0) - EXPIRY_TOLERANCE_MS
  const isTolerated = (scene: Scene) =>
    scene.part === 'before' && scene.atMs >= soonestMs && isRead('refused')(scene)
  const sure = { ...story, scenes: story.scenes.filter((scene) => !isTolerated(scene)) }
  const early = [...triesOf(sure, 'before')].find(
    ([, scenes]) => scenes.some(isRead('let in')) && isSettled(scenes, 'refused'),
  )
  if (early === undefined) return takesHold(sure, expected, 'an expired key kept working')
  const seen = `let in at first, but refused at ${early[0]} before it had expired`
  return judgeStory(sure, CHANGED, expected, fail(seen, 'under-grant'))
}

/** What a step brought, for a sentence; undefined where it never came to it. */
const broughtBy = (story: Story, part: Part): Outcome | undefined =>
  story.scenes.findLast((scene) => scene.part === part)?.outcome

/** That one key was revoked leaves another of the same owner as it was, and only that one is gone. */
export function sparesOthers(story: Story, expected: string): Judgement {
  const rule = (ruling: Ruling) => judgeStory(story, SPARED, expected, ruling)
  const [other, revoked] = [broughtBy(story, 'other-looked-up'), broughtBy(story, 'looked-up')]
  const before = triesOf(story, 'other-before')
  const alive = [...before].filter(([, scenes]) => isSettled(scenes, 'let in'))
  if (story.due === undefined || alive.length === 0 || alive.length < before.size) {
    return rule(inconclusive(story.missing ?? 'the other key was not seen alive before'))
  }
  const after = triesOf(story, 'other-after')
  const refused = alive.find(([on]) => isSettled(after.get(on) ?? [], 'refused'))
  if (refused !== undefined) return rule(fail(`the other key is refused at ${refused[0]} too`, 'under-grant'))
  if (isStatus(other, 404)) return rule(fail('404: its issuer no longer knows the other key', 'under-grant'))
  if (revoked !== undefined && succeeded(revoked)) {
    return rule(fail(`${describe(revoked)}: its issuer still knows the revoked key`))
  }
  const doubts = [
    ...alive.flatMap(([on]) => (isSettled(after.get(on) ?? [], 'let in') ? [] : [`not settled at ${on}`])),
    ...(other !== undefined && succeeded(other) ? [] : [`the other key looked up: ${seenOf(other)}`]),
    ...(isStatus(revoked, 404) ? [] : [`the revoked key looked up: ${seenOf(revoked)}`]),
  ]
  if (doubts.length > 0) return rule(inconclusive(story.missing ?? doubts.join('; ')))
  return rule(pass('the other key is let in as before and known to its issuer; the revoked one is 404'))
}

const isStatus = (outcome: Outcome | undefined, status: number): boolean =>
  outcome?.kind === 'answer' && outcome.status === status

const seenOf = (outcome: Outcome | undefined): string =>
  outcome === undefined ? 'not asked' : describe(outcome)

/** What would be issued with an expiry ahead is not issued without one, nor with one that has passed. */
export function expiryDemanded(story: Story, expected: string): Judgement {
  const rule = (ruling: Ruling) => judgeStory(story, DEMANDED, expected, ruling)
  const asked = [
    ['without expires_at', broughtBy(story, 'without-expiry')],
    ['with an expires_at that has passed', broughtBy(story, 'past-expiry')],
  ] as const
  const sentence = asked.map(([how, outcome]) => `${seenOf(outcome)} ${how}`).join(', ')
  if (asked.some(([, outcome]) => outcome !== undefined && succeeded(outcome))) {
    return rule(fail(`issued: ${sentence}`))
  }
  const control = broughtBy(story, 'control')
  if (control === undefined || !succeeded(control)) {
    return rule(inconclusive(`${sentence}; but with an expiry ahead too: ${seenOf(control)}`))
  }
  const open = asked.some(([, outcome]) => outcome?.kind !== 'answer' || outcome.status in TRANSIENT)
  if (open) return rule(inconclusive(sentence))
  const isRefusal = asked.every(
    ([, outcome]) => outcome?.kind === 'answer' && Math.floor(outcome.status / 100) === 4,
  )
  return rule(isRefusal ? pass(sentence) : fail(sentence))
}
