import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { conformingAnswer } from '../../verdict.js'

export default check({
  id: 'response-schema',
  area: 'responses',
  level: 'required',
  title: 'The body of a granted answer is valid against its documented schema.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: [
    'missing-required-field',
    'wrong-enum-case',
    'wrong-type',
    'null-for-object',
    'camel-case-keys',
    'key-status-unknown',
  ],
  probes: grantedProbes,
  judge: (observation, conformity) =>
    conformingAnswer(observation, 'a body valid against the documented schema', conformity.body),
})
