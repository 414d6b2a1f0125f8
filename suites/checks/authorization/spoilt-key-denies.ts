import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { KEY_FLAWS, type KeyFlaw } from '../../model.js'
import { denial } from '../../verdict.js'

const flaws = Object.keys(KEY_FLAWS).filter((flaw): flaw is KeyFlaw => flaw in KEY_FLAWS)

export default check({
  id: 'spoilt-key-denies',
  area: 'authorization',
  level: 'required',
  title: 'A granting key that is cut short or differs in one character is refused, and nothing changes.',
  clause: CLAUSES.deadKeys,
  catches: ['truncated-key-accepted', 'flipped-key-accepted'],
  probes: ({ keyKind, scopes: [scope] }) =>
    keyKind === undefined || scope === undefined
      ? []
      : flaws.map((flaw) => denialProbe({ kind: 'key', keyKind, scopes: [scope], flaw })),
  judge: (observation, conformity) =>
    denial(observation, [401, 403], shapeViolations(observation, conformity)),
})
