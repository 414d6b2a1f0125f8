import { canonical, isRecord, type JsonRecord, text } from '../../../openapi/json.js'
import { check, grantedProbes } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { judgeAnswer } from '../../verdict.js'

/** The shortest value that cannot be guessed: 32 characters of base64url carry 192 bits. */
const SHORTEST_SECRET = 32

const issuedKeyViolations = (asked: JsonRecord, owner: string | undefined, issued: JsonRecord): string[] => {
  const value = text(issued.value) ?? ''
  const expiry = Date.parse(text(issued.expires_at) ?? '')
  const rules: [boolean, string][] = [
    [value.startsWith('nvapi-'), '`value` does not start with nvapi-'],
    [value.length >= SHORTEST_SECRET, `\`value\` has fewer than ${SHORTEST_SECRET} characters`],
    [
      expiry === Date.parse(text(asked.expires_at) ?? ''),
      '`expires_at` is not the instant that was asked for',
    ],
    [issued.description === asked.description, '`description` is not the one that was sent'],
    [issued.owner_id === owner, '`owner_id` is not the Key-Owner-Id that was sent'],
    [
      canonical(issued.authorizations) === canonical(asked.authorizations),
      '`authorizations` are not those that were sent',
    ],
  ]
  return rules.filter(([holds]) => !holds).map(([, sentence]) => sentence)
}

export default check({
  id: 'scoped-key-issued',
  area: 'keys',
  level: 'required',
  title: 'A scoped key is issued with the owner, expiry and authorizations that were asked for.',
  clause: CLAUSES.keyIssue,
  catches: ['key-value-short', 'key-expiry-stretched', 'key-scopes-widened'],
  probes: (operation) => (operation.id === 'POST /v1/keys' ? grantedProbes(operation) : []),
  // Records hold no key or token.
  beyondRecord: () => true,
  judge: (observation) =>
    judgeAnswer(observation, 'the key that was asked for', ({ json }) => {
      const { body, headers } = observation.sent
      if (!isRecord(json) || !isRecord(body)) return ['the answer is not a JSON object']
      return issuedKeyViolations(body, headers['key-owner-id'], json)
    }),
})
