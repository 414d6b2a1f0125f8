import { KEY_KINDS, type KeyKind } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denialOrNoKey } from '../../verdict.js'

const kinds = Object.keys(KEY_KINDS).filter((kind): kind is KeyKind => kind in KEY_KINDS)

/** Asked with a key that names every scope there is, so that only its audience and product are in the way. */
export default check({
  id: 'other-service-key-denies',
  area: 'authorization',
  level: 'required',
  title: 'A key that is meant for another service is refused, whatever its scopes, and nothing changes.',
  clause: CLAUSES.keyAudience,
  catches: ['task-key-opens-functions', 'function-key-opens-tasks'],
  probes: ({ keyKind }, { keyIssue, scopes }) =>
    keyKind === undefined
      ? []
      : kinds
          .filter((kind) => kind !== keyKind && keyIssue[kind] !== undefined)
          .map((kind) =>
            denialProbe({
              kind: 'key',
              keyKind: kind,
              scopes: scopes.map(({ name }) => name),
              name: 'all of every service',
            }),
          ),
  judge: (observation, conformity) =>
    denialOrNoKey(observation, [401, 403], shapeViolations(observation, conformity)),
})
