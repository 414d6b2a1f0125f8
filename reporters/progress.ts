/** How far a run has got: a bar redrawn in place on a terminal, plain lines elsewhere. */

/** Where progress goes; process.stderr is one. */
interface Out {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

const REDRAW_MS = 100
const LINE_MS = 5000
const LINE_PERCENT = 10
const WIDEST_BAR = 30
const ERASE_LINE = '\r\u001B[K'

export class Progress {
  readonly #total: number
  readonly #out: Out
  readonly #now: () => number
  #done = 0
  #failed = 0
  #inconclusive = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #toldPercent = 0
  #finished = false

  /** `now` is a clock in milliseconds. */
  constructor(total: number, out: Out, now: () => number = () => performance.now()) {
    this.#total = total
    this.#out = out
    this.#now = now
    if (out.isTTY !== true) this.#toldAt = now()
  }

  /** One more of the total is done; it brought so many failed and inconclusive cells. */
  advance(counts: { readonly failed?: number; readonly inconclusive?: number }): void {
    if (this.#finished) return
    this.#done++
    this.#failed += counts.failed ?? 0
    this.#inconclusive += counts.inconclusive ?? 0
    if (this.#out.isTTY === true) this.#redraw()
    else this.#line()
  }

  /** Clears the bar; nothing is shown from now on. */
  finish(): void {
    if (this.#finished) return
    this.#finished = true
    if (this.#out.isTTY === true && Number.isFinite(this.#toldAt)) this.#out.write(ERASE_LINE)
  }

  get #percent(): number {
    return this.#total === 0 ? 100 : Math.floor((100 * Math.min(this.#done, this.#total)) / this.#total)
  }

  #redraw(): void {
    const now = this.#now()
    if (now - this.#toldAt < REDRAW_MS) return
    this.#toldAt = now
    const text = this.#words()
    // The last column stays free: writing into it would wrap.
    const room = (this.#out.columns ?? 80) - 1
    const cells = Math.min(WIDEST_BAR, room - text.length - 3)
    const filled = Math.round((cells * this.#percent) / 100)
    const bar = cells > 0 ? `[${'#'.repeat(filled)}${'.'.repeat(cells - filled)}] ` : ''
    this.#out.write(`${ERASE_LINE}${(bar + text).slice(0, room)}`)
  }

  #line(): void {
    const now = this.#now()
    const percent = this.#percent
    const further = Math.floor(percent / LINE_PERCENT) > Math.floor(this.#toldPercent / LINE_PERCENT)
    if (!further && now - this.#toldAt < LINE_MS) return
    this.#toldAt = now
    this.#toldPercent = percent
    this.#out.write(`${this.#words()}\n`)
  }

  #words(): string {
    const troubles = [
      ...(this.#failed > 0 ? [`, ${this.#failed} failed`] : []),
      ...(this.#inconclusive > 0 ? [`, ${this.#inconclusive} inconclusive`] : []),
    ]
    return `${this.#percent}% (${this.#done} of ${this.#total})${troubles.join('')}`
  }
}
