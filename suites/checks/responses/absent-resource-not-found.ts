import { type Operation, responseOf } from '../../../openapi/contract.js'
import { absenceProbes, check, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { notFound } from '../../verdict.js'

/** Whether a request can name something that does not exist, and the documents answer that with 404. */
const namesAbsentable = (operation: Operation): boolean =>
  operation.subject !== 'none' && responseOf(operation, 404) !== undefined

export default check({
  id: 'absent-resource-not-found',
  area: 'responses',
  level: 'required',
  title: 'A resource that does not exist is a documented 404.',
  clause: CLAUSES.errors,
  catches: ['absent-resource-as-200', 'absent-resource-as-text', 'absent-resource-as-500'],
  probes: (operation) => (namesAbsentable(operation) ? absenceProbes(operation, 'absent') : []),
  judge: (observation, conformity) => notFound(observation, shapeViolations(observation, conformity)),
})
