/** What was covered, measured, left out, put up with and left behind, and how the run was made. Pure. */
import { CHECKS } from '../../suites/checks/index.js'
import { grouped } from '../../suites/group.js'
import { VERDICTS, type Verdict } from '../../suites/model.js'
import { DIMENSIONS, dimensions, fraction, missingInWords, totalsInWords } from '../coverage.js'
import type { RecordedCell, RunRecord } from '../record.js'
import {
  COUNTED_AS,
  contractInWords,
  durationInWords,
  measurements,
  reasons,
  targetInWords,
} from '../summary.js'
import { counted, inSeconds } from '../text.js'
import { andMore, listing } from './budget.js'
import { type Context, marksOf, tags, verdictInWords } from './context.js'
import { waivedInWords } from './finding-list.js'
import { buildInWords, productInWords } from './head.js'
import {
  breakable,
  cellFragment,
  type Fact,
  facts,
  html,
  type Markup,
  NOTHING,
  section,
  when,
} from './markup.js'

/** `data-link` becomes a link where there is a script to follow it. */
const linked = (fragment: string, content: Markup): Markup =>
  html`<span data-link="${fragment}">${content}</span>`

const cellLink = ({ id }: RecordedCell): Markup => linked(cellFragment(id), html`<code>${id}</code>`)

/** `2 waived, 1 new` of the cells that share a reason. */
function marksInWords(context: Context, cells: readonly RecordedCell[]): string {
  const all = cells.flatMap((cell) => marksOf(context, cell))
  return [...grouped(all, (mark) => mark)].map(([mark, own]) => `${own.length} ${mark}`).join(', ')
}

interface Because {
  readonly verdict: Verdict
  readonly because: string
  readonly cells: readonly RecordedCell[]
}

const becauseOf = (record: RunRecord, verdicts: readonly Verdict[]): Because[] =>
  verdicts.flatMap((verdict) => reasons(record, verdict).map((reason) => ({ verdict, ...reason })))

export function undecidedSection(context: Context): Markup {
  const items = becauseOf(context.record, ['inconclusive', 'error'])
  if (items.length === 0) return NOTHING
  const waived = context.record.cells.filter(
    (cell) => cell.waived !== undefined && cell.verdict === 'inconclusive',
  )
  return section(
    'undecided',
    'Undecided',
    html`<p>Neither passed nor failed: what happened does not prove it either way.</p>
${listing(context.budget, {
  caption: 'Undecided cells by reason',
  columns: [
    { title: 'Because' },
    { title: 'Verdict' },
    { title: 'Cells', numeric: true },
    { title: 'Of them' },
    { title: 'First of them' },
  ],
  items,
  noun: 'reason',
  cells: ({ because, cells, verdict }) => [
    because,
    verdictInWords(verdict),
    cells.length,
    marksInWords(context, cells),
    html`${cells.slice(0, 1).map(cellLink)}`,
  ],
})}${listing(context.budget, {
  caption: 'Waived doubts',
  columns: [{ title: 'Waived cell' }, { title: 'Reason' }],
  items: waived,
  noun: 'cell',
  cells: (cell) => [cellLink(cell), cell.waived === undefined ? '' : waivedInWords(cell.waived)],
})}`,
  )
}

export function excludedSection({ budget, record }: Context): Markup {
  const items = becauseOf(record, ['excluded', 'unsupported'])
  const content =
    items.length === 0
      ? html`<p>Nothing: every cell of the plan was run.</p>
`
      : listing(budget, {
          caption: 'Cells that were not run, by reason',
          columns: [{ title: 'Because' }, { title: 'Verdict' }, { title: 'Cells', numeric: true }],
          items,
          noun: 'reason',
          cells: ({ because, cells, verdict }) => [
            because,
            linked(`verdict=${verdict}`, verdictInWords(verdict)),
            cells.length,
          ],
        })
  return section('excluded', 'Excluded', content)
}

export function coverageSection({ budget, record: { coverage } }: Context): Markup {
  const { operations } = coverage
  if (operations.total === 0) return NOTHING
  const others = missingInWords(coverage)
  const { drawn, rest } = budget.draw(
    operations.missing,
    100,
    (id) => html`<li><code>${breakable(id)}</code></li>
`,
  )
  return section(
    'coverage',
    'Coverage',
    html`<p>${totalsInWords(coverage).join(', ')}.</p>
${listing(budget, {
  caption: 'Coverage by API set',
  columns: [
    { title: 'API set' },
    ...dimensions.map((dimension) => ({ title: `${DIMENSIONS[dimension]}s`, numeric: true })),
  ],
  items: [...coverage.apiSets, { ...coverage, name: 'all' }],
  noun: 'API set',
  cells: (counts) => [
    counts.name,
    ...dimensions.map((dimension) => {
      const { covered, total } = counts[dimension]
      return html`<span class="${covered < total ? 'partly' : 'wholly'}">${fraction(counts[dimension])}</span>`
    }),
  ],
})}${when(
  drawn.length > 0,
  html`<details${when(drawn.length <= FEW, html` open`)}><summary><h3>${counted(operations.missing.length, 'operation')} not covered</h3></summary>
<ul>
${drawn}</ul>
${andMore(rest, 'operation')}</details>
`,
)}${when(
  others !== '',
  html`<p>Not covered: ${others}; record.json names them.</p>
`,
)}`,
  )
}

