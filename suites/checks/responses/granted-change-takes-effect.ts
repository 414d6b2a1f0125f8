import { check, grantedProbe } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { takesEffect } from '../../verdict.js'

export default check({
  id: 'granted-change-takes-effect',
  area: 'responses',
  level: 'required',
  title: 'A granted change shows where its state is read back.',
  clause: CLAUSES.responses,
  examinesSuccess: true,
  catches: ['delete-without-effect', 'update-without-effect'],
  probes: (operation) => (operation.readBack === undefined ? [] : [grantedProbe(operation)]),
  judge: takesEffect,
})
