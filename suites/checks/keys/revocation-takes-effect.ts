import { storyCheck } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { takesHold } from '../../story-verdict.js'

export default storyCheck({
  id: 'revocation-takes-effect',
  area: 'keys',
  level: 'required',
  title: 'A key that is deleted is refused everywhere within the bound.',
  clause: CLAUSES.keyRevocation,
  catches: ['revocation-without-effect'],
  operation: 'DELETE /v1/keys/{key-id}',
  story: 'revocation',
  tells: (story) => takesHold(story, 'alive before, refused within the bound', 'a revoked key kept working'),
})
