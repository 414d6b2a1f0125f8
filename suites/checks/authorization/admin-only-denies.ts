import { isGuarded, scopesOf } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, unlessNotIssued } from '../../verdict.js'

export default check({
  id: 'admin-only-denies',
  area: 'authorization',
  level: 'required',
  groups: true,
  title: 'An operation for the admin token alone refuses every API key, and nothing changes.',
  clause: CLAUSES.adminOnly,
  catches: ['clusters-open-to-keys', 'cluster-errors-as-problems'],
  probes: (operation, contract) =>
    isGuarded(operation) && !operation.reserved && operation.scopes.length === 0
      ? [[], ...scopesOf(contract, 'apiKey').map((scope) => [scope])].map((scopes) =>
          denialProbe({ kind: 'key', keyKind: 'apiKey', scopes }),
        )
      : [],
  judge: (observation, conformity) =>
    unlessNotIssued(observation, (one) => denial(one, [401, 403], shapeViolations(one, conformity))),
})
