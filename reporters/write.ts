/** The files of a run. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRecord } from './record.js'

const INDENT = 2
const jsonText = (value: unknown, depth: number): string =>
  JSON.stringify(value, null, INDENT).replaceAll('\n', `\n${' '.repeat(INDENT * depth)}`)

/** `JSON.stringify(record, null, 2)` in pieces, item by item: all of a large run is too much for one string. */
export function* renderJson(record: RunRecord): Generator<string> {
  let before = '{\n  '
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(name)}: `
    before = ',\n  '
    if (Array.isArray(value) && value.length > 0) {
      for (const [index, item] of value.entries())
        yield `${index === 0 ? '[' : ','}\n    ${jsonText(item, 2)}`
      yield '\n  ]'
    } else yield jsonText(value, 1)
  }
  yield '\n}\n'
}

/** A file in pieces. */
export interface Rendered {
  readonly name: string
  readonly pieces: Iterable<string>
}

interface FileReporter {
  /** Path in the output folder, by which tools find it. */
  readonly file: string
  /** Loads what renders it, which no other command has to wait for. */
  readonly renderer: () => Promise<(record: RunRecord) => Iterable<string>>
}

interface FolderReporter {
  readonly folder: string
  /** A file of the folder, and what it holds where the folder is of our making, and may be replaced. */
  readonly sign: { readonly file: string; readonly holds: string }
  readonly renderer: () => Promise<(record: RunRecord) => Iterable<Rendered>>
}

type Reporter = FileReporter | FolderReporter

/** What can be rendered from a record, by the name that `--reporter` takes. */
const REPORTERS = {
  html: { file: 'report.html', renderer: async () => (await import('./html.js')).renderHtml },
  junit: { file: 'junit.xml', renderer: async () => (await import('./junit.js')).renderJunit },
  markdown: {
    file: 'summary.md',
    renderer: async () => {
      const { renderMarkdown } = await import('./markdown.js')
      return (record) => [renderMarkdown(record)]
    },
  },
  csv: { file: 'matrix.csv', renderer: async () => (await import('./csv.js')).renderCsv },
  ctrf: { file: 'ctrf.json', renderer: async () => (await import('./ctrf.js')).renderCtrf },
  allure: {
    folder: 'allure-results',
    sign: { file: 'executor.json', holds: '"type":"nvcf-conformance"' },
    renderer: async () => (await import('./allure.js')).renderAllure,
  },
} as const satisfies Readonly<Record<string, Reporter>>

export type ReporterName = keyof typeof REPORTERS
export const REPORTER_NAMES = Object.keys(REPORTERS).filter((name): name is ReporterName => name in REPORTERS)
export const DEFAULT_REPORTERS: readonly ReporterName[] = ['html', 'junit', 'markdown']

const RECORD: FileReporter = { file: 'record.json', renderer: async () => renderJson }

/** The reports cannot be written; the message names the place, the cause and the mend. */
class ReportsUnwritten extends Error {
  override readonly name = 'ReportsUnwritten'
}

/** Of an error of the file system. */
const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && 'syscall' in cause && 'code' in cause ? String(cause.code) : undefined

/** Characters that are written at once. */
const CHUNK = 64 * 1024

async function write(path: string, pieces: Iterable<string>): Promise<void> {
  const file = await open(path, 'wx')
  try {
    let chunk = ''
    for (const piece of pieces) {
      chunk += piece
      if (chunk.length < CHUNK) continue
      await file.appendFile(chunk)
      chunk = ''
    }
    await file.appendFile(chunk)
  } finally {
    await file.close()
  }
}

/** A report on its way: written beside its place first. */
interface Draft {
  readonly reporter: Reporter
  readonly path: string
  readonly temporary: string
  /** Where what it replaces waits until it stands. */
  readonly aside: string
}

function draftOf(reporter: Reporter, outDir: string, suffix: string): Draft {
  const name = 'file' in reporter ? reporter.file : reporter.folder
  return {
    reporter,
    path: join(outDir, name),
    temporary: join(outDir, `.${name}.${suffix}.tmp`),
    aside: join(outDir, `.${name}.${suffix}.old.tmp`),
  }
}

/** Throws where something stands in the place of a folder that is none of ours. */
async function assertOwn({ folder, sign }: FolderReporter, path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return
  const signed = await readFile(join(path, sign.file), 'utf8').catch(() => '')
  if (!signed.includes(sign.holds))
    throw new ReportsUnwritten(
      `${path} is there already and was not written by nvcf-conformance, so it is not replaced. Move ${folder} away, or give another folder with --out.`,
    )
}

async function writeDraft({ path, reporter, temporary }: Draft, record: RunRecord): Promise<void> {
  if ('file' in reporter) return write(temporary, (await reporter.renderer())(record))
  await assertOwn(reporter, path)
  await mkdir(temporary)
  const render = await reporter.renderer()
  for (const { name, pieces } of render(record)) await write(join(temporary, name), pieces)
}

/** Files replace files at one stroke; a folder has to make room first, and is put back if its successor fails. */
async function place({ aside, path, reporter, temporary }: Draft): Promise<void> {
  if ('file' in reporter) return rename(temporary, path)
  const replaces = await rename(path, aside).then(
    () => true,
    (cause) => {
      if (codeOf(cause) === 'ENOENT') return false
      throw cause
    },
  )
  try {
    await rename(temporary, path)
  } catch (cause) {
    if (replaces) await rename(aside, path)
    throw cause
  }
}

/**
 * Writes the record and the named reports into the folder, which it makes, and answers their paths. Nothing is
 * ever half written. Throws where it cannot be written.
 */
export async function writeReports(
  record: RunRecord,
  outDir: string,
  names: readonly ReporterName[],
): Promise<string[]> {
  const suffix = randomBytes(4).toString('hex')
  const reporters: readonly Reporter[] = [RECORD, ...names.map((name) => REPORTERS[name])]
  const drafts = reporters.map((reporter) => draftOf(reporter, outDir, suffix))
  try {
    await mkdir(outDir, { recursive: true })
    for (const draft of drafts) await writeDraft(draft, record)
    for (const draft of drafts) await place(draft)
  } catch (cause) {
    const code = codeOf(cause)
    throw code === undefined
      ? cause
      : new ReportsUnwritten(
          `The reports cannot be written to ${outDir} (${code}). Give another folder with --out.`,
          { cause },
        )
  } finally {
    const leavings = drafts.flatMap(({ aside, temporary }) => [aside, temporary])
    await Promise.all(leavings.map((path) => rm(path, { recursive: true, force: true }).catch(() => {})))
  }
  return drafts.map(({ path }) => path)
}
