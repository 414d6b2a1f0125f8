import { check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { REACHES, type Reach } from '../../model.js'
import { filtered } from '../../verdict.js'

const reaches = Object.keys(REACHES).filter((reach): reach is Reach => reach in REACHES)

export default check({
  id: 'resource-limit-filters',
  area: 'authorization',
  level: 'required',
  needs: ['create'],
  title: 'A list holds the functions that the key reaches, and no other.',
  clause: CLAUSES.keyResources,
  catches: ['resources-ignored-in-lists'],
  probes: ({ keyKind, resources, scopes: [scope] }) =>
    keyKind === undefined || scope === undefined || resources?.use !== 'filtered'
      ? []
      : reaches.map((reach) => ({
          credential: { kind: 'key', keyKind, scopes: [scope], reach },
          path: 'documented',
          expects: 'grant',
        })),
  // No record tells which functions there were.
  beyondRecord: () => true,
  judge: filtered,
})
