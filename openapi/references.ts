/**
 * What resolving references leaves behind: values that hold themselves, and small documents that unfold into
 * enormous ones. Pure.
 */
import { isRecord } from './json.js'

/** Values that a document may hold once its references are followed; real ones hold some hundred thousand. */
const MAX_VALUES = 2_000_000
const MAX_DEPTH = 400
/** Values unfolded exactly; what holds itself in more ways than that is unfolded once for all its places. */
const MAX_EXACT = 100_000

/** A document that cannot be unfolded in reasonable space; the message says what is too much. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

export interface Unfolded {
  readonly value: unknown
  /** JSON pointers of the places where a value holds itself, or where a reference could not be followed. */
  readonly cuts: readonly string[]
}

interface Branch {
  readonly value: unknown
  /** Values in it, itself included. */
  readonly size: number
  /** Whether something in it was cut: it is then the place that decides what it holds. */
  readonly isCut: boolean
}

const escaped = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

/** Whether it is a reference, still: only ones that lead in a circle, or to an anchor, are. */
const isReference = (value: object): boolean => '$ref' in value && typeof value.$ref === 'string'

/**
 * A finite tree of the same values: where a value holds itself, the inner occurrence becomes `true`, a schema
 * that admits anything. Values that hold no such place stay shared. Throws TooLarge.
 */
export function unfold(root: unknown): Unfolded {
  const cuts: string[] = []
  const ancestors = new Set<object>()
  const known = new Map<object, Branch>()
  let visits = 0

  const visit = (value: unknown, pointer: string): Branch => {
    if (typeof value !== 'object' || value === null) return { value, size: 1, isCut: false }
    const earlier = known.get(value)
    if (earlier !== undefined) return earlier
    if (ancestors.has(value) || isReference(value)) {
      cuts.push(pointer)
      return { value: true, size: 1, isCut: true }
    }
    if (ancestors.size >= MAX_DEPTH) throw new TooLarge(`it nests deeper than ${MAX_DEPTH} levels`)
    visits++
    ancestors.add(value)
    const branches = Object.entries(value).map(
      ([name, inner]) => [name, visit(inner, `${pointer}/${escaped(name)}`)] as const,
    )
    ancestors.delete(value)
    const size = branches.reduce((sum, [, branch]) => sum + branch.size, 1)
    if (size > MAX_VALUES) throw new TooLarge(`its references unfold into more than ${MAX_VALUES} values`)
    const isCut = branches.some(([, branch]) => branch.isCut)
    const inner = branches.map(([name, branch]) => [name, branch.value] as const)
    const copy = Array.isArray(value) ? inner.map(([, one]) => one) : Object.fromEntries(inner)
    const branch = { value: isCut ? copy : value, size, isCut }
    if (!isCut || visits > MAX_EXACT) known.set(value, branch)
    return branch
  }

  return { value: visit(root, '').value, cuts }
}

/** Why the references of a parsed document cannot be followed; undefined where they can. */
export function unfollowable(root: unknown): string | undefined {
  const seen = new Set<unknown>()
  const open = [{ value: root, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { depth, value } = next
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    if (depth > MAX_DEPTH) return `it nests deeper than ${MAX_DEPTH} levels`
    seen.add(value)
    const reference = isRecord(value) ? value.$ref : undefined
    // A property may be named so: then it is described by a schema.
    if (reference !== undefined && typeof reference !== 'string' && !isRecord(reference)) {
      return `a $ref is ${JSON.stringify(reference)}, not text`
    }
    for (const inner of Object.values(value)) open.push({ value: inner, depth: depth + 1 })
  }
  return undefined
}
