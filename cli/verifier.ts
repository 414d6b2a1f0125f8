/** What this build brings to verify bundles with. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Verifier } from '../certification/verify.js'
import { holdsSecret } from '../fixtures/redact.js'
import { Validator } from '../fixtures/validator.js'
import { loadContract, releaseNames } from '../openapi/load.js'
import { suiteIdentity } from './identity.js'
import { parseRecord } from './record-file.js'

const sbomFile = fileURLToPath(new URL('../sbom.cdx.json', import.meta.url))

export async function ownVerifier(): Promise<Verifier> {
  return {
    suite: suiteIdentity(),
    conformity: new Validator(),
    contractOf: async (release) =>
      (await releaseNames()).includes(release) ? loadContract(release) : undefined,
    parse: (json) => parseRecord(json, 'record.json'),
    holdsSecret,
    sbom: await readFile(sbomFile),
    nowMs: Date.now(),
  }
}
