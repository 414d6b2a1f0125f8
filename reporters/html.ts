/**
 * The record as one self-contained HTML page: it loads nothing, tells everything without its script, and is
 * the same bytes for the same record.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  checksSection,
  coverageSection,
  excludedSection,
  keyLifeSection,
  leftBehindSection,
  particularsSection,
  undecidedSection,
  waiversSection,
} from './html/accounts.js'
import { Budget } from './html/budget.js'
import { cellIndex } from './html/cell-index.js'
import { contextOf } from './html/context.js'
import { explorerSection } from './html/explorer.js'
import { findingSections } from './html/finding-list.js'
import { head, productInWords } from './html/head.js'
import { html, Markup, NOTHING } from './html/markup.js'
import { matrixSection } from './html/matrix-table.js'
import { timingSection } from './html/timing.js'
import type { RunRecord } from './record.js'
import { VERDICT_GLYPHS } from './summary.js'

/** Bytes of a page, and of those what its parts may take at most; findings get what the others leave. */
const PAGE = 1_990_000
const MATRIX = 400_000
const CELLS = 550_000
const OTHERS = 250_000

const asset = (url: URL): Markup => new Markup(readFileSync(url, 'utf8').replaceAll('\r\n', '\n'))

const STYLE = asset(new URL('./html/style.css', import.meta.url))
const SCRIPT = asset(new URL('./html/client.mjs', import.meta.url))

const hashOf = ({ source }: Markup): string =>
  `'sha256-${createHash('sha256').update(source).digest('base64')}'`

/** Nothing is loaded, nothing runs but the one script, and that makes no markup out of text. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Sections by the order of the page, as links. */
function contents(sections: readonly Markup[]): Markup {
  const heads = sections.flatMap(({ source }) => [
    ...source.matchAll(/<h2 id="(?<id>[\w-]+)-title">(?<title>[^<]*)<\/h2>/g),
  ])
  const items = heads.map(
    ({ groups }) => html`<li><a href="#${groups?.id ?? ''}">${new Markup(groups?.title ?? '')}</a></li>
`,
  )
  return html`<nav aria-label="Contents"><ul class="contents">
${items}</ul></nav>
`
}

/** The page, piece by piece. */
export function* renderHtml(record: RunRecord): Generator<string> {
  const budget = new Budget(OTHERS)
  const context = contextOf(record, budget)
  const index = cellIndex(context, new Budget(CELLS))
  const top = head(context)
  const matrix = matrixSection(record, new Budget(MATRIX), index.numbers)
  const before = [undecidedSection(context), matrix]
  const after = [
    coverageSection(context),
    timingSection(context),
    keyLifeSection(context),
    checksSection(context),
    explorerSection(record, index.numbers.size),
    excludedSection(context),
    waiversSection(context),
    leftBehindSection(context),
    particularsSection(context),
  ]
  const taken = [STYLE, SCRIPT, index.json, top, ...before, ...after].reduce(
    (sum, { bytes }) => sum + bytes,
    0,
  )
  const findings = findingSections(context, new Budget(PAGE - taken))
  const sections = [
    findings.get('required') ?? NOTHING,
    ...before,
    findings.get('advisory') ?? NOTHING,
    ...after,
  ]
  const product = productInWords(record)
  yield html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${VERDICT_GLYPHS[record.verdict]} ${record.verdict}: ${product === '' ? record.target.gateway : product} (NVCF conformance)</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${top}${contents(sections)}<main id="main" tabindex="-1">
`.source
  for (const { source } of sections) yield source
  yield html`</main>
<footer><p>Rendered from record.json of run ${record.run.id}, which holds everything in full.</p></footer>
<script type="application/json" id="data">`.source
  yield index.json.source
  yield html`</script>
<script type="module">${SCRIPT}</script>
</body>
</html>
`.source
}
