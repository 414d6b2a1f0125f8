/** Documents that other people wrote: found, fetched, resolved and, where asked for, laid over the contract. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import { Redactor } from '../fixtures/redact.js'
import { Target } from '../fixtures/target.js'
import { Validator } from '../fixtures/validator.js'
import type { Contract } from '../openapi/contract.js'
import { followReferences, loadContract, UnresolvedReference } from '../openapi/load.js'
import { overlay } from '../openapi/overlay.js'
import { TooLarge, unfold, unfollowable } from '../openapi/references.js'
import {
  assertOpenApi,
  NOTE_KINDS,
  type Note,
  readSpec,
  type Spec,
  SpecError,
  specOf,
} from '../openapi/spec.js'
import { parseForeign } from '../openapi/yaml.js'
import { counted, singleLine } from '../reporters/text.js'
import { startEmbedded } from './embedded.js'
import type { Settings } from './settings.js'

type Reading = Pick<
  Settings,
  'allowRemoteRefs' | 'domain' | 'gateway' | 'release' | 'services' | 'timeoutMs' | 'spec'
>

const MAX_BYTES = 16 * 1024 * 1024
/** Where the control plane publishes its document, without a credential. */
const PUBLISHED = '/v3/openapi'

const isUrl = (source: string): boolean => /^https?:\/\//i.test(source)

