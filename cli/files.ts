/** Files that are written whole or not at all. */
import { randomBytes } from 'node:crypto'
import { link, rename, rm, writeFile } from 'node:fs/promises'
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

/** Throws SettingsError, leaving nothing behind. */
export async function writeWhole(path: string, { bytes, mode = 0o644, replace }: Whole): Promise<void> {
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
    await rm(temporary, { force: true })
  }
}
