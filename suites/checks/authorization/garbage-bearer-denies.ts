import { isGuarded } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

export default check({
  id: 'garbage-bearer-denies',
  area: 'authorization',
  level: 'required',
  title: 'A bearer that is neither a key nor a token is answered 401, and nothing changes.',
  clause: CLAUSES.bearer,
  catches: ['garbage-bearer-accepted', 'garbage-bearer-as-500'],
  probes: (operation) => (isGuarded(operation) ? [denialProbe({ kind: 'garbage' })] : []),
  judge: (observation, conformity) => denial(observation, [401], shapeViolations(observation, conformity)),
})
