import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { conformingAnswer } from '../../verdict.js'

/** Advice: real services are known to leave declared formats in places where clients do not mind. */
export default check({
  id: 'response-formats',
  area: 'responses',
  level: 'advisory',
  title: 'Identifiers, times and durations in a granted answer keep their documented format.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: ['timestamps-in-words'],
  probes: grantedProbes,
  judge: (observation, conformity) =>
    conformingAnswer(observation, 'values in their documented formats', conformity.formats),
})
