/** What tests of the command line share: it as a process, and servers on loopback for it to meet. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { isRecord, type JsonRecord, records, text } from '../openapi/json.js'
import { CHECKS } from '../suites/checks/index.js'

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/** Far more than any command here takes; what hangs is killed, and fails by its exit code. */
const PATIENCE_MS = 120_000

interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface CommandOptions {
  /** Working directory. */
  readonly cwd: string
  /** The only settings in the environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** The command line, as a process. */
interface Running {
  readonly ended: Promise<Ended>
  /** Resolves with the first line of standard output. */
  firstLine(): Promise<string>
  /** Resolves once standard error holds the pattern. */
  says(pattern: RegExp): Promise<void>
  /** Resolves with the event; rejects when the process ends before it. */
  sees(event: Promise<void>): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/** Starts `nvcf-conformance` with these arguments and nothing of the tests' own environment. */
export function start(args: readonly string[], { cwd, env = {} }: CommandOptions): Running {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  const heard = new EventEmitter()
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    heard.emit('more')
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    heard.emit('more')
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  const early = () => ended.then(() => Promise.reject(new Error(`it ended too early: ${stdout}${stderr}`)))
  const hears = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const listener = () => {
        const found = find()
        if (found === undefined) return
        heard.off('more', listener)
        resolve(found)
      }
      heard.on('more', listener)
      listener()
      early().catch(reject)
    })
  return {
    ended,
    firstLine: () => hears(() => /^(.*)\n/.exec(stdout)?.[1]),
    says: async (pattern) => void (await hears(() => pattern.exec(stderr)?.[0])),
    sees: (event) => Promise.race([event, early()]),
    kill: (signal) => child.kill(signal),
  }
}

/** Runs `nvcf-conformance` to its end. */
export const nvcf = (args: readonly string[], options: CommandOptions): Promise<Ended> =>
  start(args, options).ended

/** `serve` in a process of its own. */
export async function serve(args: readonly string[], cwd: string): Promise<Running & { url: string }> {
  const running = start(['serve', ...args], { cwd })
  const ready: unknown = JSON.parse(await running.firstLine())
  const url = isRecord(ready) ? text(ready.url) : undefined
  if (url === undefined) throw new Error('serve did not say where it listens')
  return { ...running, url }
}

/** A new folder, which goes when all tests are done. */
export const scratch = (): string => mkdtempSync(join(inject('scratch'), 'cwd-'))

/** What a tool of the machine prints; where there is none, the error says how to get it. */
export function tool(file: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw missing ? new Error(`There is no ${file}: scripts/test-tools.sh installs it.`, { cause }) : cause
  }
}

interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM; its own authority. */
  readonly cert: string
}

/** A self-signed certificate for these DNS names, valid for a day. */
export function selfSigned(names: readonly string[]): Certificate {
  const cwd = scratch()
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', 'key.pem']
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
  const subject = ['-subj', '/CN=nvcf-conformance test', '-addext', alternatives]
  tool('openssl', ['req', '-x509', '-days', '1', ...key, ...subject, '-out', 'cert.pem'], cwd)
  const read = (file: string) => readFileSync(join(cwd, file), 'utf8')
  return { key: read('key.pem'), cert: read('cert.pem') }
}

/** Every file under a folder, by its path in it; none when there is no such folder. */
export function filesUnder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
  } catch {
    return []
  }
}

/** `record.json` in the output folder, with what tests ask of it at hand. */
export interface ReadRecord {
  readonly json: JsonRecord
  readonly run: JsonRecord
  readonly cells: readonly JsonRecord[]
  readonly counts: JsonRecord
  /** Cells that ran. */
  readonly ran: readonly JsonRecord[]
}

export function readRecord(out: string): ReadRecord {
  const json: unknown = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'))
  if (!isRecord(json) || !isRecord(json.run) || !isRecord(json.counts)) throw new Error('no record')
  const cells = records(json.cells)
  return {
    json,
    run: json.run,
    counts: json.counts,
    cells,
    ran: cells.filter(({ verdict }) => verdict !== 'excluded'),
  }
}

// Longer than any pause of a client, lest it write to a connection that is just being closed.
const KEEP_ALIVE_MS = 60_000

/** A server on loopback. */
interface Listening {
  readonly url: string
  close(): Promise<void>
}

