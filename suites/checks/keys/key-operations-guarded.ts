import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { guarded } from '../../verdict.js'

/** Advice: real deployments answer these to whoever reaches the Host, and the documented commands imply it. */
export default check({
  id: 'key-operations-guarded',
  area: 'keys',
  level: 'advisory',
  title: 'Who mints, lists, changes, revokes and administers keys is asked for a credential.',
  clause: CLAUSES.keyExposure,
  catches: [],
  failsOnReference: 'like real deployments, it asks for no credential there',
  examinesSuccess: true,
  probes: (operation) => (operation.exposure === undefined ? [] : grantedProbes(operation)),
  judge: guarded,
})
