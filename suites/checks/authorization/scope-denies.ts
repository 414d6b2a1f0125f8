import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

export default check({
  id: 'scope-denies',
  area: 'authorization',
  level: 'required',
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
  ],
  probes: (operation, contract) =>
    operation.scopes.length === 0
      ? []
      : contract.scopes
          .filter(({ name }) => !operation.scopes.includes(name))
          .map(({ name }) => denialProbe({ kind: 'key', scopes: [name] })),
  judge: (observation, conformity) => denial(observation, 403, shapeViolations(observation, conformity)),
})
