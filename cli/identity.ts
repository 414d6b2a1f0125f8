/** Which build of the suite this is: the version from package.json, the commit from the build's stamp. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isRecord, type JsonRecord, text } from '../openapi/json.js'
import type { SuiteIdentity } from '../reporters/record.js'

const readJson = (file: string): JsonRecord | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Compiled code lies one folder deeper than its sources. */
const packageJson = (): JsonRecord =>
  readJson(beside('../package.json')) ?? readJson(beside('../../package.json')) ?? {}

export const version = (): string => text(packageJson().version) ?? 'unknown'

const git = (...args: string[]): string | undefined => {
  try {
    return execFileSync('git', args, { cwd: beside('..'), stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return undefined
  }
}

/** Without a stamp the code runs from its sources: git knows their state. */
export function suiteIdentity(): SuiteIdentity {
  const { name, version: number } = packageJson()
  const stamp = readJson(beside('../build.json'))
  const commit = stamp === undefined ? git('rev-parse', 'HEAD') : text(stamp.commit)
  const dirty = stamp === undefined ? git('status', '--porcelain') !== '' : stamp.dirty !== false
  return {
    name: text(name) ?? 'nvcf-conformance',
    version: text(number) ?? 'unknown',
    commit: commit ?? null,
    dirty,
  }
}
