import { createHash } from 'node:crypto'
import { type KeyKind, scopesOf } from '../../../openapi/contract.js'
import { check, harmlessForm, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, grant } from '../../verdict.js'

/** Pairs of a set and its complement: what any scope opens, one of the two opens and, alone, the other not. */
const PAIRS = 3

/** Lots that were drawn: each is drawn for every operation. */
const lots = new Map<string, boolean>()

/** Whether the seed puts the scope into the first set of the pair. */
function isFirst(seed: number, pair: number, keyKind: KeyKind, scope: string): boolean {
  const lot = `${seed}/${pair}/${keyKind}/${scope}`
  const drawn = lots.get(lot) ?? createHash('sha256').update(lot).digest().readUInt8(0) % 2 === 0
  lots.set(lot, drawn)
  return drawn
}

/** Sets of scopes, the same for every operation. */
const drawn = (scopes: readonly string[], keyKind: KeyKind, seed: number): string[][] =>
  Array.from({ length: PAIRS }, (_, pair) => {
    const first = scopes.filter((scope) => isFirst(seed, pair, keyKind, scope))
    return [first, scopes.filter((scope) => !first.includes(scope))]
  }).flat()

export default check({
  id: 'scope-sets-compose',
  area: 'authorization',
  level: 'required',
  title: 'A key with a set of scopes drawn by the seed may do exactly what each of them opens.',
  clause: CLAUSES.keyComposition,
  catches: ['two-scopes-open-all', 'only-first-scope-read'],
  probes: (operation, contract, seed) => {
    const { keyKind } = operation
    if (keyKind === undefined) return []
    return drawn(scopesOf(contract, keyKind), keyKind, seed).map((scopes, index) => ({
      credential: { kind: 'key', keyKind, scopes, draw: index + 1 },
      path: harmlessForm(operation),
      expects: scopes.some((scope) => operation.scopes.includes(scope)) ? 'grant' : 'denial',
    }))
  },
  judge: (observation, conformity) =>
    observation.probe.expects === 'grant'
      ? grant(observation)
      : denial(observation, [403], shapeViolations(observation, conformity)),
})
