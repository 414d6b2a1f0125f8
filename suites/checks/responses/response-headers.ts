import { successStatuses } from '../../../openapi/contract.js'
import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { conformingAnswer } from '../../verdict.js'

export default check({
  id: 'response-headers',
  area: 'responses',
  level: 'required',
  title: 'A granted answer carries the headers that the documents require.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: ['invocation-without-request-id'],
  probes: (operation) =>
    operation.responses.some(
      ({ status, headers }) =>
        successStatuses(operation).includes(status) && headers.some(({ required }) => required),
    )
      ? grantedProbes(operation)
      : [],
  judge: (observation, conformity) =>
    conformingAnswer(observation, 'the documented headers', conformity.headers),
})
