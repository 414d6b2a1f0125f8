import { isGuarded } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { TOKEN_FLAWS, type TokenFlaw } from '../../model.js'
import { denial } from '../../verdict.js'

const flaws = Object.keys(TOKEN_FLAWS).filter((flaw): flaw is TokenFlaw => flaw in TOKEN_FLAWS)

export default check({
  id: 'invalid-token-denies',
  area: 'authorization',
  level: 'required',
  title: 'An Authorization header that holds nothing valid is answered 401, and nothing changes.',
  clause: CLAUSES.bearer,
  catches: [
    'empty-bearer-accepted',
    'basic-accepted',
    'expired-token-accepted',
    'foreign-token-accepted',
    'unsigned-token-accepted',
    'tampered-token-accepted',
  ],
  probes: (operation) =>
    isGuarded(operation) && !operation.reserved
      ? flaws.map((flaw) => denialProbe({ kind: 'token', flaw }))
      : [],
  judge: (observation, conformity) => denial(observation, [401], shapeViolations(observation, conformity)),
})
