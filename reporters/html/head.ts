/** The first screen: the verdict and why, and what was examined. Pure. */
import { grouped } from '../../suites/group.js'
import { VERDICTS } from '../../suites/model.js'
import { newVerdict, type RunRecord } from '../record.js'
import {
  COUNTED_AS,
  certifyingInWords,
  contractInWords,
  durationInWords,
  targetInWords,
  VERDICT_GLYPHS,
} from '../summary.js'
import { counted } from '../text.js'
import { isFaulty } from '../waivers.js'
import { andMore } from './budget.js'
import { type Context, GLYPHS, glyph } from './context.js'
import { type Fact, facts, html, type Markup, NOTHING, when } from './markup.js'

export const productInWords = ({ target }: RunRecord): string =>
  Object.entries(target.product ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

export const buildInWords = ({ suite }: RunRecord): string =>
  suite.commit === null
    ? 'no commit'
    : `commit ${suite.commit}${suite.dirty ? ' with uncommitted changes' : ''}`

/** How many got each verdict; failures by what they come to. */
function counts({ record }: Context): Markup {
  const failed = record.cells.filter(({ verdict }) => verdict === 'fail')
  const advisory = failed.filter(({ level }) => level === 'advisory').length
  const waived = failed.filter((cell) => cell.waived !== undefined).length
  const of = [
    ...(advisory > 0 ? [`${advisory} advisory`] : []),
    ...(waived > 0 ? [`${waived} waived`] : []),
  ].join(', ')
  return html`<ul class="counts" aria-label="Cells by verdict">${VERDICTS.filter(
    (verdict) => verdict === 'pass' || verdict === 'fail' || record.counts[verdict] > 0,
  ).map(
    (verdict) =>
      html`<li class="${record.counts[verdict] === 0 ? 'none' : verdict}">${glyph(GLYPHS[verdict])} <b>${record.counts[verdict]}</b> ${COUNTED_AS[verdict]}${when(verdict === 'fail' && of !== '', html` <small>(${of})</small>`)}</li>`,
  )}</ul>
`
}

/** What the verdict speaks of, where that is not the whole plan. */
function asked({ record: { cells } }: Context): Markup {
  const out = cells.filter(({ verdict }) => verdict === 'excluded' || verdict === 'unsupported').length
  return when(
    out > 0,
    html`<p class="asked">This verdict is on ${counted(cells.length - out, 'cell')} of ${cells.length}; <a href="#excluded">the others were left out</a>.</p>
`,
  )
}

function certifying({ budget, record }: Context): Markup {
  if (record.certifying)
    return html`<p class="certifying"><strong>${certifyingInWords(record)}</strong></p>
`
  const { drawn, rest } = budget.draw(
    record.notCertifyingBecause,
    record.notCertifyingBecause.length,
    (reason) => html`<li>${reason}</li>
`,
  )
  return html`<div class="certifying"><p><strong>This record does not certify</strong>, because</p>
<ul>
${drawn}</ul>${andMore(rest, 'reason')}</div>
`
}

/** What is new since the earlier run, and what the verdict on that alone is. */
function sinceBaseline({ age, record }: Context): Markup {
  const { baseline, cells } = record
  if (baseline === undefined) return NOTHING
  const byAge = grouped(cells, age)
  const of = (which: 'new' | 'old') => {
    const own = byAge.get(which) ?? []
    const failed = own.filter(({ verdict }) => verdict === 'fail').length
    const undecided = own.length - failed
    return `${counted(failed, 'finding')}${undecided === 0 ? '' : ` and ${undecided} undecided`}`
  }
  return html`<p class="since">Since run <code>${baseline.run}</code> of <time datetime="${baseline.startedAt}">${baseline.startedAt}</time>:
<strong>${of('new')} new</strong>, ${of('old')} old. The verdict on what is new: <strong>${newVerdict(record)}</strong>.</p>
`
}

function waived({ record }: Context): Markup {
  const { cells, waivers } = record
  if (waivers.length === 0) return NOTHING
  const excused = cells.filter((cell) => cell.waived !== undefined).length
  const faulty = waivers.filter(isFaulty).length
  return html`<p class="waived-summary"><a href="#waivers">${counted(waivers.length, 'waiver')}</a> ${waivers.length === 1 ? 'excuses' : 'excuse'} ${counted(excused, 'cell')}${faulty === 0 ? '' : `; ${faulty} of them ${faulty === 1 ? 'does' : 'do'} not hold, and the run fails for that`}.</p>
`
}

export function head(context: Context): Markup {
  const { record } = context
  const { run, suite, verdict } = record
  const product = productInWords(record)
  const about: Fact[] = [
    { name: 'Product', value: product === '' ? 'not named by the configuration' : product },
    { name: 'Target', value: targetInWords(record) },
    { name: 'Contract', value: contractInWords(record) },
    { name: 'Suite', value: `${suite.name} ${suite.version}, ${buildInWords(record)}` },
    { name: 'Seed', value: html`<code>${run.seed}</code>` },
    {
      name: 'Run',
      value: html`<time datetime="${run.startedAt}">${run.startedAt}</time>, mode ${run.mode}, ${counted(run.requests, 'request')} in ${durationInWords(record)}${run.interrupted ? ', interrupted' : ''}`,
    },
  ]
  return html`<header class="top">
<p class="kind">NVCF conformance report</p>
<div class="verdict-and-facts"><div>
<h1 class="verdict ${verdict}">${glyph(VERDICT_GLYPHS[verdict])} ${verdict}</h1>
${asked(context)}${counts(context)}${certifying(context)}${sinceBaseline(context)}${waived(context)}</div>
${facts(about)}</div>
</header>
`
}
