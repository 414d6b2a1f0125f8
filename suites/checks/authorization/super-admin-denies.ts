import { scopesOf } from '../../../openapi/contract.js'
import { check, denialProbe, keyKindAt, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, unlessNotIssued } from '../../verdict.js'

/** Nobody is granted these, so no control is possible; what they name does not exist, so nothing can happen. */
export default check({
  id: 'super-admin-denies',
  area: 'authorization',
  level: 'required',
  groups: true,
  title: 'An operation of the service’s own administrators refuses every API key, whatever its scope.',
  clause: CLAUSES.superAdmin,
  catches: ['super-admin-open-to-keys'],
  probes: (operation, contract) => {
    if (!operation.reserved) return []
    const keyKind = keyKindAt(operation, contract)
    return [[], ...scopesOf(contract, keyKind).map((scope) => [scope])].map((scopes) =>
      denialProbe({ kind: 'key', keyKind, scopes }),
    )
  },
  judge: (observation, conformity) =>
    unlessNotIssued(observation, (one) => denial(one, [403], shapeViolations(one, conformity))),
})