export function keyLifeSection({ budget, record }: Context): Markup {
  const items = measurements(record)
  return items.length === 0
    ? NOTHING
    : section(
        'key-life',
        'Key propagation',
        listing(budget, {
          caption: 'How long changes to keys took',
          columns: [{ title: 'What' }, { title: 'Took' }],
          items,
          noun: 'measurement',
          cells: ({ took, what }) => [what, took],
        }),
      )
}

export function checksSection({ budget, record }: Context): Markup {
  const byCheck = [...grouped(record.cells, ({ check }) => check)].map(([check, own]) => ({ check, own }))
  const titles = new Map(CHECKS.map(({ id, title }) => [id, title]))
  const shown = VERDICTS.filter((verdict) => verdict === 'pass' || record.counts[verdict] > 0)
  const isOut = ({ own }: (typeof byCheck)[number]) =>
    own.every(({ verdict }) => verdict === 'excluded' || verdict === 'unsupported')
  const out = byCheck.filter(isOut)
  return section(
    'checks',
    'Checks',
    html`${listing(budget, {
      caption: 'Cells by check and verdict',
      columns: [
        { title: 'Check' },
        { title: 'What holds where it passes' },
        { title: 'Level' },
        ...shown.map((verdict) => ({ title: COUNTED_AS[verdict], numeric: true })),
      ],
      items: byCheck.filter((one) => !isOut(one)),
      noun: 'check',
      cells: ({ check, own }) => [
        linked(`check=${encodeURIComponent(check)}`, html`<code>${check}</code>`),
        titles.get(check) ?? '',
        [...new Set(own.map(({ level }) => level))].join(', '),
        ...shown.map((wanted) => {
          const count = own.filter(({ verdict }) => verdict === wanted).length
          return html`<span class="${count === 0 ? 'none' : wanted}">${count}</span>`
        }),
      ],
    })}${when(
      out.length > 0,
      html`<p class="rest">Nothing was run of ${counted(out.length, 'check')}: ${out.map(({ check }) => check).join(', ')}.</p>
`,
    )}`,
  )
}

export function waiversSection({ budget, record }: Context): Markup {
  return record.waivers.length === 0
    ? NOTHING
    : section(
        'waivers',
        'Waivers',
        listing(budget, {
          caption: 'Waivers and what came of them',
          columns: [
            { title: 'Cells' },
            { title: 'State' },
            { title: 'Excuses', numeric: true },
            { title: 'Reason' },
            { title: 'Owner' },
            { title: 'Expires' },
          ],
          items: record.waivers,
          noun: 'waiver',
          cells: ({ cells, expires, owner, reason, state, waived }) => [
            html`<code>${cells.join(' ')}</code>`,
            html`${tags([state])}`,
            waived,
            reason,
            owner,
            html`<span class="date">${expires}</span>`,
          ],
        }),
      )
}

export function leftBehindSection({ budget, record: { leftBehind } }: Context): Markup {
  if (leftBehind.length === 0) return NOTHING
  const { drawn, rest } = budget.draw(
    leftBehind,
    200,
    (thing) => html`<li><code>${thing}</code></li>
`,
  )
  return section(
    'left-behind',
    'Left behind on the target',
    html`<p>Created by the run, and still there: it could not be removed.</p>
<ul>
${drawn}</ul>
${andMore(rest, 'thing')}`,
  )
}

/** So many are read at once. */
const FEW = 10

const orAll = (names: readonly string[]): string => (names.length === 0 ? 'all' : names.join(', '))

export function particularsSection(context: Context): Markup {
  const { budget, record } = context
  const { contract, run, suite } = record
  const { checks, operations, unsupported } = run.selection
  const product = productInWords(record)
  const all: Fact[] = [
    { name: 'Suite', value: `${suite.name} ${suite.version}, ${buildInWords(record)}` },
    { name: 'Contract', value: html`${contractInWords(record)}, sha256 <code>${contract.sha256}</code>` },
    { name: 'Target', value: targetInWords(record) },
    ...(product === '' ? [] : [{ name: 'Product', value: product }]),
    { name: 'Run', value: html`<code>${run.id}</code>${run.interrupted ? ', interrupted' : ''}` },
    { name: 'Time', value: `${run.startedAt} to ${run.finishedAt}, ${durationInWords(record)}` },
    { name: 'Seed', value: html`<code>${run.seed}</code>` },
    { name: 'Profile', value: run.profile },
    { name: 'Mode', value: run.mode },
    { name: 'Matrix', value: run.matrix },
    { name: 'Propagation timeout', value: inSeconds(run.propagationTimeoutMs) },
    { name: 'Checks', value: orAll(checks) },
    { name: 'Operations', value: orAll(operations) },
    ...(unsupported.length === 0 ? [] : [{ name: 'Unsupported', value: unsupported.join(', ') }]),
    ...(run.shard === null ? [] : [{ name: 'Shard', value: `${run.shard.index} of ${run.shard.count}` }]),
    { name: 'Requests', value: run.requests },
    { name: 'Record', value: `schema ${record.schemaVersion}` },
  ]
  return section(
    'particulars',
    'Particulars',
    html`${facts(all)}${listing(budget, {
      caption: 'Parts that the record was put together from',
      columns: [
        { title: 'Shard' },
        { title: 'Run' },
        { title: 'Started' },
        { title: 'Finished' },
        { title: 'Requests', numeric: true },
      ],
      items: run.shards ?? [],
      noun: 'shard',
      cells: ({ finishedAt, id, index, requests, startedAt }) => [
        index,
        html`<code>${id}</code>`,
        startedAt,
        finishedAt,
        requests,
      ],
    })}`,
  )
}
