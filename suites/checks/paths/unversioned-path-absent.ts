import { absenceProbe, check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { absence } from '../../verdict.js'

export default check({
  id: 'unversioned-path-absent',
  area: 'paths',
  level: 'required',
  title: 'The documented path without its version is not served.',
  clause: CLAUSES.versioning,
  catches: ['unversioned-path-served'],
  probes: (operation) => [absenceProbe(operation, 'unversioned')],
  judge: absence,
})
