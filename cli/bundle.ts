/** `bundle`: signs a record and puts it, with all that is needed to verify it, into one file. */

import { sha256 } from '../certification/attestation.js'
import { bundled } from '../certification/bundle.js'
import { readSigner } from '../certification/keys.js'
import { missingIn } from '../certification/product.js'
import { productInWords, signable } from '../certification/verify.js'
import { releaseNames, releaseSources } from '../openapi/load.js'
import type { RunRecord, SuiteIdentity } from '../reporters/record.js'
import { certifyingInWords } from '../reporters/summary.js'
import { assertSpares, writeWhole } from './files.js'
import { passphrase } from './keygen.js'
import { readProduct } from './product.js'
import { loadRecord, RecordError, readLimited } from './record-file.js'
import { SettingsError } from './settings-error.js'
import { ownVerifier } from './verifier.js'

interface BundleFlags {
  readonly key: string
  readonly out: string
  readonly product?: string
}

type Sheet = Readonly<Record<string, string>>

/** The record's own sheet, or the one in the file where the record has none. Throws SettingsError. */
async function productOf({ target }: RunRecord, file: string | undefined): Promise<Sheet> {
  const own = target.product
  if (file === undefined) {
    const missing = missingIn(own)
    if (own !== undefined && missing.length === 0) return own
    throw new SettingsError(
      `The record's product lacks ${missing.join(', ')}. Give a product sheet with --product; 'nvcf-conformance init' writes one.`,
    )
  }
  const sheet = await readProduct(file)
  for (const member of ['name', 'version'] as const) {
    if (own?.[member] !== undefined && own[member] !== sheet[member])
      throw new SettingsError(
        `The record is about ${member} ${JSON.stringify(own[member])}, ${file} about ${JSON.stringify(sheet[member])}. Give the sheet of the product that was examined.`,
      )
  }
  // What the record tells whole is told once.
  return own !== undefined && missingIn(own).length === 0 ? own : sheet
}

const buildInWords = ({ commit, name, version }: SuiteIdentity): string =>
  `${name} ${version} at ${commit === null ? 'no known commit' : `commit ${commit}`}`

/** A bundle holds the bill of materials of the suite that made the record. Throws RecordError. */
function assertOwn(file: string, made: SuiteIdentity, own: SuiteIdentity): void {
  if (buildInWords(made) !== buildInWords(own))
    throw new RecordError(
      `${file} was made by ${buildInWords(made)}, and this is ${buildInWords(own)}. Bundle it with the build that made it.`,
    )
}

/** Writes the bundle and answers the exit code. Throws SettingsError, RecordError and KeyError. */
export async function bundle(file: string, { key, out, product: sheet }: BundleFlags): Promise<number> {
  await assertSpares(out, [file, key, `${key}.pub`, ...(sheet === undefined ? [] : [sheet])])
  const record = await loadRecord(file)
  const signer = readSigner((await readLimited(key, 'private key')).toString('utf8'), key, passphrase())
  const product = await productOf(record, sheet)
  const { release } = record.contract
  if (!(await releaseNames()).includes(release))
    throw new RecordError(
      `${file} is of release ${release}, which this nvcf-conformance does not know. Use the one that wrote it.`,
    )
  const sources = await releaseSources(release)
  const verifier = await ownVerifier()
  assertOwn(file, record.suite, verifier.suite)
  const broken = (await signable(record, product, sources, verifier)).filter(
    ({ decides, outcome }) => decides === 'authentic' && outcome === 'broken',
  )
  if (broken.length > 0)
    throw new RecordError(
      `${file} is not signed, for nobody would accept it: ${broken.map(({ rule, says }) => `${rule}: ${says}`).join('; ')}. Give the record as its run wrote it.`,
    )
  const bytes = bundled({ record, product, sources, sbom: verifier.sbom, signer })
  await writeWhole(out, { bytes, replace: true })
  const { fingerprint, label } = signer.publicKey
  process.stdout.write(
    [
      `${out}  ${bytes.length} bytes, sha256 ${sha256(bytes)}`,
      `signed with ${label}, fingerprint ${fingerprint}`,
      `about ${productInWords(product)}, release ${release}, ${record.verdict}`,
      certifyingInWords(record),
      '',
      `Next: nvcf-conformance verify ${out} --key ${key}.pub`,
      '',
    ].join('\n'),
  )
  return 0
}
