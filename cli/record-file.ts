/** Records as files: read with care, since they come from elsewhere. */
import { isUtf8 } from 'node:buffer'
import { createReadStream, existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
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

/** No record nests deeper, or holds more objects, lists and members in them: a parser takes memory for each. */
const MOST_LEVELS = 32
const MOST_PARTS = 50_000_000

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Whether the text could be a record by its shape, before anything is made of it. */
function isOfRecordShape(json: string): boolean {
  let inText = false
  let levels = 0
  let parts = 0
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (inText) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) inText = false
    } else if (code === QUOTE) inText = true
    else if (code === COMMA) parts++
    else if (code === BRACKET || code === BRACE) {
      levels++
      parts++
    } else if (code === BRACKET_END || code === BRACE_END) levels--
    if (levels > MOST_LEVELS || parts > MOST_PARTS) return false
  }
  return true
}

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
  if (!isOfRecordShape(json))
    throw new RecordError(
      `${name} nests deeper or holds more than any record does. Give the record.json of a run.`,
    )
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

/** Reads a file, or whatever gives bytes like one, up to a limited size. Throws RecordError. */
export async function readLimited(file: string, what: string): Promise<Buffer> {
  const assertSmall = (size: number): void => {
    if (size > MAX_BYTES)
      throw new RecordError(`${file} is larger than 512 MiB, which no ${what} is. Check what it is.`)
  }
  const chunks: Buffer[] = []
  let size = 0
  try {
    assertSmall((await stat(file)).size)
    // Devices and pipes have no size.
    for await (const chunk of createReadStream(file)) {
      chunks.push(chunk)
      size += chunk.length
      assertSmall(size)
    }
    return Buffer.concat(chunks)
  } catch (cause) {
    if (cause instanceof RecordError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new RecordError(`${file} cannot be read (${code}). Give the path of a ${what}.`, { cause })
  }
}

/** The record in a file. Throws RecordError. */
export async function loadRecord(file: string): Promise<RunRecord> {
  const bytes = await readLimited(file, 'record')
  if (!isUtf8(bytes))
    throw new RecordError(`${file} is damaged: its bytes are no UTF-8. Give the record.json of a run, whole.`)
  return parseRecord(bytes.toString('utf8'), file)
}

/** Throws RecordError where the reports would take the place of the record of another run. */
export async function assertReplaceable(out: string, { run }: RunRecord): Promise<void> {
  const file = join(out, 'record.json')
  if (!existsSync(file)) return
  const there = await loadRecord(file).catch(() => undefined)
  if (there?.run.id !== run.id)
    throw new RecordError(
      `${file} is not the record of run ${run.id}, and would be replaced by it. Give another folder with --out.`,
    )
}
