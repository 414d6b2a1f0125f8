import { check, denialProbe, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { denial } from '../../verdict.js'

/** 404 is as good as 403: it gives nothing away. */
export default check({
  id: 'resource-limit-denies',
  area: 'authorization',
  level: 'required',
  title: 'A key that is limited to another function, or has no resources, is refused, and nothing changes.',
  clause: CLAUSES.keyResources,
  catches: [
    'resources-ignored-in-reads',
    'resources-ignored-in-writes',
    'resources-ignored-in-invocation',
    'any-own-resource-reaches-all',
    'empty-resources-reach-all',
    'resource-denial-executes',
  ],
  probes: ({ keyKind, resources, scopes: [scope] }) =>
    keyKind === undefined || scope === undefined || resources?.use !== 'checked'
      ? []
      : (['other', 'none'] as const).map((reach) =>
          denialProbe({ kind: 'key', keyKind, scopes: [scope], reach }),
        ),
  judge: (observation, conformity) =>
    denial(observation, [403, 404], shapeViolations(observation, conformity)),
})
