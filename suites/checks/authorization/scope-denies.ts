import { scopesOf } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

export default check({
  id: 'scope-denies',
  area: 'authorization',
  level: 'required',
  groups: true,
  title: 'A key whose only scope does not open the operation is refused, and nothing changes.',
  clause: CLAUSES.keyScopes,
  catches: [
    'one-cell-over-grant',
    'scopes-ignored',
    'scope-first-word-match',
    'denial-executes-create',
    'denial-executes-update',
    'denial-executes-delete',
    'denial-executes-deploy',
    'denial-queues-invocation',
    'denial-as-200',
    'denial-as-400',
    'denial-as-401',
    'denial-as-404',
    'denial-as-500',
    'denial-as-html',
    'denial-as-redirect',
    'task-scopes-ignored',
    'task-denial-executes',
  ],
  probes: ({ keyKind, scopes }, contract) =>
    keyKind === undefined
      ? []
      : scopesOf(contract, keyKind)
          .filter((scope) => !scopes.includes(scope))
          .map((scope) => denialProbe({ kind: 'key', keyKind, scopes: [scope] })),
  judge: (observation, conformity) => denial(observation, [403], shapeViolations(observation, conformity)),
})
