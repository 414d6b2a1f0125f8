/** The file of waivers. */
import { isRecord, type JsonRecord } from '../openapi/json.js'
import { readYaml } from '../openapi/yaml.js'
import { counted, singleLine } from '../reporters/text.js'
import { coverer, hasExpired, type Waiver } from '../reporters/waivers.js'
import type { Cell } from '../suites/model.js'
import { nearest } from './nearest.js'
import { SettingsError } from './settings-error.js'

const MEMBERS: readonly string[] = ['cells', 'reason', 'owner', 'expires']

/** What waives more than this part of the plan says nothing of what is wrong. */
const MOST = 1 / 4

/** Ids that are shown where one is not found. */
const HINTS = 3

/** A mistake in one of the waivers, which are counted from 1. */
const mistake = (file: string, entry: number, what: string): SettingsError =>
  new SettingsError(`${file}, waiver ${entry}: ${what}`)

/** A day that there is, in the form `yyyy-mm-dd`; undefined for anything else. */
function dayOf(value: unknown): string | undefined {
  const day = value instanceof Date ? value.toISOString().replace(/T00:00:00\.000Z$/, '') : value
  if (typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day)) return undefined
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? day : undefined
}

function textOf(
  entry: JsonRecord,
  member: 'reason' | 'owner',
  refuse: (what: string) => SettingsError,
): string {
  const value = entry[member]
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  throw refuse(
    member === 'reason'
      ? "'reason' must say in words why this is put up with."
      : "'owner' must name who answers for it.",
  )
}

function patternsOf(value: unknown, refuse: (what: string) => SettingsError): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw refuse("'cells' is an empty list. Name a cell by its id, or by a pattern.")
  return list.map((item) => {
    if (typeof item !== 'string' || item.trim() === '')
      throw refuse("'cells' must be an id of a cell, a pattern of ids, or a list of these, each in quotes.")
    if (/^[*\s]*$/.test(item))
      throw refuse(
        `'${item}' would waive everything. Name the cells that are meant; the record lists their ids.`,
      )
    return item
  })
}

function waiverOf(file: string, entry: unknown, number: number): Waiver {
  const refuse = (what: string) => mistake(file, number, what)
  if (!isRecord(entry)) throw refuse(`it must be a mapping with ${MEMBERS.join(', ')}.`)
  for (const member of Object.keys(entry)) {
    if (!MEMBERS.includes(member))
      throw refuse(`there is no member '${member}'. There are: ${MEMBERS.join(', ')}.`)
  }
  const expires = dayOf(entry.expires)
  if (expires === undefined)
    throw refuse("'expires' must be the last day on which it holds, such as 2026-12-31.")
  return {
    cells: patternsOf(entry.cells, refuse),
    reason: textOf(entry, 'reason', refuse),
    owner: textOf(entry, 'owner', refuse),
    expires,
  }
}

function assertDistinct(file: string, waivers: readonly Waiver[]): void {
  const seen = new Map<string, number>()
  for (const [index, { cells }] of waivers.entries()) {
    for (const pattern of cells) {
      const before = seen.get(pattern)
      if (before !== undefined)
        throw mistake(file, index + 1, `'${pattern}' stands in waiver ${before} already. Remove one of them.`)
      seen.set(pattern, index + 1)
    }
  }
}

/** Every pattern is about cells of the plan, and no waiver about a great part of it. */
function assertPlanned(file: string, waivers: readonly Waiver[], ids: readonly string[]): void {
  for (const [index, waiver] of waivers.entries()) {
    for (const pattern of waiver.cells) {
      if (ids.some(coverer({ cells: [pattern] }))) continue
      const hints = nearest(pattern, ids, HINTS).map((id) => `'${id}'`)
      throw mistake(
        file,
        index + 1,
        `no planned cell has the id '${pattern}'. Correct or remove it; the nearest are ${hints.join(', ')}.`,
      )
    }
    const covered = ids.filter(coverer(waiver)).length
    if (covered > ids.length * MOST)
      throw mistake(
        file,
        index + 1,
        `it covers ${covered} of ${ids.length} cells, more than a quarter of the plan. Narrow it to an operation, or to a check on one.`,
      )
  }
}

/** Throws SettingsError for a file that is not as it must be, or that names cells which are not planned. */
export async function readWaivers(file: string, cells: readonly Cell[]): Promise<Waiver[]> {
  const content = await readYaml(file)
  const list = isRecord(content) ? content.waivers : undefined
  // An empty list is what remains when the last waiver could go.
  if (!isRecord(content) || !Array.isArray(list) || Object.keys(content).length > 1)
    throw new SettingsError(
      `${file} must hold a list of 'waivers', and nothing else: each with ${MEMBERS.join(', ')}.`,
    )
  const waivers = list.map((entry, index) => waiverOf(file, entry, index + 1))
  assertDistinct(file, waivers)
  assertPlanned(
    file,
    waivers,
    cells.map(({ id }) => id),
  )
  return waivers
}

/** One line a waiver: what it covers, and whether it will hold. */
export function describeWaivers(waivers: readonly Waiver[], cells: readonly Cell[], now: Date): string[] {
  return waivers.map((waiver, index) => {
    const covers = coverer(waiver)
    const own = cells.filter(({ id }) => covers(id))
    const run = own.filter(({ leftOut }) => leftOut === undefined).length
    const { expires, owner } = waiver
    const end = hasExpired(waiver, now.toISOString())
      ? `expired on ${expires}: not applied, and the run fails for it`
      : `until ${expires}`
    return singleLine(
      `Waiver ${index + 1} (${owner}): ${counted(own.length, 'cell')}, of which ${run} run; ${end}.`,
    )
  })
}
