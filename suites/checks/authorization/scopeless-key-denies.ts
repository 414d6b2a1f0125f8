import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, unlessNotIssued } from '../../verdict.js'

export default check({
  id: 'scopeless-key-denies',
  area: 'authorization',
  level: 'required',
  title: 'A key without any scope is refused, and nothing changes.',
  clause: CLAUSES.keyScopes,
  catches: ['scopeless-key-opens-all'],
  probes: ({ keyKind }) => (keyKind === undefined ? [] : [denialProbe({ kind: 'key', keyKind, scopes: [] })]),
  judge: (observation, conformity) =>
    unlessNotIssued(observation, (one) => denial(one, [403], shapeViolations(one, conformity))),
})
