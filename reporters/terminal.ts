/** Text for a terminal of so many columns. */
import { styleText } from 'node:util'
import { singleLine } from './text.js'

export type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold'
export type Paint = (style: Style, text: string) => string

/** The caller has decided on colour; Node's own guess about standard output stays out of it. */
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })
export const plain: Paint = (_style, text) => text

/** Of what labels the lines of a finding. */
export const LABEL_WIDTH = 10

/** Lines of whole words; a word longer than the width keeps a line of its own, so that it can be copied. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of singleLine(text).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Paragraphs for a terminal of so many columns; as they are where there is none. */
export const fitted = (text: string, columns: number | undefined): string =>
  columns === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => wrapped(line, columns))
        .join('\n')

/** Wrapped lines, all indented, those after the first by `hanging` more. */
export const indented = (text: string, width: number, hanging = 0): string[] =>
  wrapped(text, width - 2 - hanging).map(
    (line, index) => `${' '.repeat(index === 0 ? 2 : 2 + hanging)}${line}`,
  )

/** `  label     text`, with the lines after the first under the text. */
export const labelled = (label: string, text: string, width: number): string[] =>
  wrapped(text, width - LABEL_WIDTH - 2).map(
    (line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`,
  )

/** Items kept whole, as many on a line as fit; one that fits on none loses its middle. */
export function packed(items: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 2 + item.length <= width)
      lines[lines.length - 1] = `${last}  ${item}`
    else lines.push(`  ${shortened(item, width - 2)}`)
  }
  return lines
}

/** The text with its middle left out where it is too long. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text
  const kept = Math.max(width - 1, 2)
  const head = Math.ceil(kept / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (kept - head))}`
}

/** Names of path parameters go before anything that tells one path from another. */
export const shortenedPath = (path: string, width: number): string =>
  path.length <= width ? path : shortened(path.replaceAll(/\{[^}]*\}/g, '{}'), width)

/** The whole path, broken before its slashes, and anywhere where one segment is too long. */
export function wrappedPath(path: string, width: number): string[] {
  const lines: string[] = []
  for (const segment of path.split(/(?=\/)/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + segment.length <= width) lines[lines.length - 1] = last + segment
    else for (let at = 0; at < segment.length; at += width) lines.push(segment.slice(at, at + width))
  }
  return lines
}
