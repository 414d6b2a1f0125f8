/** Narrowing for JSON of unknown shape, and JSON pointers with `*` for every element of an array. */

export type JsonRecord = { readonly [member: string]: unknown }

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const records = (value: unknown): JsonRecord[] =>
  Array.isArray(value) ? value.filter((item) => isRecord(item)) : []

export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What the JSON text says; undefined for what is none. */
export function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const unescaped = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')

/** The steps of a pointer. */
export const tokens = (pointer: string): string[] => pointer.split('/').slice(1).map(unescaped)

/** Every value that the pointer reaches; `*` walks an array. Empty when nothing is there. */
export function select(document: unknown, pointer: string): unknown[] {
  return tokens(pointer).reduce<unknown[]>(
    (reached, token) =>
      reached.flatMap((value) => {
        if (Array.isArray(value)) return token === '*' ? value : value.slice(Number(token), Number(token) + 1)
        return isRecord(value) && Object.hasOwn(value, token) ? [value[token]] : []
      }),
    [document],
  )
}

/** A copy of the document with the value at the pointer replaced. The place must exist. */
export function replaceAt(document: unknown, pointer: string, replacement: unknown): unknown {
  const place = (value: unknown, rest: string[]): unknown => {
    const [token, ...deeper] = rest
    if (token === undefined) return replacement
    if (Array.isArray(value)) {
      if (!(Number(token) in value)) throw new RangeError(`Nothing stands at ${pointer}`)
      return value.map((item, index) => (index === Number(token) ? place(item, deeper) : item))
    }
    if (!isRecord(value) || !Object.hasOwn(value, token)) throw new RangeError(`Nothing stands at ${pointer}`)
    return { ...value, [token]: place(value[token], deeper) }
  }
  return place(document, tokens(pointer))
}

/** The same text for equal JSON values, whatever the order of their members. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_member, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}
