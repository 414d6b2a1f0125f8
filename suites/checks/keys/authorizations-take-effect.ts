import { storyCheck } from '../../check.js'
import { CLAUSES } from '../../clauses.js'
import { takesHold } from '../../story-verdict.js'

export default storyCheck({
  id: 'authorizations-take-effect',
  area: 'keys',
  level: 'required',
  title: 'Changed authorizations take the place of the former within the bound.',
  clause: CLAUSES.keyAuthorizations,
  catches: ['authorizations-update-without-effect', 'authorizations-update-adds-only'],
  operation: 'PUT /v1/keys/{key-id}/authorizations',
  story: 'authorization-change',
  tells: (story) =>
    takesHold(
      story,
      'the former scope refused and the new one let in, both within the bound',
      'a changed key kept its former authorizations',
    ),
})
