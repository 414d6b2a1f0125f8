import { scopesOf } from '../../../openapi/contract.js'
import { check, denialProbe, keyKindAt, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, unlessNotIssued } from '../../verdict.js'

export default check({
  id: 'claimed-scope-denies',
  area: 'authorization',
  level: 'required',
  title: 'A key that claims the scope of a token is refused like one that does not, and nothing changes.',
  clause: CLAUSES.tokenScopes,
  catches: ['token-scope-claimed-by-key', 'cluster-scope-claimed-by-key'],
  probes: (operation, contract) => {
    if (operation.scopes.length > 0 || operation.tokenScopes.length === 0) return []
    const keyKind = keyKindAt(operation, contract)
    // A scope that opens nothing here, so that an operation can show the key alive.
    const [companion] = scopesOf(contract, keyKind)
    const held = companion === undefined ? [] : [companion]
    return [held, ...operation.tokenScopes.map((scope) => [scope, ...held])].map((scopes) =>
      denialProbe({ kind: 'key', keyKind, scopes }),
    )
  },
  judge: (observation, conformity) =>
    unlessNotIssued(observation, (one) =>
      denial(one, one.operation.reserved ? [403] : [401, 403], shapeViolations(one, conformity)),
    ),
})
