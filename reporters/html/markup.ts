/** HTML that is safe by construction: what is not Markup already is escaped. Pure. */
import { singleLine } from '../text.js'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Of a text in running prose: what is longer was not written to be read there. */
const LONGEST = 2000

export class Markup {
  /** `source` is taken for HTML as it stands. */
  constructor(readonly source: string) {}

  /** In UTF-8. */
  get bytes(): number {
    return Buffer.byteLength(this.source)
  }
}

export const NOTHING = new Markup('')

/** The text, or its beginning and how much is missing; no character is cut in two. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const head = text.slice(0, most).replace(/\p{Surrogate}$/u, '')
  return `${head}… (${text.length - head.length} more characters in record.json)`
}

/** What would end or change the markup; lone surrogates are no characters. */
const MEANINGFUL = /[&<>"']|\p{Surrogate}/gu
/** Outside of attributes quotes mean nothing. */
const MEANINGFUL_BETWEEN_TAGS = /[&<>]|\p{Surrogate}/gu

const escaped = (text: string, meaningful: RegExp): string =>
  text.replaceAll(meaningful, (character) => ENTITIES[character] ?? '\uFFFD')

const inline = (text: string): string => escaped(cut(singleLine(text), LONGEST), MEANINGFUL)

type Shown = string | number | Markup | readonly Markup[]

const sourceOf = (value: Shown): string => {
  if (value instanceof Markup) return value.source
  if (typeof value === 'object') return value.map(({ source }) => source).join('')
  return inline(String(value))
}

/** Text between the tags is markup, what is filled in is escaped; attributes stand in double quotes. */
export const html = (parts: TemplateStringsArray, ...values: readonly Shown[]): Markup =>
  new Markup(
    parts.map((part, index) => (index === 0 ? part : sourceOf(values[index - 1] ?? '') + part)).join(''),
  )

export const when = (holds: boolean, markup: Markup): Markup => (holds ? markup : NOTHING)

/** An operation or a URL, which may break behind its slashes. */
export const breakable = (text: string): Markup =>
  new Markup(inline(text).replaceAll('/', '/<wbr>').replaceAll(' /<wbr>', ' /'))

/** Lines as they came, each of them harmless; not for attributes. */
export const lines = (text: string): Markup =>
  new Markup(
    text
      .split(/\r\n|\r|\n/)
      .map((line) => escaped(singleLine(line), MEANINGFUL_BETWEEN_TAGS))
      .join('\n'),
  )

/** What the fragment of a URL calls a cell, and the page the element that is about it. */
export const cellFragment = (id: string): string =>
  `cell=${encodeURIComponent(id.replaceAll(/\p{Surrogate}/gu, '\uFFFD'))}`

/** A section under a heading of the second level. */
export const section = (id: string, title: string, content: Markup): Markup =>
  html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`

export interface Fact {
  readonly name: string
  readonly value: string | number | Markup
}

/** Names and values. */
export const facts = (all: readonly Fact[]): Markup =>
  html`<dl class="facts">${all.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
`