async function listen(server: Server, scheme: string): Promise<Listening> {
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port')
  return {
    url: `${scheme}://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A server with or, given a certificate, over TLS. */
export const answering = (listener: RequestListener, certificate?: Certificate): Promise<Listening> =>
  certificate === undefined
    ? listen(createServer(listener), 'http')
    : listen(createTlsServer({ key: certificate.key, cert: certificate.cert }, listener), 'https')

/** What a gateway still holds, of what it counts: empty when nothing is left. */
export const remaining = (census: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(census).filter(([, count]) => count !== 0))

/** An address at which nothing listens: its port was free a moment ago. */
export async function closedPort(): Promise<string> {
  const server = await answering((_request, response) => response.end())
  await server.close()
  return server.url
}

/** A port that somebody holds. */
export async function takenPort(): Promise<{ port: number; close(): void }> {
  const server = createSocketServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port')
  return { port: address.port, close: () => server.close() }
}

/** What passed through a proxy. */
export interface Passed {
  readonly method: string
  readonly host: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly sent: string
  readonly status: number
  readonly answered: string
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What a proxy is asked: enough to choose an answer by. */
type Asked = Pick<Passed, 'method' | 'host' | 'path'>

interface ProxyOptions {
  /** Answers in the upstream's place where it says so. */
  readonly instead?: (asked: Asked) => Answer | undefined
  /** Says the upstream's answer otherwise. */
  readonly alter?: (answer: Answer, asked: Asked & { readonly headers: IncomingHttpHeaders }) => Answer
  /** Holds the upstream's answer back: what was asked has then been done. */
  readonly before?: (passed: Passed) => Promise<void> | void
  readonly certificate?: Certificate
}

interface Proxy extends Listening {
  readonly passed: readonly Passed[]
}

const bodyOf = async (stream: AsyncIterable<unknown>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A proxy that writes down everything that passes, uncompressed. */
export async function proxyTo(upstream: string, options: ProxyOptions = {}): Promise<Proxy> {
  const passed: Passed[] = []
  const listener: RequestListener = async (incoming, outgoing) => {
    const { 'accept-encoding': _, ...headers } = incoming.headers
    const sent = await bodyOf(incoming)
    const asked: Asked = {
      method: incoming.method ?? '',
      host: headers.host ?? '',
      path: incoming.url ?? '',
    }
    const reply = async (answer: Answer) => {
      const seen = {
        ...asked,
        headers,
        sent: sent.toString(),
        status: answer.status,
        answered: answer.body ?? '',
      }
      passed.push(seen)
      await options.before?.(seen)
      outgoing.writeHead(answer.status, answer.headers).end(answer.body)
    }
    const instead = options.instead?.(asked)
    if (instead !== undefined) return reply(instead)
    const forwarded = httpRequest(upstream, { path: asked.path, method: asked.method, headers })
    forwarded.once('error', () => outgoing.destroy())
    forwarded.once('response', async (response) => {
      const body = (await bodyOf(response)).toString()
      const flat = Object.fromEntries(
        Object.entries(response.headers).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        ),
      )
      const answer = { status: response.statusCode ?? 0, headers: flat, body }
      await reply(options.alter?.(answer, { ...asked, headers }) ?? answer)
    })
    forwarded.end(sent)
  }
  return { ...(await answering(listener, options.certificate)), passed }
}

interface Sending {
  readonly bearer?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** A request by hand to a service of a gateway; the parsed answer. */
export function ask(url: string, service: string, line: string, sending: Sending = {}): Promise<JsonRecord> {
  const [method, path = ''] = line.split(' ')
  const { bearer, body, headers } = sending
  return new Promise((resolve, reject) => {
    const request = httpRequest(url + path, {
      ...(method !== undefined && { method }),
      headers: {
        host: `${service}.${new URL(url).hostname}`,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    })
    request.once('error', reject)
    request.once('response', async (response) => {
      const answer: unknown = JSON.parse((await bodyOf(response)).toString())
      if (response.statusCode === 200 && isRecord(answer)) resolve(answer)
      else reject(new Error(`${line}: ${response.statusCode} ${JSON.stringify(answer)}`))
    })
    request.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Operations of every sort and service: enough for most questions, in a fraction of the time that all would take. */
export const SAMPLE: readonly string[] = [
  'POST /v1/admin/keys',
  'GET /v1/keys',
  'POST /v1/keys',
  'GET /v1/keys/{key-id}',
  'DELETE /v1/keys/{key-id}',
  'PUT /v1/keys/{key-id}/authorizations',
  'GET /v2/nvcf/functions',
  'POST /v2/nvcf/functions',
  'GET /v2/nvcf/functions/{functionId}/versions/{functionVersionId}',
  'PUT /v2/nvcf/functions/{functionId}/versions/{functionVersionId}',
  'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}',
  'GET /v2/nvcf/clusterGroups',
  'GET /v2/nvcf/telemetries',
  'POST /v2/nvcf/pexec/functions/{functionId}',
  'GET /v2/nvcf/accounts/{ncaId}/functions',
  'GET /v1/nvct/tasks',
  'GET /v1/accounts/{ncaId}/clusters',
]

/** Checks that fail on the reference gateway, as on real deployments. */
export const KNOWN_TO_FAIL: ReadonlySet<string> = new Set(
  CHECKS.filter(({ failsOnReference }) => failsOnReference !== undefined).map(({ id }) => id),
)
