import { storyCheck } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { expires } from '../../story-verdict.js'

export default storyCheck({
  id: 'expiry-honoured',
  area: 'keys',
  level: 'required',
  title: 'A key works until it expires and is refused within the bound after.',
  clause: CLAUSES.keyExpiry,
  catches: ['expiry-ignored', 'expiry-early'],
  operation: 'POST /v1/keys',
  story: 'expiry',
  tells: (story) => expires(story, 'alive until it expires, refused within the bound after'),
})
