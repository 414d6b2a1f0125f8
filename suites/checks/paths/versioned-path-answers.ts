import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { presence } from '../../verdict.js'

export default check({
  id: 'versioned-path-answers',
  area: 'paths',
  level: 'required',
  title: 'The documented path, with its version, is served.',
  clause: CLAUSES.versioning,
  examinesSuccess: true,
  catches: ['operation-missing'],
  probes: grantedProbes,
  judge: presence,
})
