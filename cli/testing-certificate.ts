/** A self-signed certificate, written in DER by hand: tests of TLS need nothing but Node. */
import { generateKeyPairSync, sign } from 'node:crypto'

export interface Certificate {
  /** PEM. */
  readonly key: string
  /** PEM; its own authority. */
  readonly cert: string
}

const TAG = { integer: 0x02, bits: 0x03, octets: 0x04, text: 0x0c, time: 0x17, sequence: 0x30, set: 0x31 }
const DNS_NAME = 0x82
const explicit = (number: number): number => 0xa0 + number

const COMMON_NAME = Buffer.from('0603550403', 'hex')
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex')
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex')

const HOUR_MS = 60 * 60 * 1000

function lengthOf(bytes: Buffer): Buffer {
  if (bytes.length < 0x80) return Buffer.from([bytes.length])
  const digits = bytes.length.toString(16)
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  return Buffer.concat([Buffer.from([0x80 + length.length]), length])
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(bytes), bytes])
}

const sequence = (...items: readonly Buffer[]): Buffer => der(TAG.sequence, ...items)
const bitString = (bytes: Buffer): Buffer => der(TAG.bits, Buffer.from([0]), bytes)

/** `YYMMDDhhmmssZ`. */
const time = (instant: Date): Buffer =>
  der(TAG.time, Buffer.from(`${instant.toISOString().replaceAll(/\D/g, '').slice(2, 14)}Z`))

/** A certificate for these DNS names, valid for an hour on either side of now. */
export function selfSigned(names: readonly string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(
    der(TAG.set, sequence(COMMON_NAME, der(TAG.text, Buffer.from('nvcf-conformance test')))),
  )
  const algorithm = sequence(ECDSA_WITH_SHA256)
  const alternatives = sequence(...names.map((dns) => der(DNS_NAME, Buffer.from(dns))))
  const body = sequence(
    der(explicit(0), der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(new Date(Date.now() - HOUR_MS)), time(new Date(Date.now() + HOUR_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(explicit(3), sequence(sequence(SUBJECT_ALT_NAME, der(TAG.octets, alternatives)))),
  )
  const bytes = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}
