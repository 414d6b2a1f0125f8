import { readFile } from 'node:fs/promises'
import { type DocumentOptions, type ParseOptions, parse, YAMLParseError } from 'yaml'
import { parsedJson } from './json.js'

/** A file that could not be read or parsed; the message names the file, the place and the mend. */
class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/** What a document that somebody else wrote may hold, so that no text keeps its reader for long. */
const MAX_JSON_CHARACTERS = 16 * 1024 * 1024
const MAX_YAML_CHARACTERS = 4 * 1024 * 1024
const MAX_NESTING = 500
const MAX_ALIASES = 5000

function parsed(text: string, name: string, form: string, options: ParseOptions & DocumentOptions): unknown {
  try {
    return parse(text, { ...options, maxAliasCount: 100, prettyErrors: true })
  } catch (cause) {
    const known = [YAMLParseError, ReferenceError, RangeError].some((kind) => cause instanceof kind)
    if (!(cause instanceof Error) || !known) throw cause
    const why = cause.message.split('\n')[0]?.replace(/:$/, '')
    throw new UnreadableFile(`${name} is not valid ${form}: ${why}.`, { cause })
  }
}

/** The text of a file. Throws UnreadableFile. */
async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new UnreadableFile(`${file} cannot be read (${code}). Check the path and its permissions.`, {
      cause,
    })
  }
}

/** Reads a YAML (or JSON) file. Aliases are limited, so that a small file cannot grow without bound. */
export const readYaml = async (file: string): Promise<unknown> =>
  parsed(await readText(file), file, 'YAML', {})

/** How deep brackets stand in each other, those in text included. */
function nesting(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const [sign] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (sign === '[' || sign === '{' ? 1 : -1))
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/** Parses JSON or YAML of unknown origin: the parser does well with neither size, depth nor aliases. */
export function parseForeign(text: string, name: string): unknown {
  const refuse = (what: string): UnreadableFile => new UnreadableFile(`${name} ${what}.`)
  if (text.length > MAX_JSON_CHARACTERS)
    throw refuse('is larger than 16 MiB, which no document of an API is. Check what it is')
  const json = /^\s*[[{]/.test(text) ? parsedJson(text) : undefined
  if (json !== undefined) return json
  if (text.length > MAX_YAML_CHARACTERS)
    throw refuse('is YAML of more than 4 MiB. Give it as JSON, which may have 16 MiB')
  if (nesting(text) > MAX_NESTING)
    throw refuse(`nests brackets deeper than ${MAX_NESTING} levels. Flatten it`)
  if ((text.match(/(?<=^|[\s,[{])\*\w/gm)?.length ?? 0) > MAX_ALIASES)
    throw refuse(`uses more than ${MAX_ALIASES} aliases. Write out what they stand for`)
  return parsed(text, name, 'JSON or YAML', { uniqueKeys: false, logLevel: 'error' })
}
