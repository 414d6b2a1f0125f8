/** The redacted exchanges behind findings, each drawn once, the telling ones first. Pure. */
import { grouped } from '../../suites/group.js'
import { EVIDENCE_ROLES, type EvidenceRole, type Exchange } from '../../suites/model.js'
import { type Proof, ROLES } from '../summary.js'
import { counted } from '../text.js'
import { andMore, type Budget } from './budget.js'
import { cut, html, lines, type Markup, NOTHING, when } from './markup.js'

/** Characters of a body that are shown. */
const FULL_BODY = 2500
/** Of all headers of a message, and of its first line. */
const FULL_HEAD = 4000

/** Of a proof; a course of many steps is read at its ends. */
const FIRST = 12
const LAST = 8
/** Bytes around those that are only named, and of the sentence about those that are not read. */
const ROOM_AROUND = 150

/** Where there is no room for all, what was answered counts more than what surrounds it. */
const TELLING_FIRST: readonly EvidenceRole[] = [
  'answer',
  'step',
  'control',
  ...EVIDENCE_ROLES.filter((role) => role !== 'answer' && role !== 'step' && role !== 'control'),
]

function message(first: string, headers: Readonly<Record<string, string>>, body = ''): Markup {
  const top = [first, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\n')
  return lines([cut(top, FULL_HEAD), ...(body === '' ? [] : ['', cut(body, FULL_BODY)])].join('\n'))
}

const answerOf = ({ response, silence }: Exchange): string =>
  response === undefined ? `no answer: ${silence ?? 'unknown'}` : String(response.status)

const readingOf = (seen: Exchange, shows: string | undefined): string =>
  shows === undefined ? answerOf(seen) : `${answerOf(seen)}, ${shows}`

/** The answer behind a cell in a few words: `403`, `no answer: timed out`. */
export const answeredInWords = (proofs: readonly Proof[]): string => {
  const answer = proofs.find(({ role }) => role === 'answer')
  return answer === undefined ? '' : answerOf(answer.seen)
}

const anchor = ({ id }: Exchange): string => `exchange-${id}`

/** The answer stands open, what surrounds it is folded. */
function drawn({ role, seen, shows }: Proof): Markup {
  const { attempts, credential, durationMs, request, response } = seen
  const tries = attempts > 1 ? `, sent ${counted(attempts, 'time')}` : ''
  const answer =
    response === undefined
      ? html`<p>${answerOf(seen)}</p>`
      : html`<pre>${message(String(response.status), response.headers, response.body)}</pre>`
  return html`<details class="exchange${when(role !== 'answer', html` around`)}" id="${anchor(seen)}"${when(role === 'answer', html` open`)}><summary><b>${ROLES[role]}</b>: ${readingOf(seen, shows)} <small>with ${credential}, ${durationMs} ms${tries}</small></summary>
<div class="messages"><div><p class="part">Request</p><pre>${message(`${request.method} ${request.url}`, request.headers, request.body)}</pre></div>
<div><p class="part">Response</p>${answer}</div></div></details>
`
}

/** The exchanges that are read, and how many are not. */
const ends = (proofs: readonly Proof[]) => {
  const between = Math.max(0, proofs.length - FIRST - LAST)
  return { between, read: between === 0 ? proofs : [...proofs.slice(0, FIRST), ...proofs.slice(-LAST)] }
}

interface Proven {
  /** Of the cell. */
  readonly id: string
  readonly proofs: readonly Proof[]
}

/** Of the named findings: the exchanges of each that there is room for. */
export class Exhibits {
  /** By exchange: the finding that shows it, and how. */
  readonly #drawn = new Map<string, { readonly home: string; readonly markup: Markup }>()

  /** `whole` are findings that show all of theirs, as far as there is room, before others show any. */
  constructor(findings: readonly Proven[], whole: number, budget: Budget) {
    const uses = grouped(
      findings.flatMap(({ proofs }) => ends(proofs).read),
      ({ exchange }) => exchange,
    )
    const place = ({ id, proofs }: Proven, roles: readonly EvidenceRole[]) => {
      for (const proof of ends(proofs).read) {
        if (!roles.includes(proof.role) || this.#drawn.has(proof.exchange)) continue
        const markup = drawn(proof)
        const others = (uses.get(proof.exchange)?.length ?? 1) - 1
        const links = others * (mention(proof, true).bytes - mention(proof, false).bytes)
        if (budget.spend(markup.bytes + links)) this.#drawn.set(proof.exchange, { home: id, markup })
      }
    }
    for (const finding of findings.slice(0, whole)) place(finding, TELLING_FIRST)
    for (const role of TELLING_FIRST) for (const finding of findings) place(finding, [role])
  }

  /** The exchanges that stand with the finding, and where the others are. */
  of(id: string, proofs: readonly Proof[]): Markup {
    const own = new Set<string>()
    const shown: Markup[] = []
    const above: Markup[] = []
    const inRecord: Markup[] = []
    const { between, read } = ends(proofs)
    for (const proof of read) {
      const found = this.#drawn.get(proof.exchange)
      if (found?.home === id && !own.has(proof.exchange)) {
        own.add(proof.exchange)
        shown.push(found.markup)
      } else if (found === undefined) inRecord.push(mention(proof, false))
      else above.push(mention(proof, true))
    }
    return html`${shown}${mentions('With another finding:', above)}${mentions('In record.json:', inRecord)}${andMore(between, 'exchange')}`
  }
}

const mention = ({ role, seen }: Proof, isShown: boolean): Markup => {
  const name = html`${ROLES[role].toLowerCase()} ${seen.id}`
  return isShown ? html`<a href="#${anchor(seen)}">${name}</a>` : name
}

const mentions = (introduction: string, all: readonly Markup[]): Markup =>
  all.length === 0
    ? NOTHING
    : html`<p class="rest">${introduction} ${all.map((one, index) => html`${index === 0 ? '' : ', '}${one}`)}</p>
`

/** The room that a finding takes for naming exchanges that are nowhere shown. */
export const roomForMentions = (proofs: readonly Proof[]): number =>
  ends(proofs)
    .read.map((proof) => mention(proof, false).bytes + ', '.length)
    .reduce((sum, bytes) => sum + bytes, ROOM_AROUND)
