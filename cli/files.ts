/** Files that are written whole or not at all. */
import { randomBytes } from 'node:crypto'
import { link, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { SettingsError } from './settings-error.js'

interface Whole {
  readonly bytes: Uint8Array | string
  /** Permissions of a new file. */
  readonly mode?: number
  /** Whether a file that is there already is replaced. */
  readonly replace: boolean
  /** Files that are not replaced all the same. */
  readonly spare?: readonly string[]
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)

/** Where a file is, whatever links lead there; undefined where there is none. */
const placeOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined)

/** The file that is written when this path is, links followed. Throws SettingsError for what is not to be replaced. */
async function goalOf(path: string, spare: readonly string[]): Promise<string> {
  const place = await placeOf(path)
  if (place === undefined) return path
  if (!(await stat(place)).isFile())
    throw new SettingsError(`${path} is there already, and is no file. Give the name of a file.`)
  for (const other of spare)
    if ((await placeOf(other)) === place)
      throw new SettingsError(`${path} would replace ${other}, which is needed. Give another name.`)
  return place
}

/** Throws SettingsError, leaving nothing behind. */
export async function writeWhole(
  name: string,
  { bytes, mode = 0o644, replace, spare = [] }: Whole,
): Promise<void> {
  const path = replace ? await goalOf(name, spare) : name
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    await writeFile(temporary, bytes, { mode, flag: 'wx' })
    // Other than renaming, linking never replaces what somebody has put there meanwhile.
    await (replace ? rename(temporary, path) : link(temporary, path))
  } catch (cause) {
    throw codeOf(cause) === 'EEXIST'
      ? new SettingsError(`${path} is there already, and is not replaced. Give another name, or move it.`, {
          cause,
        })
      : new SettingsError(
          `${path} cannot be written (${codeOf(cause)}). Give a path in a folder that can be.`,
          {
            cause,
          },
        )
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}
