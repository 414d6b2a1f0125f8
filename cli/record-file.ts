/** Records as files: read with care, since they come from elsewhere. */
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Validator } from '../fixtures/validator.js'
import { isRecord, text } from '../openapi/json.js'
import { type RunRecord, SCHEMA_VERSION } from '../reporters/record.js'

/** A record that cannot be used; the message names it, the cause and the mend. */
export class RecordError extends Error {
  override readonly name = 'RecordError'
}

/** Longer texts make no string of Node's; a run of 100,000 cells takes about half as much. */
const MAX_BYTES = 512 * 1024 * 1024 - 32

const schemaFile = fileURLToPath(new URL('../reporters/record.schema.json', import.meta.url))

/** The schema is the law: what conforms to it is a record. */
function isRunRecord(value: unknown, violations: readonly string[]): value is RunRecord {
  return isRecord(value) && violations.length === 0
}

const newer = (theirs: string): boolean => {
  const [major = 0, minor = 0] = theirs.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = SCHEMA_VERSION.split('.').map(Number)
  return major > ownMajor || (major === ownMajor && minor > ownMinor)
}

/** A record from its text; `name` is what messages call it. Throws RecordError. */
export async function parseRecord(json: string, name: string): Promise<RunRecord> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    const why = json.trim() === '' ? 'is empty' : 'is cut short, or is no JSON'
    throw new RecordError(`${name} ${why}. Give the record.json of a run, whole.`, { cause })
  }
  const version = isRecord(value) ? text(value.schemaVersion) : undefined
  if (version === undefined)
    throw new RecordError(
      `${name} is no record of a run: it has no schemaVersion. Give the record.json of a run.`,
    )
  if (version !== SCHEMA_VERSION) {
    const mend = newer(version)
      ? 'Update nvcf-conformance'
      : 'Read it with the nvcf-conformance that wrote it, or run again'
    throw new RecordError(
      `${name} has schema version ${JSON.stringify(version.slice(0, 20))}; this nvcf-conformance reads ${SCHEMA_VERSION}. ${mend}.`,
    )
  }
  const schema: unknown = JSON.parse(await readFile(schemaFile, 'utf8'))
  if (!isRecord(schema)) throw new TypeError('the schema of records is no object')
  const violations = new Validator().violations(schema, value)
  if (!isRunRecord(value, violations)) {
    const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : ''
    throw new RecordError(
      `${name} is no valid record: ${violations[0] ?? ''}${more}. It was altered, or written by something else.`,
    )
  }
  return value
}

/** Reads a file of a limited size. Throws RecordError. */
export async function readLimited(file: string, what: string): Promise<Buffer> {
  try {
    const { size } = await stat(file)
    if (size > MAX_BYTES)
      throw new RecordError(`${file} is larger than 512 MiB, which no ${what} is. Check what it is.`)
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof RecordError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new RecordError(`${file} cannot be read (${code}). Give the path of a ${what}.`, { cause })
  }
}

/** The record in a file. Throws RecordError. */
export const loadRecord = async (file: string): Promise<RunRecord> =>
  parseRecord((await readLimited(file, 'record')).toString('utf8'), file)
