import { describe, expect, test } from 'vitest'
import { Progress } from './progress.js'

/** A place to write to and a clock that the test moves. */
function stage(terminal?: { columns: number }) {
  const written: string[] = []
  let time = 0
  return {
    written,
    out: { write: (text: string) => written.push(text), ...(terminal && { isTTY: true, ...terminal }) },
    now: () => time,
    pass: (milliseconds: number) => {
      time += milliseconds
    },
  }
}

describe('on a terminal', () => {
  test('redraws one line, at most ten times a second', () => {
    const { written, out, now, pass } = stage({ columns: 80 })
    const progress = new Progress(1000, out, now)
    for (let cell = 0; cell < 1000; cell++) {
      progress.advance({})
      pass(1)
    }
    expect(written).toHaveLength(10)
    for (const text of written) {
      expect(text.startsWith('\r\u001B[K')).toBe(true)
      expect(text.slice(4)).toMatch(/^\[#*\.*\] \d+% /)
    }
    expect(written.join('')).not.toContain('\n')
  })

  test('shows how far it is and what went wrong', () => {
    const { written, out, now } = stage({ columns: 80 })
    new Progress(2, out, now).advance({ failed: 2, inconclusive: 1 })
    expect(written[0]).toContain('50% (1 of 2), 2 failed, 1 inconclusive')
    expect(written[0]?.match(/#/g)?.length).toBe(written[0]?.match(/\./g)?.length)
  })

  test.each([5, 20, 40, 80])('never fills a line of %d columns', (columns) => {
    const { written, out, now } = stage({ columns })
    new Progress(2, out, now).advance({ failed: 2, inconclusive: 1 })
    expect(written[0]?.replace('\r\u001B[K', '').length).toBeLessThan(columns)
  })

  test('clears the line once at its end, and is silent afterwards', () => {
    const { written, out, now, pass } = stage({ columns: 80 })
    const progress = new Progress(10, out, now)
    progress.advance({})
    progress.finish()
    progress.finish()
    pass(1000)
    progress.advance({})
    expect(written).toHaveLength(2)
    expect(written[1]).toBe('\r\u001B[K')
  })
})

describe('elsewhere', () => {
  test('writes a plain line for each tenth', () => {
    const { written, out, now } = stage()
    const progress = new Progress(1000, out, now)
    for (let cell = 0; cell < 1000; cell++) progress.advance({})
    progress.finish()
    expect(written).toHaveLength(10)
    expect(written[0]).toBe('10% (100 of 1000)\n')
    expect(written[9]).toBe('100% (1000 of 1000)\n')
  })

  test('shows that it lives every five seconds of a slow run', () => {
    const { written, out, now, pass } = stage()
    const progress = new Progress(1000, out, now)
    for (let second = 0; second < 20; second++) {
      pass(1000)
      progress.advance({ inconclusive: 1 })
    }
    expect(written).toHaveLength(4)
    expect(written[0]).toBe('0% (5 of 1000), 5 inconclusive\n')
  })

  test('says nothing when nothing happened', () => {
    const { written, out, now } = stage()
    new Progress(0, out, now).finish()
    expect(written).toEqual([])
  })
})
