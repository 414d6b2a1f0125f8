import { usesUp } from '../../../openapi/contract.js'
import { adminProbe, check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { takesEffect } from '../../verdict.js'

export default check({
  id: 'granted-change-takes-effect',
  area: 'responses',
  level: 'required',
  title: 'A granted change shows where its state is read back.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: ['delete-without-effect', 'update-without-effect', 'cancel-without-effect'],
  probes: (operation) => {
    if (operation.readBack === undefined) return []
    // The same update twice is one change; what uses its subject up gets a new one for each credential.
    const again = operation.admin === 'grant' && operation.scopes.length > 0 && usesUp(operation)
    return again ? [...grantedProbes(operation), adminProbe] : grantedProbes(operation)
  },
  judge: takesEffect,
})
