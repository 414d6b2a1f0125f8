/** How long the requests took that decided cells, by API set. Pure. */
import { grouped } from '../../suites/group.js'
import { counted } from '../text.js'
import { listing } from './budget.js'
import type { Context } from './context.js'
import { html, type Markup, NOTHING, section } from './markup.js'

/** Upper bounds of the classes in milliseconds; the last class has none. */
const BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000]

const BAR = 26
const HEIGHT = 30

const classOf = (ms: number): number => {
  const found = BOUNDS.findIndex((bound) => ms < bound)
  return found === -1 ? BOUNDS.length : found
}

const bound = (ms: number): string => (ms < 1000 ? `${ms}` : `${ms / 1000} s`)

/** `2 to 5 ms`. */
const classInWords = (index: number): string => {
  const [from, to] = [BOUNDS[index - 1], BOUNDS[index]]
  if (from === undefined) return `under ${to} ms`
  return to === undefined ? `${from} ms or more` : `${from} to ${to} ms`
}

interface Timing {
  readonly name: string
  /** In ascending order. */
  readonly sorted: readonly number[]
  /** How many fall into each class. */
  readonly classes: readonly number[]
}

const timingOf = (name: string, durations: readonly number[]): Timing => {
  const classes = Array.from({ length: BOUNDS.length + 1 }, () => 0)
  for (const ms of durations) classes[classOf(ms)] = (classes[classOf(ms)] ?? 0) + 1
  return { name, sorted: durations.toSorted((a, b) => a - b), classes }
}

/** The value that so large a part of them does not exceed. */
const quantile = ({ sorted }: Timing, part: number): string =>
  (sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0).toFixed(1)

interface Range {
  readonly first: number
  readonly last: number
}

function bars({ classes }: Timing, { first, last }: Range): Markup {
  const shown = classes.slice(first, last + 1)
  const most = Math.max(1, ...shown)
  const told = shown.flatMap((count, index) =>
    count === 0 ? [] : [`${classInWords(first + index)}: ${count}`],
  )
  const rects = shown.map((count, index) => {
    // What is there at all is seen.
    const height = count === 0 ? 0 : Math.max(1.5, (count / most) * HEIGHT)
    return count === 0
      ? NOTHING
      : html`<rect x="${index * BAR + 1}" y="${(HEIGHT - height).toFixed(1)}" width="${BAR - 2}" height="${height.toFixed(1)}"/>`
  })
  const width = shown.length * BAR
  return html`<svg class="bars" width="${width}" height="${HEIGHT + 1}" viewBox="0 0 ${width} ${HEIGHT + 1}" role="img" aria-label="${told.join('; ')}">${rects}<path d="M0 ${HEIGHT + 0.5}H${width}"/></svg>`
}

function axis({ first, last }: Range): Markup {
  const classes = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const width = classes.length * BAR
  const labels = classes
    .slice(0, -1)
    .map(
      (index, place) =>
        html`<text x="${(place + 1) * BAR}" y="10" text-anchor="middle">${bound(BOUNDS[index] ?? 0)}</text>`,
    )
  return html`<svg class="axis" width="${width}" height="13" viewBox="0 0 ${width} 13" aria-hidden="true">${labels}</svg>`
}

export function timingSection({ budget, record }: Context): Markup {
  const ran = record.cells.filter(({ durationMs }) => durationMs > 0)
  if (ran.length === 0) return NOTHING
  const all = timingOf(
    'all',
    ran.map(({ durationMs }) => durationMs),
  )
  const used = all.classes.flatMap((count, index) => (count > 0 ? [index] : []))
  const range = { first: used[0] ?? 0, last: used.at(-1) ?? 0 }
  const bySet = [...grouped(ran, ({ apiSet }) => apiSet)].map(([name, own]) =>
    timingOf(
      name,
      own.map(({ durationMs }) => durationMs),
    ),
  )
  return section(
    'timing',
    'Timing',
    html`<p>Duration of the request that decided each of ${counted(ran.length, 'cell')}, in milliseconds. The bars of a row are drawn to its own scale.</p>
${listing(budget, {
  caption: 'Timing by API set',
  columns: [
    { title: 'API set' },
    { title: 'Cells', numeric: true },
    { title: 'Median', numeric: true },
    { title: '95 of 100', numeric: true },
    { title: 'Longest', numeric: true },
    { title: html`<span class="hidden">Cells by duration</span>${axis(range)}` },
  ],
  items: bySet.length > 1 ? [...bySet, all] : bySet,
  noun: 'API set',
  cells: (timing) => [
    timing.name,
    timing.sorted.length,
    quantile(timing, 0.5),
    quantile(timing, 0.95),
    quantile(timing, 1),
    bars(timing, range),
  ],
})}`,
  )
}
