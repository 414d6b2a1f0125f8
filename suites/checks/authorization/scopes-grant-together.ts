import { scopesOf } from '../../../openapi/contract.js'
import { check, harmlessForm } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import type { KeyCredential } from '../../model.js'
import { grant } from '../../verdict.js'

export default check({
  id: 'scopes-grant-together',
  area: 'authorization',
  level: 'required',
  title: 'A key with every scope, or with every scope but the other alternatives, opens the operation.',
  clause: CLAUSES.keyComposition,
  catches: ['many-scopes-close', 'only-first-scope-read'],
  probes: (operation, contract) => {
    const { keyKind, scopes: alternatives } = operation
    if (keyKind === undefined) return []
    // Last first: all other keys list their scopes in the contract's order.
    const all = scopesOf(contract, keyKind).reverse()
    const withOnly = (alternative: string): KeyCredential => {
      const others = alternatives.filter((other) => other !== alternative)
      const scopes = all.filter((scope) => !others.includes(scope))
      return { kind: 'key', keyKind, scopes, name: ['all but', ...others].join(' ') }
    }
    const keys: KeyCredential[] = [
      { kind: 'key', keyKind, scopes: all, name: 'all' },
      ...(alternatives.length > 1 ? alternatives.map(withOnly) : []),
    ]
    return keys.map((credential) => ({ credential, path: harmlessForm(operation), expects: 'grant' }))
  },
  judge: grant,
})
