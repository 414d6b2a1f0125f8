import { check, denialProbe, keyKindAt, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denialOrNoKey } from '../../verdict.js'

export default check({
  id: 'claimed-scope-denies',
  area: 'authorization',
  level: 'required',
  title: 'A key that claims the scope of a token is refused, and nothing changes.',
  clause: CLAUSES.tokenScopes,
  catches: ['token-scope-claimed-by-key', 'cluster-scope-claimed-by-key'],
  probes: (operation, contract) =>
    operation.scopes.length > 0
      ? []
      : operation.tokenScopes.map((scope) =>
          denialProbe({ kind: 'key', keyKind: keyKindAt(operation, contract), scopes: [scope] }),
        ),
  judge: (observation, conformity) =>
    denialOrNoKey(
      observation,
      observation.operation.reserved ? [403] : [401, 403],
      shapeViolations(observation, conformity),
    ),
})
