import { namesResource } from '../../../openapi/contract.js'
import { check, ownsKeys, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { emptyList, wall } from '../../verdict.js'

export default check({
  id: 'other-owner-sees-nothing',
  area: 'keys',
  level: 'required',
  title: 'To another owner a key does not exist: not to read, to list, to change or to revoke.',
  clause: CLAUSES.keyOwners,
  catches: [
    'other-owners-keys-readable',
    'other-owners-keys-listed',
    'other-owners-keys-revocable',
    'other-owners-keys-changeable',
    'other-owners-keys-as-403',
  ],
  probes: (operation) =>
    ownsKeys(operation) ? [{ credential: { kind: 'none' }, path: 'other-owner', expects: 'denial' }] : [],
  // Lists of keys are cut.
  beyondRecord: (operation) => !namesResource(operation),
  judge: (observation, conformity) =>
    namesResource(observation.operation)
      ? wall(observation, shapeViolations(observation, conformity))
      : emptyList(observation, '/keys/*'),
})
