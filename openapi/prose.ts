/**
 * Scopes in the prose of a description: quoted words that stand directly before the word `scope` or `scopes`,
 * such as "a bearer token with 'list_functions' or 'list_functions_details' scope". Other quoted words are
 * statuses, identifiers or anything else. Pure, and linear in the length of the text.
 */

export interface ProseScopes {
  /** In the order in which they stand, each once. */
  readonly scopes: readonly string[]
  /** Whether `and` joins some of them: whether each is enough on its own is then for people to say. */
  readonly joined: boolean
  /** Whether the text speaks of scopes at all, read or not. */
  readonly mentioned: boolean
}

/** Marks around a word, as people, Markdown, HTML and escaping write them; each becomes a plain quote. */
const QUOTES = /\\?["'`‘’‚‛“”„«»]+|&(?:quot|apos|#0*39|#x0*27|#0*34|#x0*22);|<\/?(?:code|tt|b|i|em|strong)>/gi

/** Markdown emphasis around a quoted word says nothing. */
const EMPHASIS = /\*{1,3}(?=')|(?<=')\*{1,3}/g

/** A quoted word, what may stand between two of them, any other word, any other sign. */
const TOKENS =
  /(?<![\w'])'(?<quoted>[a-z][\w:./-]{0,99}?),?'|(?<joint>[,/|&]|\b(?:and\/or|or|and)\b)|(?<word>[\w-]+)|\S/giu

/** Reads any prose, in forms seen and unseen. Never throws. */
export function scopesInProse(prose: string): ProseScopes {
  const plain = prose.replaceAll(QUOTES, "'").replaceAll(EMPHASIS, '')
  const scopes = new Set<string>()
  let joined = false
  let mentioned = false
  let list: string[] = []
  let joints: string[] = []
  /** What stands between the last quoted word and here. */
  let between: string[] = []
  for (const { groups } of plain.matchAll(TOKENS)) {
    const { joint, quoted, word } = groups ?? {}
    if (quoted !== undefined) {
      list.push(quoted)
      joints.push(...between)
      between = []
      continue
    }
    if (joint !== undefined && list.length > 0) {
      between.push(joint.toLowerCase())
      continue
    }
    if (word !== undefined && /^scopes?$/i.test(word)) {
      mentioned = true
      if (between.length === 0) {
        for (const scope of list) scopes.add(scope)
        joined ||= joints.some((one) => one === 'and' || one === '&')
      }
    }
    list = []
    joints = []
    between = []
  }
  return { scopes: [...scopes], joined, mentioned }
}
