import { keyKinds } from '../../../openapi/contract.js'
import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial, unlessNotIssued } from '../../verdict.js'

/** Asked with a key that claims what opens the operation, so that only its audience and product are in the way. */
export default check({
  id: 'other-service-key-denies',
  area: 'authorization',
  level: 'required',
  title: 'A key that is meant for another service is refused, whatever its scopes, and nothing changes.',
  clause: CLAUSES.keyAudience,
  catches: ['task-key-opens-functions', 'function-key-opens-tasks'],
  probes: ({ keyKind, scopes }, { keyIssue }) =>
    keyKind === undefined
      ? []
      : keyKinds
          .filter((kind) => kind !== keyKind && keyIssue[kind] !== undefined)
          .map((kind) => denialProbe({ kind: 'key', keyKind: kind, scopes })),
  judge: (observation, conformity) =>
    unlessNotIssued(observation, (one) => denial(one, [401, 403], shapeViolations(one, conformity))),
})
