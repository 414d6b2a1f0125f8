import { check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { grant } from '../../verdict.js'

/** Advice: it is how services behave, and the documents do not promise it. */
export default check({
  id: 'resources-do-not-matter',
  area: 'authorization',
  level: 'advisory',
  title: 'An operation that concerns no function is open to a key without resources.',
  clause: CLAUSES.keyResources,
  catches: ['no-resources-no-entry'],
  probes: ({ keyKind, resources, scopes: [scope] }) =>
    keyKind === undefined || scope === undefined || resources?.use !== 'ignored'
      ? []
      : [
          {
            credential: { kind: 'key', keyKind, scopes: [scope], reach: 'none' },
            path: 'documented',
            expects: 'grant',
          },
        ],
  judge: grant,
})
