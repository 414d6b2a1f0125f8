import { bystander, check } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { DISGUISES } from '../../disguises.js'
import { noWayAround } from '../../verdict.js'

export default check({
  id: 'no-way-around',
  area: 'authorization',
  level: 'required',
  title: 'A key that lacks the scope is not granted in whatever disguise its request goes out.',
  clause: CLAUSES.onePath,
  catches: [
    'head-skips-scope',
    'options-runs-operation',
    'method-override-honoured',
    'trailing-slash-skips-scope',
    'double-slash-skips-scope',
    'dot-segment-skips-scope',
    'encoded-path-skips-scope',
    'path-case-skips-scope',
    'path-parameter-skips-scope',
    'other-host-skips-scope',
    'query-token-skips-scope',
    'body-token-skips-scope',
    'basic-scheme-skips-scope',
    'lower-case-scheme-skips-scope',
    'doubled-authorization-skips-scope',
    'absolute-form-skips-scope',
    'original-url-honoured',
    'forwarded-for-trusted',
  ],
  probes: (operation, contract) => {
    const { keyKind } = operation
    const scope = bystander(operation, contract)
    if (keyKind === undefined || scope === undefined) return []
    return DISGUISES.filter((disguise) => disguise.applies(operation)).map(({ id }) => ({
      credential: { kind: 'key', keyKind, scopes: [scope] },
      path: 'documented',
      expects: 'denial',
      disguise: id,
    }))
  },
  judge: noWayAround,
})
