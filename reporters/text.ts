/** Words and numbers for people, the same in every report. */

/** Characters that move a cursor, break a line or reorder what is shown. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu

/** One harmless line: much of what a report tells was worded by the target. */
export const singleLine = (text: string): string => text.replaceAll(UNPRINTABLE, ' ')

/** `1 finding`, `2 findings`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** `0.4 s`, `180 s`. */
export const inSeconds = (ms: number): string => `${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(1)} s`

/** `3.4 s`, or `2 min 5 s` from two minutes on. */
export function elapsed(startedAt: string, finishedAt: string): string {
  const seconds = Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
  if (!(seconds >= 120)) return `${(seconds || 0).toFixed(1)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