/** What reports call a source: the query of a URL, which may hold a secret, is left out. */
export const nameOf = (source: string): string => (isUrl(source) ? source.replace(/\?[^#]*/, '?…') : source)

/** The text of a GET; what is not an answer with 200 is an error that says what to do. */
async function fetched(target: Target, service: string, path: string, what: string): Promise<string> {
  const request = { purpose: 'read an OpenAPI document', service, method: 'GET', path } as const
  const outcome = await target.send(request, { label: 'no credential' })
  if (outcome.kind === 'silence') {
    throw new SpecError(`${what} did not answer (${outcome.why}). Check the address, --domain and --timeout.`)
  }
  const { headers, status, text } = outcome
  if (status === 200) return text
  const { location } = headers
  throw new SpecError(
    location === undefined
      ? `${what} answered ${status}. Check the address and --domain, or give the document as a file with --spec.`
      : `${what} answered ${status} and leads to ${singleLine(location)}. Give that address itself.`,
  )
}

async function withTarget<T>(
  options: Pick<Reading, 'services' | 'timeoutMs'> & { readonly gateway: string; readonly domain: string },
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const { domain, gateway, services, timeoutMs } = options
  const target = new Target({ gateway, domain, services, timeoutMs, concurrency: 1 }, new Redactor())
  try {
    return await work(target)
  } finally {
    await target.close()
  }
}

/** What stands at a URL. */
function fromUrl(address: string, { timeoutMs }: Reading): Promise<string> {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw new SpecError(`'${address}' is no URL. Give one such as http://gateway.example/v3/openapi.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new SpecError('The URL of a document must not hold a user or password: they would show in reports.')
  }
  // A service with an address of its own is asked under the Host of that address.
  const options = { gateway: url.origin, domain: url.hostname, services: { document: url.origin }, timeoutMs }
  return withTarget(options, (target) =>
    fetched(target, 'document', `${url.pathname}${url.search}`, `${url.origin}${url.pathname}`),
  )
}

/** What the gateway says of itself, and the address at which it does. */
async function fromGateway(reading: Reading): Promise<Text> {
  const embedded = reading.gateway === undefined ? await startEmbedded(reading.release) : undefined
  try {
    const gateway = reading.gateway ?? embedded?.url ?? ''
    const domain = reading.domain ?? new URL(gateway).hostname
    return await withTarget({ ...reading, gateway, domain }, async (target) => {
      const what = `${gateway} (Host ${target.hostOf('api')}), asked for GET ${PUBLISHED},`
      const text = await fetched(target, 'api', PUBLISHED, what)
      return { text, base: new URL(PUBLISHED, gateway).href }
    })
  } finally {
    await embedded?.close()
  }
}

async function fromFile(file: string): Promise<string> {
  const refuse = (why: string) => new SpecError(`${file} ${why}. Check the path and its permissions.`)
  try {
    const { size, ...found } = await stat(file).then((stats) => ({
      size: stats.size,
      isFile: stats.isFile(),
    }))
    // A pipe or a device may never end.
    if (!found.isFile) throw refuse('is no regular file')
    if (size > MAX_BYTES) throw refuse('is larger than 16 MiB, which no document of an API is')
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof SpecError) throw cause
    throw refuse(`cannot be read (${cause instanceof Error && 'code' in cause ? cause.code : String(cause)})`)
  }
}

interface Text {
  readonly text: string
  /** What its references are relative to. */
  readonly base: string
}

async function textOf(source: string, reading: Reading): Promise<Text> {
  if (source === 'target') return fromGateway(reading)
  if (isUrl(source)) return { text: await fromUrl(source, reading), base: source }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) {
    throw new SpecError(
      `'${source}' is neither a file nor an http or https URL. Give one of these, or 'target'.`,
    )
  }
  return { text: await fromFile(source), base: resolve(source) }
}

/** Answers a document's references to others, as far as it may make them. */
const otherDocuments =
  (source: string, base: string, reading: Reading) =>
  async (named: string): Promise<unknown> => {
    if (isUrl(named)) {
      if (reading.allowRemoteRefs) return parseForeign(await fromUrl(named, reading), named)
      throw new SpecError(
        `${source} refers to ${singleLine(named)}, which is not followed. Allow it with --allow-remote-refs, or give a document that stands on its own.`,
      )
    }
    const file = decodeURIComponent(named)
    const isFile = !isUrl(base) && !/^[a-z][a-z0-9+.-]+:/i.test(named)
    const inside = isFile ? relative(dirname(base), file) : '..'
    if (inside === '..' || inside.startsWith(`..${sep}`)) {
      throw new SpecError(
        `${source} refers to ${singleLine(file)}, which is not beside it. Only files in its folder, and below, are read.`,
      )
    }
    return parseForeign(await fromFile(file), file)
  }

/** Reads a document: a file, a URL, or `target` for the gateway's own. Throws SpecError or UnreadableFile. */
async function readSource(source: string, reading: Reading): Promise<Spec> {
  const { base, text } = await textOf(source, reading)
  const name = nameOf(source)
  const document = assertOpenApi(parseForeign(text, name), name)
  const trouble = unfollowable(document)
  if (trouble !== undefined) throw new SpecError(`${name} cannot be read: ${trouble}. Correct it there.`)
  try {
    const { cuts, value } = unfold(
      await followReferences(document, base, otherDocuments(name, base, reading)),
    )
    return readSpec(assertOpenApi(value, name), name, cuts)
  } catch (cause) {
    if (cause instanceof TooLarge)
      throw new SpecError(`${name} cannot be read: ${cause.message}. Simplify its schemas.`, { cause })
    if (cause instanceof UnresolvedReference) {
      const why = singleLine(cause.message).replace(/\.?$/, '.')
      throw new SpecError(`${name} holds a reference that cannot be followed: ${why} Correct it there.`, {
        cause,
      })
    }
    throw cause
  }
}

const RELEASE = 'release:'

/** A document as above, or the bundled ones of a release: `release:NAME`, of the default one without a name. */
export const specFrom = async (source: string, reading: Reading): Promise<Spec> =>
  source.startsWith(RELEASE)
    ? specOf(await loadContract(source.slice(RELEASE.length) || undefined))
    : readSource(source, reading)

interface Ready {
  readonly contract: Contract
  /** Without what the document leaves out. */
  readonly examined: Contract
  readonly notes: readonly Note[]
}

/** The contract of the settings' release, with the document of the settings laid over it where there is one. */
export async function contractFor(reading: Reading): Promise<Ready> {
  const contract = await loadContract(reading.release)
  if (reading.spec === undefined || reading.spec === '') return { contract, examined: contract, notes: [] }
  const spec = await readSource(reading.spec, reading)
  const validator = new Validator()
  return overlay(contract, spec, (schema, value) => validator.violations(schema, value))
}

/** One line a note, for people. */
export const noteLine = ({ kind, operation, text }: Note): string =>
  singleLine(`${NOTE_KINDS[kind]}: ${operation === undefined ? '' : `${operation}: `}${text}`)

/** Shown of each kind before the rest is only counted. */
const FIRST = 3

/** Notes by kind: how many, and the first of them. */
export function summaryOf(notes: readonly Note[], source: string): string {
  const kinds = Object.entries(NOTE_KINDS).map(([kind, noun]) => ({
    noun,
    own: notes.filter((note) => note.kind === kind),
  }))
  const lines = kinds
    .filter(({ own }) => own.length > 0)
    .flatMap(({ noun, own }) => [
      `  ${counted(own.length, noun)}`,
      ...own.slice(0, FIRST).map(({ operation, text }) => singleLine(`    ${operation ?? '-'}: ${text}`)),
      ...(own.length > FIRST ? [`    and ${own.length - FIRST} more`] : []),
    ])
  return [
    `Laid over: ${source}. 'nvcf-conformance matrix --spec ${source}' lists all that follows.`,
    ...lines,
  ].join('\n')
}
