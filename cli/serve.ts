/** `serve`: the reference gateway on its own, healthy or with named faults and variations. */
import { FAULTS } from '../fixtures/gateway/faults.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { VARIATIONS } from '../fixtures/gateway/variations.js'
import { SIGNALS } from '../fixtures/interrupts.js'
import { SettingsError } from './settings.js'

interface ServeFlags {
  readonly port?: string
  readonly domain?: string
  readonly release?: string
  readonly fault?: readonly string[]
  readonly variation?: readonly string[]
  readonly list?: boolean
}

function list(): string {
  const width = Math.max(...[...FAULTS, ...VARIATIONS].map(({ id }) => id.length))
  const rows = (entries: readonly { id: string; sentence: string }[]) =>
    entries.map(({ id, sentence }) => `  ${id.padEnd(width)}  ${sentence}`)
  return [
    `Faults (${FAULTS.length}): ways to break it, for --fault`,
    ...rows(FAULTS),
    '',
    `Variations (${VARIATIONS.length}): ways to differ and still conform, for --variation`,
    ...rows(VARIATIONS),
  ].join('\n')
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '') return port
  throw new SettingsError(`--port takes a number from 0 to 65535, not '${text}'.`)
}

/** A port that cannot be had is a mistake with a mend. */
function refusePort(port: number, cause: unknown): never {
  const origin = cause instanceof Error ? (cause.cause ?? cause) : cause
  const code = origin instanceof Error && 'code' in origin ? String(origin.code) : ''
  if (!['EADDRINUSE', 'EACCES'].includes(code)) throw cause
  const why = code === 'EACCES' ? 'is not open to this user' : 'is already in use'
  throw new SettingsError(
    `Port ${port} on 127.0.0.1 ${why}. Give another with --port, or 0 for any free one.`,
    {
      cause,
    },
  )
}

/** Serves until it is told to stop, or lists what it can do; answers the exit code. */
export async function serve(flags: ServeFlags): Promise<number> {
  if (flags.list === true) {
    process.stdout.write(`${list()}\n`)
    return 0
  }
  const port = portOf(flags.port ?? '0')
  const gateway = await startGateway({
    port,
    ...(flags.domain !== undefined && { domain: flags.domain }),
    ...(flags.release !== undefined && { release: flags.release }),
    faults: flags.fault ?? [],
    variations: flags.variation ?? [],
  }).catch((cause: unknown) => refusePort(port, cause))
  process.stdout.write(`${JSON.stringify({ url: gateway.url, domain: gateway.domain })}\n`)
  await new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, resolve)
  })
  await gateway.close()
  return 0
}
