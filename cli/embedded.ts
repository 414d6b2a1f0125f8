/** The reference gateway inside the suite, which only those who need it wait for. */
import type { RunningGateway } from '../fixtures/gateway/server.js'

export async function startEmbedded(release: string | undefined): Promise<RunningGateway> {
  const { startGateway } = await import('../fixtures/gateway/server.js')
  return startGateway(release === undefined ? {} : { release })
}
