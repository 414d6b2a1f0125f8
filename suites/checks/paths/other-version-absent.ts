import { shape } from '../../../openapi/contract.js'
import { absenceProbes, check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { inForm, isVersioned, versionOf } from '../../paths.js'
import { absence } from '../../verdict.js'

export default check({
  id: 'other-version-absent',
  area: 'paths',
  level: 'required',
  title: 'The documented path under a neighbouring, undocumented version is not served.',
  clause: CLAUSES.versioning,
  catches: ['other-version-served'],
  probes: (operation, contract) => {
    if (!isVersioned(operation.path)) return []
    const documented = new Set(contract.operations.map(({ path }) => shape(path)))
    const version = versionOf(operation.path)
    return ([`v${version - 1}`, `v${version + 1}`] as const)
      .filter((form) => !documented.has(shape(inForm(operation.path, form))))
      .flatMap((form) => absenceProbes(operation, form))
  },
  judge: absence,
})
