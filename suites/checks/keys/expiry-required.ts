import { storyCheck } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { expiryDemanded } from '../../story-verdict.js'

export default storyCheck({
  id: 'expiry-required',
  area: 'keys',
  level: 'required',
  title: 'No key is issued without an expiry, or with one that has passed.',
  clause: CLAUSES.keyExpiry,
  catches: ['expiry-optional', 'past-expiry-accepted'],
  operation: 'POST /v1/keys',
  story: 'expiry-rules',
  tells: (story) => expiryDemanded(story, '400 without expires_at, and with one that has passed'),
})
