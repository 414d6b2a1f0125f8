/** Where the page's script puts its search of the cells. Pure. */
import type { RunRecord } from '../record.js'
import { counted } from '../text.js'
import { html, type Markup, section, when } from './markup.js'

/** `listed` is how many cells the page's data holds. */
export function explorerSection({ cells }: RunRecord, listed: number): Markup {
  const folded = cells.length - listed
  return section(
    'cells',
    'All cells',
    html`<p>${counted(cells.length, 'cell')}${when(folded > 0, html`, ${folded} of which are only counted in this page: too many passed to list them here`)}. <span class="no-script">Without its script this page counts them by check, above; record.json lists them.</span></p>
<div id="explorer" hidden>
<div id="selected" class="selected" role="region" aria-label="Selected cell" tabindex="-1" hidden></div>
<form id="filter" class="filter" role="search" aria-label="Cells"></form>
<p id="found" role="status"></p>
<div class="scroll found" role="group" aria-label="Cells found"><table class="plain cells">
<thead><tr><th scope="col">Verdict</th><th scope="col">Check</th><th scope="col">Operation</th><th scope="col">Credential</th><th scope="col">Answer</th><th scope="col" class="number">ms</th></tr></thead>
<tbody id="rows"></tbody></table></div>
<p id="more" class="rest"></p>
</div>
`,
  )
}
