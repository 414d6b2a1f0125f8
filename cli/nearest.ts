/** What somebody may have meant. */

const pairsOf = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2).toLowerCase())

/** How many pairs of neighbouring letters two texts share, as a share of all that they have. */
function likeness(pairs: readonly string[], other: string): number {
  const counts = new Map<string, number>()
  for (const pair of pairs) counts.set(pair, (counts.get(pair) ?? 0) + 1)
  const others = pairsOf(other)
  let shared = 0
  for (const pair of others) {
    const left = counts.get(pair) ?? 0
    if (left === 0) continue
    counts.set(pair, left - 1)
    shared++
  }
  return (2 * shared) / (pairs.length + others.length || 1)
}

/** The candidates most like the text, the likest first; a `*` in it is like nothing. */
export function nearest(text: string, candidates: readonly string[], most: number): string[] {
  const pairs = text.split('*').flatMap(pairsOf)
  return candidates
    .map((candidate) => ({ candidate, likeness: likeness(pairs, candidate) }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, most)
    .map(({ candidate }) => candidate)
}
