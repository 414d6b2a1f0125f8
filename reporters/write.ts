/** The files of a run. */
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderJunit } from './junit.js'
import { renderMarkdown } from './markdown.js'
import type { RunRecord } from './record.js'

const renderJson = (record: RunRecord): string => `${JSON.stringify(record, null, 2)}\n`

const REPORTS: readonly { readonly file: string; readonly render: (record: RunRecord) => string }[] = [
  { file: 'record.json', render: renderJson },
  { file: 'junit.xml', render: renderJunit },
  { file: 'summary.md', render: renderMarkdown },
]

/** Writes every report into the folder, which it makes, and answers their paths. No file is ever half written. */
export async function writeReports(record: RunRecord, outDir: string): Promise<string[]> {
  await mkdir(outDir, { recursive: true })
  const suffix = `${randomBytes(4).toString('hex')}.tmp`
  const files = REPORTS.map(({ file, render }) => ({
    path: join(outDir, file),
    temporary: join(outDir, `.${file}.${suffix}`),
    text: render(record),
  }))
  try {
    await Promise.all(files.map(({ temporary, text }) => writeFile(temporary, text, { flag: 'wx' })))
    for (const { path, temporary } of files) await rename(temporary, path)
  } finally {
    await Promise.all(files.map(({ temporary }) => rm(temporary, { force: true })))
  }
  return files.map(({ path }) => path)
}
