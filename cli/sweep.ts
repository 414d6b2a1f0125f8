/** `sweep`: removes what interrupted runs left, by their ledgers. */
import { loadContract } from '../openapi/load.js'
import { cleanUp, givenAdmin, leftLedgers } from './session.js'
import { type Flags, gatewayUrl, resolveSettings } from './settings.js'

/** Sweeps every ledger under the output folder; answers 0 when nothing stays, else 3. */
export async function sweepLedgers(flags: Flags): Promise<number> {
  const settings = await resolveSettings(flags, process.env)
  const ledgers = leftLedgers(settings.out)
  if (ledgers.length === 0) {
    process.stdout.write(`Nothing to sweep: ${settings.out} holds no ledger of an interrupted run.\n`)
    return 0
  }
  const contract = await loadContract(settings.release)
  let stays = 0
  for (const ledger of ledgers) {
    const { run, gateway, startedAt } = ledger.head
    process.stdout.write(
      `Run ${run} of ${startedAt} against ${gatewayUrl(gateway, 'The ledger')}: ${ledger.left.length} to remove.\n`,
    )
    const { leftBehind } = await cleanUp(ledger, contract, givenAdmin(settings), settings)
    for (const thing of leftBehind) process.stdout.write(`  still there: ${thing}\n`)
    stays += leftBehind.length
  }
  process.stdout.write(
    stays === 0
      ? 'Everything was removed.\n'
      : `${stays} things could not be removed; try again when the gateway is well.\n`,
  )
  return stays === 0 ? 0 : 3
}
