/** `sweep`: removes what interrupted runs left, by their ledgers. */
import { hostname } from 'node:os'
import { findLedgers, Ledger, type LedgerHead } from '../fixtures/ledger.js'
import { loadContract } from '../openapi/load.js'
import { cleanUp, givenAdmin, keyIssueOf } from './session.js'
import { type Flags, resolveSettings } from './settings.js'

/** Whether the run is still being made, by a process of this machine. */
function isUnderWay({ host, pid }: LedgerHead): boolean {
  if (host !== hostname() || pid === process.pid) return false
  try {
    // Signal 0 asks whether the process is there, and does nothing to it.
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}

/** Sweeps every ledger under the output folder; answers 0 when nothing stays, else 3. */
export async function sweepLedgers(flags: Flags): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  const wanted = findLedgers(settings.out).filter(
    ({ head }) => settings.gateway === undefined || head.gateway === settings.gateway,
  )
  const say = (line: string) => process.stdout.write(`${line}\n`)
  if (wanted.length === 0) {
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
    for (const thing of leftBehind) say(`  still there: ${thing}`)
    stays += leftBehind.length
  }
  if (stays > 0) say(`Not confirmed as removed: ${stays}. Sweep again when the gateway is well.`)
  else if (leftAlone === 0) say('Nothing is left.')
  return stays === 0 && leftAlone === 0 ? 0 : 3
}
