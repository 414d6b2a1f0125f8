import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

/**
 * Advice: the same pages name the admin token among the credentials of operations whose scopes it lacks. Not
 * where an account would be created, were it granted: a deployment may give its token more than the documents.
 */
export default check({
  id: 'admin-token-denies',
  area: 'authorization',
  level: 'advisory',
  title: 'The admin token is refused where it holds none of the scopes that open the operation.',
  clause: CLAUSES.adminScopes,
  catches: ['admin-token-widened'],
  probes: ({ admin, creates }) =>
    admin === 'deny' && creates !== 'account' ? [denialProbe({ kind: 'admin' })] : [],
  judge: (observation, conformity) => denial(observation, [403], shapeViolations(observation, conformity)),
})
