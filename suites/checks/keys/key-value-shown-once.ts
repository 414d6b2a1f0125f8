import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { judgeAnswer } from '../../verdict.js'

export default check({
  id: 'key-value-shown-once',
  area: 'keys',
  level: 'required',
  title: 'Reading or changing a key does not show its value again.',
  clause: CLAUSES.keySecrecy,
  examinesSuccess: true,
  catches: ['key-shown-again'],
  probes: (operation) =>
    operation.service === 'api-keys' && operation.effect !== 'issue' ? grantedProbes(operation) : [],
  judge: (observation) =>
    judgeAnswer(observation, 'no value of an issued key', (answer) =>
      observation.keyValues.some((value) => answer.text.includes(value))
        ? ['the answer holds the value of a key in clear']
        : [],
    ),
})
