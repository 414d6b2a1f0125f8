import { namesResource } from '../../../openapi/contract.js'
import { check, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { isVersioned } from '../../paths.js'
import { denial } from '../../verdict.js'

/** The services that are known to ask for the credential before anything else. */
const CREDENTIAL_FIRST: ReadonlySet<string> = new Set(['api', 'tasks'])

export default check({
  id: 'stranger-learns-nothing',
  area: 'authorization',
  level: 'required',
  title: 'Without a credential an unknown path, and a resource that does not exist, are 401 like all others.',
  clause: CLAUSES.noDisclosure,
  catches: ['unknown-path-before-credential'],
  probes: (operation) => {
    const { keyKind, path, service } = operation
    if (keyKind === undefined || !CREDENTIAL_FIRST.has(service) || !isVersioned(path)) return []
    const forms = namesResource(operation) ? (['unknown', 'absent'] as const) : (['unknown'] as const)
    return forms.map((form) => ({ credential: { kind: 'none' }, path: form, expects: 'denial' }))
  },
  judge: (observation, conformity) => denial(observation, [401], shapeViolations(observation, conformity)),
})
