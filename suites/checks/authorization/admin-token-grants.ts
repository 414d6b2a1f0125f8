import { adminProbe, check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { grant } from '../../verdict.js'

export default check({
  id: 'admin-token-grants',
  area: 'authorization',
  level: 'required',
  title: 'The admin token opens the operation.',
  clause: CLAUSES.adminToken,
  catches: ['admin-token-lacks-clusters', 'admin-token-limited', 'admin-token-lacks-delete'],
  probes: (operation) => (operation.admin === 'grant' ? [adminProbe] : []),
  judge: grant,
})
