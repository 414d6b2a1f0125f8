import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { conformingAnswer } from '../../verdict.js'

export default check({
  id: 'response-content-type',
  area: 'responses',
  level: 'required',
  title: 'A granted request is answered in a documented media type.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: ['json-as-text', 'success-as-html'],
  probes: grantedProbes,
  judge: (observation, conformity) =>
    conformingAnswer(observation, 'a documented media type', conformity.contentType),
})
