/** The files of a run. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { renderHtml } from './html.js'
import { renderJunit } from './junit.js'
import { renderMarkdown } from './markdown.js'
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

interface Reporter {
  /** Path in the output folder, by which tools find it. */
  readonly file: string
  readonly render: (record: RunRecord) => Iterable<string>
}

/** What can be rendered from a record, by the name that `--reporter` takes. */
const REPORTERS = {
  html: { file: 'report.html', render: renderHtml },
  junit: { file: 'junit.xml', render: renderJunit },
  markdown: { file: 'summary.md', render: (record) => [renderMarkdown(record)] },
} as const satisfies Readonly<Record<string, Reporter>>

export type ReporterName = keyof typeof REPORTERS
export const REPORTER_NAMES = Object.keys(REPORTERS).filter((name): name is ReporterName => name in REPORTERS)
export const DEFAULT_REPORTERS: readonly ReporterName[] = ['html', 'junit', 'markdown']

const RECORD: Reporter = { file: 'record.json', render: renderJson }

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

/** Writes the record and the named reports into the folder, which it makes, and answers their paths. No file is ever half written. */
export async function writeReports(
  record: RunRecord,
  outDir: string,
  names: readonly ReporterName[],
): Promise<string[]> {
  await mkdir(outDir, { recursive: true })
  const suffix = `${randomBytes(4).toString('hex')}.tmp`
  const files = [RECORD, ...names.map((name) => REPORTERS[name])].map(({ file, render }) => ({
    path: join(outDir, file),
    temporary: join(outDir, `.${file}.${suffix}`),
    render,
  }))
  try {
    for (const { render, temporary } of files) await write(temporary, render(record))
    for (const { path, temporary } of files) await rename(temporary, path)
  } finally {
    await Promise.all(files.map(({ temporary }) => rm(temporary, { force: true })))
  }
  return files.map(({ path }) => path)
}
