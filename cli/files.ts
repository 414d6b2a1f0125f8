/** Files that are written whole or not at all. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { SettingsError } from './settings-error.js'

interface Whole {
  readonly bytes: Uint8Array | string
  /** Permissions of a new file. */
  readonly mode?: number
  /** Whether a file that is there already is replaced. */
  readonly replace: boolean
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)

/** Where a file is, whatever links lead there; undefined where there is none. */
const placeOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined)

/** The file that is written when this path is, links followed. Throws SettingsError where that is something else. */
async function goalOf(path: string): Promise<string> {
  const place = await placeOf(path)
  if (place === undefined) return path
  if ((await stat(place)).isFile()) return place
  throw new SettingsError(`${path} is there already, and is no file. Give the name of a file.`)
}

/** Throws SettingsError where what is written to the path would replace one of these files, or no file. */
export async function assertSpares(path: string, needed: readonly string[]): Promise<void> {
  const goal = await goalOf(path)
  for (const other of needed)
    if ((await placeOf(other)) === (await placeOf(goal)) && existsSync(other))
      throw new SettingsError(`${path} would replace ${other}, which is needed. Give another name.`)
}

/** Throws SettingsError, leaving nothing behind. */
export async function writeWhole(name: string, { bytes, mode = 0o644, replace }: Whole): Promise<void> {
  const path = replace ? await goalOf(name) : name
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
