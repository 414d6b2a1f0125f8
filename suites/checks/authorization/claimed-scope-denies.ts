import { check, denialProbe, keyKindAt, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denialOrNoKey } from '../../verdict.js'

export default check({
  id: 'claimed-scope-denies',
  area: 'authorization',
  level: 'required',
  title:
    'A key that claims the scope of a token is refused like one that claims nothing, and nothing changes.',
  clause: CLAUSES.tokenScopes,
  catches: ['token-scope-claimed-by-key', 'cluster-scope-claimed-by-key'],
  probes: (operation, contract) => {
    if (operation.scopes.length > 0 || operation.tokenScopes.length === 0) return []
    const keyKind = keyKindAt(operation, contract)
    return [[], ...operation.tokenScopes.map((scope) => [scope])].map((scopes) =>
      denialProbe({ kind: 'key', keyKind, scopes }),
    )
  },
  judge: (observation, conformity) =>
    denialOrNoKey(
      observation,
      observation.operation.reserved ? [403] : [401, 403],
      shapeViolations(observation, conformity),
    ),
})
