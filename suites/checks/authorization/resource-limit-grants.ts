import { check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { grant } from '../../verdict.js'

export default check({
  id: 'resource-limit-grants',
  area: 'authorization',
  level: 'required',
  title: 'A key that is limited to a function opens the operation on that function.',
  clause: CLAUSES.keyResources,
  catches: ['limited-key-reaches-nothing'],
  probes: ({ keyKind, resources, scopes: [scope] }) =>
    keyKind === undefined || scope === undefined || resources?.use !== 'checked'
      ? []
      : [
          {
            credential: { kind: 'key', keyKind, scopes: [scope], reach: 'own' },
            path: 'documented',
            expects: 'grant',
          },
        ],
  judge: grant,
})
