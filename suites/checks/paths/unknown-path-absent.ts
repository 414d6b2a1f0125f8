import { absenceProbes, check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { isVersioned } from '../../paths.js'
import { absence } from '../../verdict.js'

export default check({
  id: 'unknown-path-absent',
  area: 'paths',
  level: 'required',
  title: 'A path that nobody documents is not served.',
  clause: CLAUSES.versioning,
  catches: ['unknown-path-answers'],
  probes: (operation) => (isVersioned(operation.path) ? absenceProbes(operation, 'unknown') : []),
  judge: absence,
})
