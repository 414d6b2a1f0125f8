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
function leftOver(left: readonly Failure[], more: boolean): Markup {
  const byCheck = [...grouped(left, ({ cell }) => cell.check)].map(([check, own]) => `${own.length} ${check}`)
  return left.length === 0
    ? NOTHING
    : html`<p class="rest">${when(more, html`and `)}${counted(left.length, more ? 'more finding' : 'finding')} in record.json: ${byCheck.join(', ')}</p>
`
}

interface OfLevel {
  readonly level: Level
  readonly groups: readonly Group[]
}

/** The first of each check and operation, then the second of each, and so on: no kind is crowded out by another. */
function inTurn(found: readonly Failure[]): Failure[] {
  const turns = [...grouped(found, ({ cell }) => `${cell.check}\n${cell.operation}`).values()].flatMap(
    (own) => own.map((failure, turn) => ({ failure, turn })),
  )
  return turns.sort((a, b) => a.turn - b.turn).map(({ failure }) => failure)
}

interface Chosen {
  /** Operations that are named. */
  readonly named: ReadonlySet<Group>
  /** Cells whose findings are told. */
  readonly shown: ReadonlySet<RecordedCell>
}

/** What there is room for: every operation first, then the findings. */
function chosen(context: Context, levels: readonly OfLevel[], budget: Budget): Chosen {
  const named = new Set<Group>()
  const shown = new Set<RecordedCell>()
  const reserve = budget.left * LEAST_FOR_EXCHANGES
  const fits = (bytes: number) => budget.left - bytes >= reserve && budget.spend(bytes)
  for (const { groups } of levels) {
    for (const group of groups)
      if (fits(opening(group, true).bytes + leftOver(group.found, true).bytes)) named.add(group)
    const told = groups.filter((group) => named.has(group))
    for (const failure of inTurn(told.flatMap(({ found }) => found))) {
      const room =
        findingMarkup(context, failure, true, NOTHING).bytes + roomForMentions(context.proofs(failure.cell))
      if (fits(room)) shown.add(failure.cell)
    }
  }
  return { named, shown }
}

const introduction = (context: Context, level: Level, groups: readonly Group[]): Markup => {
  const all = groups.flatMap(({ found }) => found)
  return html`<p>${counted(all.length, 'finding')} of ${counted(groups.length, 'operation')}: ${deviationsInWords(all)}${agesInWords(context, all)}.${when(level === 'advisory', html` Advice decides no verdict.`)}</p>
`
}

/** The findings of each level that has any, within the room. */
export function findingSections(context: Context, budget: Budget): ReadonlyMap<Level, Markup> {
  const levels = LEVELS.map((level) => ({ level, groups: groups(context, level) })).filter(
    (one) => one.groups.length > 0,
  )
  const { named, shown } = chosen(context, levels, budget)
  const exhibits = new Exhibits(
    [...shown].map((cell) => ({ id: cell.id, proofs: context.proofs(cell) })),
    WHOLE,
    budget,
  )
  const isFirst = ({ cell }: Failure) => shown.has(cell) && cell.level === 'required'
  const first = levels.flatMap((one) => one.groups.flatMap(({ found }) => found)).find(isFirst)
  const operation = (group: Group, isOpen: boolean): Markup => {
    const told = group.found.filter(({ cell }) => shown.has(cell))
    const drawn = told.map((failure) =>
      findingMarkup(
        context,
        failure,
        failure === first,
        exhibits.of(failure.cell.id, context.proofs(failure.cell)),
      ),
    )
    const left = group.found.filter(({ cell }) => !shown.has(cell))
    return html`${opening(group, isOpen && drawn.length > 0)}${drawn}${leftOver(left, drawn.length > 0)}${CLOSING}`
  }
  return new Map(
    levels.map(({ groups, level }) => [
      level,
      section(
        level === 'required' ? 'findings' : 'advisory-findings',
        FINDINGS[level],
        html`${introduction(context, level, groups)}${groups
          .filter((group) => named.has(group))
          .map((group, index) =>
            operation(group, level === 'required' && index < OPEN_OPERATIONS),
          )}${leftOver(
          groups.filter((group) => !named.has(group)).flatMap(({ found }) => found),
          named.size > 0,
        )}`,
      ),
    ]),
  )
}

/** `; 3 new, 4 old, 2 waived`; empty where there is nothing of the kind. */
function agesInWords(context: Context, all: readonly Failure[]): string {
  const marks = all.flatMap(({ cell }) => marksOf(context, cell).filter((mark) => mark !== 'advisory'))
  const byMark = grouped(marks, (mark) => mark)
  return byMark.size === 0 ? '' : `; ${[...byMark].map(([mark, own]) => `${own.length} ${mark}`).join(', ')}`
}
