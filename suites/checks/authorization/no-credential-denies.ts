import { isGuarded } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

export default check({
  id: 'no-credential-denies',
  area: 'authorization',
  level: 'required',
  title: 'A request without a credential is answered 401, and nothing changes.',
  clause: CLAUSES.bearer,
  catches: [
    'credential-ignored',
    'missing-credential-as-403',
    'missing-credential-without-challenge',
    'direct-invocation-unauthenticated',
  ],
  probes: (operation) => (isGuarded(operation) ? [denialProbe({ kind: 'none' })] : []),
  judge: (observation, conformity) => denial(observation, [401], shapeViolations(observation, conformity)),
})
