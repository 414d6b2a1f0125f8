import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { documentedStatus } from '../../verdict.js'

export default check({
  id: 'response-status',
  area: 'responses',
  level: 'required',
  title: 'A granted request is answered with a documented status.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: ['create-answers-201', 'delete-answers-200'],
  probes: grantedProbes,
  judge: documentedStatus,
})
