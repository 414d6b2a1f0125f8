import { scopesOf } from '../../../openapi/contract.js'
import { bystander, check, denialProbe, shapeViolations, showcases } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, unlessNotIssued } from '../../verdict.js'

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
    // A scope that opens nothing here, so that an operation can show the key alive.
    const companion = bystander(operation, contract)
    return [...names]
      .filter((name) => !real.includes(name))
      .map((name) =>
        denialProbe({
          kind: 'key',
          keyKind,
          scopes: companion === undefined ? [name] : [name, companion],
          name: `“${name}”`,
        }),
      )
  },
  judge: (observation, conformity) =>
    unlessNotIssued(observation, (one) => denial(one, [403], shapeViolations(one, conformity))),
})
