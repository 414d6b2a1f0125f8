import { isGuarded } from '../../../openapi/contract.js'
import { check, complement, denialProbe, keyKindAt, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

export default check({
  id: 'scopes-deny-together',
  area: 'authorization',
  level: 'required',
  title: 'A key with every scope but those that open the operation is refused, and nothing changes.',
  clause: CLAUSES.keyComposition,
  catches: ['two-scopes-open-all', 'scope-pair-opens-delete', 'one-cell-over-grant'],
  probes: (operation, contract) => {
    if (!isGuarded(operation)) return []
    const others = complement(operation, keyKindAt(operation, contract), contract)
    return others === undefined ? [] : [denialProbe(others)]
  },
  judge: (observation, conformity) =>
    denial(
      observation,
      observation.operation.scopes.length === 0 && !observation.operation.reserved ? [401, 403] : [403],
      shapeViolations(observation, conformity),
    ),
})
