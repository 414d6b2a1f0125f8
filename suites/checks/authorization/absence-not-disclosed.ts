import { namesResource } from '../../../openapi/contract.js'
import { bystander, check, shapeViolations } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { disclosesNothing } from '../../verdict.js'

export default check({
  id: 'absence-not-disclosed',
  area: 'authorization',
  level: 'required',
  title: 'Without the scope a resource that does not exist gets the same 403 as one that does.',
  clause: CLAUSES.noDisclosure,
  catches: ['absence-before-scope'],
  probes: (operation, contract) => {
    const { keyKind } = operation
    const scope = bystander(operation, contract)
    if (keyKind === undefined || scope === undefined || !namesResource(operation)) return []
    return (['documented', 'absent'] as const).map((path) => ({
      credential: { kind: 'key', keyKind, scopes: [scope] },
      path,
      expects: 'denial',
    }))
  },
  judge: (observation, conformity) => disclosesNothing(observation, shapeViolations(observation, conformity)),
})
