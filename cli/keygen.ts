/** `keygen`: a pair of keys to sign bundles with. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AlgorithmName, newPair, PASSPHRASE } from '../certification/keys.js'
import { writeWhole } from './files.js'
import { SettingsError } from './settings-error.js'

interface KeygenFlags {
  readonly out: string
  readonly algorithm: AlgorithmName
}

/** Only its owner may read a private key. */
const PRIVATE = 0o600

/** The passphrase in the environment; an empty one is none. */
export const passphrase = (): string | undefined => process.env[PASSPHRASE] || undefined

/** Writes both keys or none, and answers the exit code. Throws SettingsError. */
export async function keygen({ algorithm, out }: KeygenFlags): Promise<number> {
  const publicFile = `${out}.pub`
  const secret = passphrase()
  for (const file of [out, publicFile]) {
    if (existsSync(file))
      throw new SettingsError(`${file} is there already, and is not replaced. Give another name with --out.`)
  }
  const { privatePem, publicKey } = newPair(algorithm, secret)
  await writeWhole(out, { bytes: privatePem, mode: PRIVATE, replace: false })
  try {
    await writeWhole(publicFile, { bytes: publicKey.pem, replace: false })
  } catch (cause) {
    await rm(out, { force: true })
    throw cause
  }
  const kept =
    secret === undefined
      ? `in the clear: set ${PASSPHRASE} to have it encrypted`
      : `encrypted with the passphrase in ${PASSPHRASE}`
  process.stdout.write(
    [
      `${out}  private key, ${kept}`,
      `${publicFile}  public key, for those who verify`,
      `${publicKey.label}, fingerprint ${publicKey.fingerprint}`,
      '',
      `Next: nvcf-conformance bundle conformance-report/record.json --key ${out} --out certificate.zip`,
      '',
    ].join('\n'),
  )
  return 0
}
