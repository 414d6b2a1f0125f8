import { isRecord, text } from '../../../openapi/json.js'
import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { judgeAnswer } from '../../verdict.js'

export default check({
  id: 'key-values-differ',
  area: 'keys',
  level: 'required',
  title: 'A newly issued key shares its value with no other.',
  clause: CLAUSES.keySecrecy,
  catches: ['keys-share-value'],
  probes: (operation) => (operation.id === 'POST /v1/keys' ? grantedProbes(operation) : []),
  // Records hold no key or token.
  beyondRecord: () => true,
  judge: (observation) =>
    judgeAnswer(observation, 'a value that no other key has', ({ json }) => {
      const value = isRecord(json) ? text(json.value) : undefined
      if (value === undefined) return ['there is no `value`']
      const values = [...observation.keyValues, value]
      return new Set(values).size < values.length ? ['two keys of this run have the same value'] : []
    }),
})
