import { scopesOf } from '../../../openapi/contract.js'
import { check, harmlessForm, showcases } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import type { KeyCredential } from '../../model.js'
import { grant, unlessNotIssued } from '../../verdict.js'

export default check({
  id: 'repeated-scope-grants',
  area: 'authorization',
  level: 'required',
  title: 'A scope opens what it opens when it is listed twice, and wherever in the list it stands.',
  clause: CLAUSES.keyComposition,
  catches: ['repeated-scope-void', 'only-first-scope-read'],
  probes: (operation, contract) => {
    const { keyKind } = operation
    if (keyKind === undefined) return []
    return showcases(contract, operation).flatMap((scope) => {
      const others = scopesOf(contract, keyKind).filter((other) => other !== scope)
      const listed: KeyCredential[] = [
        { kind: 'key', keyKind, scopes: [scope, scope] },
        { kind: 'key', keyKind, scopes: [...others, scope], name: `all, ${scope} last` },
      ]
      return listed.map((credential) => ({ credential, path: harmlessForm(operation), expects: 'grant' }))
    })
  },
  judge: (observation) => unlessNotIssued(observation, grant),
})
