import { scopesOf } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations, showcases } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denialOrNoKey } from '../../verdict.js'

/** Names that are not the scope, and might be taken for it. */
const lookalikes = (scope: string): string[] => {
  const [first = scope] = scope.split(/[_-]/, 1)
  return [
    scope.toUpperCase(),
    ` ${scope} `,
    scope.slice(0, -1),
    first,
    `${first}_*`,
    '*',
    'nvcf_conformance_unknown',
  ]
}

export default check({
  id: 'lookalike-scope-denies',
  area: 'authorization',
  level: 'required',
  title:
    'A name that only looks like the scope, in other letters, cut short, or with a wildcard, opens nothing.',
  clause: CLAUSES.keyComposition,
  catches: [
    'scope-case-ignored',
    'scope-spaces-trimmed',
    'scope-prefix-opens',
    'scope-wildcard-honoured',
    'unknown-scope-opens-all',
  ],
  probes: (operation, contract) => {
    const { keyKind } = operation
    if (keyKind === undefined) return []
    const real = scopesOf(contract, keyKind)
    const names = new Set(showcases(contract, operation).flatMap(lookalikes))
    return [...names]
      .filter((name) => !real.includes(name))
      .map((name) => denialProbe({ kind: 'key', keyKind, scopes: [name] }))
  },
  judge: (observation, conformity) =>
    denialOrNoKey(observation, [403], shapeViolations(observation, conformity)),
})
