/** The findings of a level, by operation: what was expected, what was observed, and the proof. Pure. */
import { grouped } from '../../suites/group.js'
import type { Level } from '../../suites/model.js'
import { deviationsInWords, type Failure, FINDINGS, failures, LEVELS, requester } from '../findings.js'
import type { RecordedCell } from '../record.js'
import { proofInWords } from '../summary.js'
import { counted } from '../text.js'
import type { Waived } from '../waivers.js'
import type { Budget } from './budget.js'
import { type Context, GLYPHS, glyph, marksOf, tags } from './context.js'
import { Exhibits, roomForMentions } from './exchanges.js'
import { breakable, cellFragment, facts, html, type Markup, NOTHING, section, when } from './markup.js'

/** Of the room that is left for findings, what their exchanges get at least. */
const LEAST_FOR_EXCHANGES = 0.3
/** Bytes below which no finding is told. */
const LEAST_FINDING = 1000
/** So many findings show all their exchanges, whatever is left for the others. */
const WHOLE = 20
/** So many operations are unfolded at once. */
const OPEN_OPERATIONS = 8

export const waivedInWords = ({ expires, owner, reason }: Waived): string =>
  `${reason} (${owner}, until ${expires})`

interface Group {
  readonly operation: string
  readonly found: readonly Failure[]
}

function groups(context: Context, level: Level): Group[] {
  return [...grouped(failures(context.record, level), ({ cell }) => cell.operation)].map(
    ([operation, found]) => ({
      operation,
      found,
    }),
  )
}

function findingMarkup(
  context: Context,
  { cell, finding }: Failure,
  isOpen: boolean,
  exhibits: Markup,
): Markup {
  const { clause, expected, observed, replay } = finding
  const proof = proofInWords(context.proofs(cell))
  const all = [
    { name: 'Expected', value: expected },
    { name: 'Observed', value: observed },
    { name: 'Clause', value: `${clause.source}: ${clause.text}` },
    ...(proof === '' ? [] : [{ name: 'Around it', value: proof }]),
    ...(cell.waived === undefined ? [] : [{ name: 'Waived', value: waivedInWords(cell.waived) }]),
    { name: 'Cell', value: html`<code class="cell-id">${cell.id}</code>` },
    { name: 'Replay', value: html`<code class="copyable">${replay}</code>` },
  ]
  return html`<details class="finding" id="${cellFragment(cell.id)}"${when(isOpen, html` open`)}><summary><span class="verdict fail">${glyph(GLYPHS.fail)} ${cell.check}</span> with ${requester(cell)}: ${observed}${tags(marksOf(context, cell).filter((mark) => mark !== 'advisory'))}</summary>
${facts(all)}${exhibits}</details>
`
}

const opening = ({ found, operation }: Group, isOpen: boolean): Markup =>
  html`<details class="operation"${when(isOpen, html` open`)}><summary><h3>${breakable(operation)}</h3> <span class="told">${counted(found.length, 'finding')}: ${deviationsInWords(found)}</span></summary>
`
const CLOSING = html`</details>
`

/** Those that are left to record.json, by check. */
function leftOver(left: readonly Failure[]): Markup {
  const byCheck = [...grouped(left, ({ cell }) => cell.check)].map(([check, own]) => `${own.length} ${check}`)
  return left.length === 0
    ? NOTHING
    : html`<p class="rest">and ${counted(left.length, 'more finding')} in record.json: ${byCheck.join(', ')}</p>
`
}

/** All findings within the room, and the ids of the cells that are shown. */
export function findingSections(context: Context, budget: Budget): Markup {
  const levels = LEVELS.map((level) => ({ level, groups: groups(context, level) }))
  const shown = new Set<RecordedCell>()
  const reserve = budget.left * LEAST_FOR_EXCHANGES
  for (const group of levels.flatMap((one) => one.groups)) {
    const head = opening(group, true).bytes + CLOSING.bytes
    if (budget.left - head - LEAST_FINDING < reserve || !budget.spend(head)) break
    for (const failure of group.found) {
      if (budget.left - LEAST_FINDING < reserve) break
      const room =
        findingMarkup(context, failure, true, NOTHING).bytes + roomForMentions(context.proofs(failure.cell))
      if (budget.left - room >= reserve && budget.spend(room)) shown.add(failure.cell)
    }
  }
  const exhibits = new Exhibits(
    [...shown].map((cell) => ({ id: cell.id, proofs: context.proofs(cell) })),
    WHOLE,
    budget,
  )
  const [first] = shown
  const parts = levels.map(({ groups, level }) => {
    const all = groups.flatMap(({ found }) => found)
    if (all.length === 0) return NOTHING
    const kept = groups.map((group) => ({
      ...group,
      told: group.found.filter(({ cell }) => shown.has(cell)),
    }))
    const content = kept
      .filter(({ told }) => told.length > 0)
      .map(
        (group, index) =>
          html`${opening(group, index < OPEN_OPERATIONS)}${group.told.map((failure) =>
            findingMarkup(
              context,
              failure,
              failure.cell === first,
              exhibits.of(failure.cell.id, context.proofs(failure.cell)),
            ),
          )}${CLOSING}`,
      )
    return section(
      level === 'required' ? 'findings' : 'advisory-findings',
      FINDINGS[level],
      html`<p>${counted(all.length, 'finding')} of ${counted(groups.length, 'operation')}: ${deviationsInWords(all)}${agesInWords(context, all)}.</p>
${content}${leftOver(all.filter(({ cell }) => !shown.has(cell)))}`,
    )
  })
  return html`${parts}`
}

/** `; 3 new, 4 old, 2 waived`; empty where there is nothing of the kind. */
function agesInWords(context: Context, all: readonly Failure[]): string {
  const marks = all.flatMap(({ cell }) => marksOf(context, cell).filter((mark) => mark !== 'advisory'))
  const byMark = grouped(marks, (mark) => mark)
  return byMark.size === 0 ? '' : `; ${[...byMark].map(([mark, own]) => `${own.length} ${mark}`).join(', ')}`
}
