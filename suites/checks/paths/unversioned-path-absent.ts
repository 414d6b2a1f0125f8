import { absenceProbes, check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { isVersioned } from '../../paths.js'
import { absence } from '../../verdict.js'

export default check({
  id: 'unversioned-path-absent',
  area: 'paths',
  level: 'required',
  title: 'The documented path without its version is not served.',
  clause: CLAUSES.versioning,
  catches: ['unversioned-path-served'],
  probes: (operation) => (isVersioned(operation.path) ? absenceProbes(operation, 'unversioned') : []),
  judge: absence,
})
