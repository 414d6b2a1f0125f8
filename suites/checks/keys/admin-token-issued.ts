import { isRecord, text } from '../../../openapi/json.js'
import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { decodeJwt } from '../../jwt.js'
import { judgeAnswer } from '../../verdict.js'

export default check({
  id: 'admin-token-issued',
  area: 'keys',
  level: 'required',
  title: 'The admin key endpoint issues a signed JWT.',
  clause: CLAUSES.adminKeys,
  catches: ['admin-token-opaque', 'admin-token-unsigned'],
  probes: (operation) => (operation.id === 'POST /v1/admin/keys' ? grantedProbes(operation) : []),
  // Records hold no key or token.
  beyondRecord: () => true,
  judge: (observation) =>
    judgeAnswer(observation, 'a signed JWT in `value`', ({ json }) => {
      const token = isRecord(json) ? text(json.value) : undefined
      if (token === undefined) return ['there is no `value`']
      const jwt = decodeJwt(token)
      if (jwt === undefined) return ['`value` is not a JWT']
      if (jwt.signature === '' || text(jwt.header.alg)?.toLowerCase() === 'none')
        return ['the JWT is not signed']
      return []
    }),
})
