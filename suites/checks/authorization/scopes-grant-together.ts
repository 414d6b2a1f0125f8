import { scopesOf } from '../../../openapi/contract.js'
import { check, harmlessForm } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { composedGrant } from '../../verdict.js'

export default check({
  id: 'scopes-grant-together',
  area: 'authorization',
  level: 'required',
  title: 'A key with every scope opens the operation.',
  clause: CLAUSES.keyComposition,
  catches: ['many-scopes-close', 'only-first-scope-read'],
  probes: (operation, contract) => {
    const { keyKind } = operation
    if (keyKind === undefined) return []
    const credential = { kind: 'key', keyKind, scopes: scopesOf(contract, keyKind), name: 'all' } as const
    return [{ credential, path: harmlessForm(operation), expects: 'grant' }]
  },
  judge: composedGrant,
})
