import { namesResource } from '../../../openapi/contract.js'
import { check, ownsKeys, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { emptyList, wall } from '../../verdict.js'

export default check({
  id: 'other-issuer-sees-nothing',
  area: 'keys',
  level: 'required',
  title: 'Under another issuer a key does not exist: not to read, to list, to change or to revoke.',
  clause: CLAUSES.keyOwners,
  catches: ['issuer-not-compared'],
  probes: (operation, { keyIssue }) =>
    ownsKeys(operation) && keyIssue.taskKey !== undefined
      ? [{ credential: { kind: 'none' }, path: 'other-issuer', expects: 'denial' }]
      : [],
  // Lists of keys are cut.
  beyondRecord: (operation) => !namesResource(operation),
  judge: (observation, conformity) =>
    namesResource(observation.operation)
      ? wall(observation, shapeViolations(observation, conformity))
      : emptyList(observation, '/keys/*'),
})
