import { namesResource } from '../../../openapi/contract.js'
import { absenceProbe, check, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { notFound } from '../../verdict.js'

export default check({
  id: 'absent-resource-not-found',
  area: 'responses',
  level: 'required',
  title: 'A resource that does not exist is a documented 404.',
  clause: CLAUSES.errors,
  catches: ['absent-resource-as-200', 'absent-resource-as-text', 'absent-resource-as-500'],
  probes: (operation) => (namesResource(operation) ? [absenceProbe(operation, 'absent')] : []),
  judge: (observation, conformity) => notFound(observation, shapeViolations(observation, conformity)),
})
