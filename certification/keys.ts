/** Keys that sign bundles: Ed25519, or ECDSA on P-256 or P-384, in PKCS#8 and SPKI PEM. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'

/** A key that cannot be used; the message names it, the cause and the mend. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}

/** The environment variable with the passphrase of the private key. */
export const PASSPHRASE = 'NVCF_CONFORMANCE_KEY_PASSPHRASE'

interface Algorithm {
  /** What people call it. */
  readonly label: string
  /** Of the message, before it is signed; null where the algorithm takes it whole. */
  readonly hash: string | null
  readonly sign: (key: KeyObject, message: Uint8Array) => Uint8Array
  /** Whether the signature is the one that `sign` writes, of several that fit. */
  readonly isCanonical: (signature: Uint8Array) => boolean
}

type Curve = typeof p256

/** The scalar of a key on a curve. */
const scalarOf = (key: KeyObject): Uint8Array =>
  Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')

/** Node draws a random number for each signature; by RFC 6979 the same message is signed alike. */
const onCurve =
  (curve: Curve): Algorithm['sign'] =>
  (key, message) =>
    curve.sign(message, scalarOf(key), { format: 'der', lowS: true })

/** Of the two signatures that fit wherever one does, bundles hold the one of the lower number. */
const isLow =
  (curve: Curve): Algorithm['isCanonical'] =>
  (signature) => {
    try {
      return !curve.Signature.fromBytes(signature, 'der').hasHighS()
    } catch {
      return false
    }
  }

const ofCurve = (label: string, hash: string, curve: Curve): Algorithm => ({
  ...{ label, hash },
  isCanonical: isLow(curve),
  sign: onCurve(curve),
})

const ED25519: Algorithm = {
  label: 'Ed25519',
  hash: null,
  // Node takes no other.
  isCanonical: () => true,
  sign: (key, message) => nodeSign(null, message, key),
}
const CURVES: Readonly<Record<string, Algorithm>> = {
  prime256v1: ofCurve('ECDSA P-256', 'sha256', p256),
  secp384r1: ofCurve('ECDSA P-384', 'sha384', p384),
}

function algorithmOf(key: KeyObject, name: string): Algorithm {
  if (key.asymmetricKeyType === 'ed25519') return ED25519
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (key.asymmetricKeyType === 'ec' && curve !== undefined) return curve
  throw new KeyError(
    `${name} holds a key of another kind (${key.asymmetricKeyType}). Bundles are signed with Ed25519, or ECDSA on P-256 or P-384; 'nvcf-conformance keygen' makes such a key.`,
  )
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----/

/** What the file says that it holds; undefined for what is no PEM. */
const labelOf = (pem: string): string | undefined => PEM.exec(pem)?.[1]

const spkiOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })

/** Hex SHA-256 of the public key, by which it is known. */
const fingerprintOf = (key: KeyObject): string => createHash('sha256').update(spkiOf(key)).digest('hex')

export interface PublicKey {
  readonly label: string
  readonly fingerprint: string
  /** SPKI, in the one form that Node writes. */
  readonly pem: string
  readonly verifies: (message: Uint8Array, signature: Uint8Array) => boolean
}

export interface Signer {
  readonly publicKey: PublicKey
  readonly sign: (message: Uint8Array) => Uint8Array
}

function publicKeyOf(given: KeyObject, name: string): PublicKey {
  const { hash, isCanonical, label } = algorithmOf(given, name)
  // Points of a curve can be written in several ways; a JWK knows one.
  const key = createPublicKey({ key: given.export({ format: 'jwk' }), format: 'jwk' })
  return {
    label,
    fingerprint: fingerprintOf(key),
    pem: key.export({ format: 'pem', type: 'spki' }).toString(),
    verifies: (message, signature) => isCanonical(signature) && nodeVerify(hash, message, key, signature),
  }
}

/** Reads a public key; `name` is what messages call it. Throws KeyError. */
export function readPublicKey(pem: string, name: string): PublicKey {
  const label = labelOf(pem)
  if (label?.endsWith('PRIVATE KEY') === true)
    throw new KeyError(
      `${name} holds a private key. Give the public one, which keygen writes beside it as .pub.`,
    )
  let key: KeyObject
  try {
    if (label !== 'PUBLIC KEY') throw new TypeError('another label')
    key = createPublicKey(pem)
  } catch (cause) {
    throw new KeyError(
      `${name} holds no public key in PEM ('BEGIN PUBLIC KEY'). Give the .pub file of keygen.`,
      {
        cause,
      },
    )
  }
  return publicKeyOf(key, name)
}

/** Reads a private key in PKCS#8. Throws KeyError. */
export function readSigner(pem: string, name: string, passphrase: string | undefined): Signer {
  const label = labelOf(pem)
  if (label === 'PUBLIC KEY')
    throw new KeyError(`${name} holds a public key. Give the private one to sign with.`)
  if (label === undefined || !label.endsWith('PRIVATE KEY'))
    throw new KeyError(
      `${name} holds no private key in PEM. 'nvcf-conformance keygen --out key.pem' makes one.`,
    )
  if (label !== 'PRIVATE KEY' && label !== 'ENCRYPTED PRIVATE KEY')
    throw new KeyError(
      `${name} holds a key that is not in PKCS#8 ('BEGIN ${label}'). ${label.startsWith('OPENSSH') ? "Make one with 'nvcf-conformance keygen'." : `Convert it: openssl pkcs8 -topk8 -in ${name} -out key.pem`}`,
    )
  const isEncrypted = label === 'ENCRYPTED PRIVATE KEY'
  if (isEncrypted && passphrase === undefined)
    throw new KeyError(`${name} is encrypted. Give its passphrase in the environment variable ${PASSPHRASE}.`)
  let key: KeyObject
  try {
    key = createPrivateKey(isEncrypted ? { key: pem, passphrase: passphrase ?? '' } : pem)
  } catch (cause) {
    throw new KeyError(
      isEncrypted
        ? `${name} does not open with the passphrase in ${PASSPHRASE}. Correct that, or the file is damaged.`
        : `${name} is damaged: its private key cannot be read. Give a whole file.`,
      { cause },
    )
  }
  const { sign } = algorithmOf(key, name)
  return { publicKey: publicKeyOf(createPublicKey(key), name), sign: (message) => sign(key, message) }
}

/** What `keygen --algorithm` takes. */
export const ALGORITHMS = {
  ed25519: () => generateKeyPairSync('ed25519'),
  ecdsa: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
} as const
export type AlgorithmName = keyof typeof ALGORITHMS

/** A new pair in PEM; the private key encrypted where there is a passphrase. */
export function newPair(
  algorithm: AlgorithmName,
  passphrase: string | undefined,
): { readonly privatePem: string; readonly publicKey: PublicKey } {
  const { privateKey, publicKey } = ALGORITHMS[algorithm]()
  const secrecy = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return {
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8', ...secrecy }).toString(),
    publicKey: publicKeyOf(publicKey, 'the new key'),
  }
}
