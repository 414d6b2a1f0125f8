/** `sweep`: removes what interrupted runs left, by their ledgers. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { findLedgers, Ledger, type LedgerHead } from '../fixtures/ledger.js'
import { loadContract } from '../openapi/load.js'
import { cleanUp, givenAdmin, keyIssueOf } from './session.js'
import { type Flags, resolveSettings } from './settings.js'

/** Something may still be on a target. */
const EXIT_LEFT = 3

/** Clock ticks in a second, as Linux counts the start of processes. */
const TICKS = 100
/** Between the start of a process and the first line of its ledger, at most; and what clocks are apart. */
const SLACK_MS = 60_000

/** Whether that process, of which the system tells more on Linux, cannot be the one that made the run. */
function isAnother(pid: number, startedAt: string): boolean {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[A-Z] )/)
    const fields = rest.split(' ')
    const sinceBoot = Number(/^(\S+)/.exec(readFileSync('/proc/uptime', 'utf8'))?.[1])
    const ageMs = (sinceBoot - Number(fields[19]) / TICKS) * 1000
    // What has ended stays a zombie until its parent asks; a number is given again to what starts later.
    return fields[0] === 'Z' || Date.now() - ageMs > Date.parse(startedAt) + SLACK_MS
  } catch {
    return false
  }
}

/** Whether the run is still being made, by a process of this machine. */
function isUnderWay({ host, pid, startedAt }: LedgerHead): boolean {
  if (host !== hostname() || pid === process.pid) return false
  try {
    // Signal 0 asks whether the process is there, and does nothing to it.
    process.kill(pid, 0)
    return !isAnother(pid, startedAt)
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM' && !isAnother(pid, startedAt)
  }
}

/** Sweeps every ledger under the output folder; answers 0 when nothing stays, else 3. */
export async function sweepLedgers(flags: Flags): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  const { ledgers, unreadable } = findLedgers(settings.out)
  const wanted = ledgers.filter(
    ({ head }) => settings.gateway === undefined || head.gateway === settings.gateway,
  )
  const say = (line: string) => process.stdout.write(`${line}\n`)
  for (const file of unreadable)
    say(
      `${file} cannot be read as a ledger: what its run left is not known. Look for its name on the target.`,
    )
  if (wanted.length === 0) {
    if (unreadable.length > 0) return EXIT_LEFT
    const where = settings.gateway === undefined ? '' : ` against ${settings.gateway}`
    say(`Nothing to sweep: ${settings.out} holds no ledger of an interrupted run${where}.`)
    return 0
  }
  let stays = 0
  let leftAlone = 0
  for (const ledger of wanted) {
    const { run, gateway, startedAt, pid } = ledger.head
    if (isUnderWay(ledger.head)) {
      say(`Run ${run} against ${gateway} is still under way (process ${pid}): left alone.`)
      leftAlone++
      continue
    }
    if (ledger.head.embedded) {
      Ledger.attach(ledger.file).discard()
      say(`Run ${run} of ${startedAt} was against the embedded gateway, and all is gone with it.`)
      continue
    }
    say(`Run ${run} of ${startedAt} against ${gateway}: ${ledger.left.length} to remove.`)
    const contract = await loadContract(ledger.head.release ?? settings.release)
    const { leftBehind } = await cleanUp(
      ledger,
      contract,
      givenAdmin(settings),
      keyIssueOf(contract, settings),
      settings,
    )
    for (const thing of leftBehind) say(`  not known to be gone: ${thing}`)
    stays += leftBehind.length
  }
  if (stays > 0) say(`Not confirmed as removed: ${stays}. Sweep again when the gateway is well.`)
  else if (leftAlone === 0 && unreadable.length === 0) say('Nothing is left.')
  return stays === 0 && leftAlone === 0 && unreadable.length === 0 ? 0 : EXIT_LEFT
}
