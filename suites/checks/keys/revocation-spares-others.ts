import { storyCheck } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { sparesOthers } from '../../story-verdict.js'

export default storyCheck({
  id: 'revocation-spares-others',
  area: 'keys',
  level: 'required',
  title: 'Deleting a key leaves another key of the same owner alive.',
  clause: CLAUSES.keyRevocation,
  catches: ['revocation-takes-siblings'],
  operation: 'DELETE /v1/keys/{key-id}',
  story: 'revocation',
  tells: (story) => sparesOthers(story, 'the other key alive and known as before, the deleted one 404'),
})
