import { readFile } from 'node:fs/promises'
import { parse, YAMLParseError } from 'yaml'

/** A file that could not be read or parsed; the message names the file, the place and the mend. */
class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/** Reads a YAML (or JSON) file. Aliases are limited, so that a small file cannot grow without bound. */
export async function readYaml(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new UnreadableFile(`${file} cannot be read (${code}). Check the path and its permissions.`, {
      cause,
    })
  }
  try {
    return parse(text, { maxAliasCount: 100, prettyErrors: true })
  } catch (cause) {
    if (!(cause instanceof YAMLParseError) && !(cause instanceof ReferenceError)) throw cause
    throw new UnreadableFile(`${file} is not valid YAML: ${cause.message.split('\n')[0]}`, { cause })
  }
}
