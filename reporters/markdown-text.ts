/** Words of others inside GitHub-flavoured Markdown. */
import { singleLine } from './text.js'

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Everything that Markdown could read as more than a letter; underscores only where they could emphasize. */
const MEANINGFUL = /[&<>"\\`*~[\]|$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu

/** Entities mean themselves in running text, in table cells and inside HTML alike; backslashes do not. */
export const inline = (text: string): string =>
  singleLine(text).replaceAll(MEANINGFUL, (character) => HTML[character] ?? `&#${character.charCodeAt(0)};`)

export const code = (text: string): string => `<code>${inline(text)}</code>`

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
