/** `init`: writes the config file and the product sheet, from flags and, on a terminal, from questions. */
import { existsSync, statSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { intro, isCancel, text } from '@clack/prompts'
import { PRODUCT_MEMBERS, type ProductMember } from '../certification/product.js'
import { releaseNames } from '../openapi/load.js'
import { writeWhole } from './files.js'
import { productTextFlaw } from './product.js'
import { DEFAULT_CONFIG, domainName, gatewayUrl, SettingsError } from './settings.js'

const SHEET = 'nvcf-product.yaml'

/** The flag of each question, in the order in which they are asked, without its dashes. */
const FLAGS = {
  gateway: 'gateway',
  domain: 'domain',
  release: 'release',
  name: 'name',
  version: 'product-version',
  vendor: 'vendor',
  contact: 'contact',
  environment: 'environment',
} as const satisfies Readonly<Record<string, string>>

type Topic = keyof typeof FLAGS

const TOPICS = Object.keys(FLAGS).filter((topic): topic is Topic => topic in FLAGS)

interface Question {
  readonly message: string
  readonly placeholder?: string
  /** What holds without an answer; absent where one is needed. */
  readonly otherwise?: string
  /** The answer as it is written down. Throws SettingsError, its message beginning with `where`. */
  readonly read: (value: string, where: string) => string
}

type Answers = Readonly<Partial<Record<Topic, string>>>

interface InitFlags {
  readonly gateway?: string
  readonly domain?: string
  readonly release?: string
  readonly name?: string
  readonly productVersion?: string
  readonly vendor?: string
  readonly contact?: string
  readonly environment?: string
  readonly force?: boolean
}

const ofProduct = (member: ProductMember, placeholder: string): Question => ({
  message: PRODUCT_MEMBERS[member],
  placeholder,
  read(value, where) {
    const flaw = productTextFlaw(value)
    if (flaw !== undefined) throw new SettingsError(`${where} ${flaw}.`)
    return value.trim()
  },
})

const questions = (releases: readonly string[]): Readonly<Record<Topic, Question>> => ({
  gateway: { message: 'Gateway under test', placeholder: 'https://gateway.example', read: gatewayUrl },
  domain: {
    message: "Domain behind the services' Hosts",
    otherwise: "the gateway's host name",
    read: domainName,
  },
  release: {
    message: `NVCF release whose documents hold: ${releases.join(', ')}`,
    otherwise: 'the default of the suite',
    read(value, where) {
      if (releases.includes(value)) return value
      throw new SettingsError(`${where} takes ${releases.join(', ')}, not '${value}'.`)
    },
  },
  name: ofProduct('name', 'Example Cloud'),
  version: ofProduct('version', '1.2'),
  vendor: ofProduct('vendor', 'Example Inc.'),
  contact: ofProduct('contact', 'nvcf@example.com'),
  environment: ofProduct('environment', 'Kubernetes 1.33, 4 nodes with 8 GPUs each'),
})

const given = (flags: InitFlags): Answers => {
  const { productVersion: version, ...rest } = flags
  return { ...rest, ...(version !== undefined && { version }) }
}

/** What is wrong with an answer as it is typed; undefined for nothing. */
function flawOf({ otherwise, read }: Question, value: string): string | undefined {
  if (value.trim() === '') return otherwise === undefined ? 'An answer is needed.' : undefined
  try {
    read(value.trim(), 'It')
    return undefined
  } catch (cause) {
    if (cause instanceof SettingsError) return cause.message
    throw cause
  }
}

async function ask(question: Question): Promise<string> {
  const { message, otherwise, placeholder } = question
  const answer = await text({
    message: otherwise === undefined ? message : `${message} (empty: ${otherwise})`,
    ...(placeholder !== undefined && { placeholder }),
    validate: (value) => flawOf(question, value ?? ''),
  })
  if (isCancel(answer))
    throw new SettingsError('Stopped: nothing was written. Start again, or give the answers as flags.')
  return answer ?? ''
}

/** Asks what the flags leave open. Throws SettingsError where nobody can be asked. */
async function answersFor(flags: InitFlags): Promise<Answers> {
  const table = questions(await releaseNames())
  const answers: Partial<Record<Topic, string>> = {}
  for (const topic of TOPICS) {
    const value = given(flags)[topic]
    if (value !== undefined) answers[topic] = table[topic].read(value, `--${FLAGS[topic]}`)
  }
  const open = TOPICS.filter((topic) => answers[topic] === undefined)
  const missing = open.filter((topic) => table[topic].otherwise === undefined)
  if (missing.length === 0) return answers
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    const names = missing.map((topic) => `--${FLAGS[topic]}`).join(', ')
    throw new SettingsError(`Without a terminal nothing can be asked. Give ${names} as well.`)
  }
  intro(`${DEFAULT_CONFIG} and ${SHEET}`)
  for (const topic of open) {
    const answer = (await ask(table[topic])).trim()
    if (answer !== '') answers[topic] = table[topic].read(answer, 'It')
  }
  return answers
}

/** In double quotes, as JSON writes it, any text is YAML. */
const setting = (name: string, value: string): string => `${name}: ${JSON.stringify(value)}`

const optional = (name: string, value: string | undefined, example: string): string =>
  value === undefined ? `# ${name}: ${example}` : setting(name, value)

const configText = ({ domain, gateway = '', release }: Answers): string =>
  [
    '# Settings of nvcf-conformance; flags and environment variables win over them.',
    setting('gateway', gateway),
    "# Behind the services' Hosts (api.<domain>, …); by default the gateway's host name.",
    optional('domain', domain, 'nvcf.example'),
    '# The NVCF release whose documents hold.',
    optional('release', release, 'current'),
    '# What is examined, as reports show it.',
    setting('product', SHEET),
    '# An admin token is minted, or taken from the environment variable NVCF_TOKEN. No secret belongs here.',
    '',
  ].join('\n')

const sheetText = (answers: Answers): string =>
  [
    '# The product that a record is about.',
    ...TOPICS.filter((topic): topic is ProductMember & Topic => topic in PRODUCT_MEMBERS).map((member) =>
      setting(member, answers[member] ?? ''),
    ),
    '',
  ].join('\n')

interface Written {
  readonly path: string
  readonly bytes: string
}

/** All of them or none. Throws SettingsError. */
async function writeAll(files: readonly Written[], replace: boolean): Promise<void> {
  const undo: (() => Promise<void>)[] = []
  try {
    for (const { bytes, path } of files) {
      const before = existsSync(path) && statSync(path).isFile() ? await readFile(path) : undefined
      await writeWhole(path, { bytes, replace })
      undo.push(() => (before === undefined ? rm(path) : writeFile(path, before)))
    }
  } catch (cause) {
    for (const one of undo) await one()
    throw cause
  }
}

/** Writes both files and answers the exit code. */
export async function init(flags: InitFlags): Promise<number> {
  const there = [DEFAULT_CONFIG, SHEET].filter((path) => existsSync(path))
  if (there.length > 0 && flags.force !== true)
    throw new SettingsError(
      `${there.join(' and ')} ${there.length === 1 ? 'is' : 'are'} there already. Replace with --force, or go to another folder.`,
    )
  const answers = await answersFor(flags)
  const files = [
    { path: SHEET, bytes: sheetText(answers) },
    { path: DEFAULT_CONFIG, bytes: configText(answers) },
  ]
  await writeAll(files, flags.force === true)
  process.stdout.write(
    `Wrote ${DEFAULT_CONFIG} and ${SHEET}.\nNext, see whether a run can be made, then make it:\n  nvcf-conformance doctor\n  nvcf-conformance run\n`,
  )
  return 0
}
