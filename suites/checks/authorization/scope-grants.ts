import { check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { grant } from '../../verdict.js'

export default check({
  id: 'scope-grants',
  area: 'authorization',
  level: 'required',
  title: 'A key with one documented scope alone opens the operation.',
  clause: CLAUSES.keyScopes,
  catches: [
    'one-cell-under-grant',
    'one-task-cell-under-grant',
    'registry-scope-as-in-prose',
    'first-alternative-only',
  ],
  probes: ({ keyKind, scopes }) =>
    keyKind === undefined
      ? []
      : scopes.map((scope) => ({
          credential: { kind: 'key', keyKind, scopes: [scope] },
          path: 'documented',
          expects: 'grant',
        })),
  judge: grant,
})
