import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { describe, expect, test } from 'vitest'
import { ALGORITHMS, KeyError, newPair, readPublicKey, readSigner } from './keys.js'

const NAMES = ['ed25519', 'ecdsa'] as const
const MESSAGE = Buffer.from('what is signed')

const pemOf = (type: 'rsa' | 'ec' | 'ed448', format: 'pkcs8' | 'sec1' | 'spki'): string => {
  const pairs = {
    rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ec: () => generateKeyPairSync('ec', { namedCurve: format === 'sec1' ? 'prime256v1' : 'secp256k1' }),
    ed448: () => generateKeyPairSync('ed448'),
  }
  const { privateKey, publicKey } = pairs[type]()
  return (
    format === 'spki'
      ? publicKey.export({ format: 'pem', type: 'spki' })
      : privateKey.export({ format: 'pem', type: format })
  ).toString()
}

const P384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
})

describe('a key that signs', () => {
  const pems = [
    ...NAMES.map((name) => [name, newPair(name, undefined).privatePem] as const),
    ['ECDSA on P-384', P384.toString()] as const,
  ]

  test.each(pems)('%s: signs alike each time, and so that Node verifies it', (_, pem) => {
    const signer = readSigner(pem, 'key.pem', undefined)
    const signature = signer.sign(MESSAGE)
    expect(Buffer.from(signer.sign(MESSAGE)).equals(signature)).toBe(true)
    const publicKey = readPublicKey(signer.publicKey.pem, 'key.pem.pub')
    expect(publicKey.fingerprint).toBe(signer.publicKey.fingerprint)
    expect(publicKey.verifies(MESSAGE, signature)).toBe(true)
    expect(publicKey.verifies(Buffer.from('something else'), signature)).toBe(false)
    expect(
      readPublicKey(newPair('ed25519', undefined).publicKey.pem, 'other').verifies(MESSAGE, signature),
    ).toBe(false)
  })

  test('takes no other signature that fits: anybody can make that of one', () => {
    const signer = readSigner(newPair('ecdsa', undefined).privatePem, 'key.pem', undefined)
    const signature = p256.Signature.fromBytes(signer.sign(MESSAGE), 'der')
    const other = new p256.Signature(signature.r, p256.Point.Fn.neg(signature.s)).toBytes('der')
    const key = createPublicKey(signer.publicKey.pem)
    expect(verify('sha256', MESSAGE, key, other)).toBe(true)
    expect(signer.publicKey.verifies(MESSAGE, other)).toBe(false)
    expect(signer.publicKey.verifies(MESSAGE, Buffer.from('no signature'))).toBe(false)
  })

  test('is one key however its point is written', () => {
    const { publicKey } = newPair('ecdsa', undefined)
    const jwk = createPublicKey(publicKey.pem).export({ format: 'jwk' })
    const [x, y] = [Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')]
    const head = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
    const der = Buffer.concat([head, Buffer.from([2 + ((y.at(-1) ?? 0) % 2)]), x])
    const lines = der.toString('base64').match(/.{1,64}/g) ?? []
    const compressed = ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n')
    expect(compressed).not.toBe(publicKey.pem)
    expect(readPublicKey(compressed, 'key.pem.pub')).toMatchObject({
      fingerprint: publicKey.fingerprint,
      pem: publicKey.pem,
    })
  })

  test.each(NAMES)('%s: opens with its passphrase alone', (name) => {
    const { privatePem, publicKey } = newPair(name, 'open sesame')
    expect(privatePem).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    expect(readSigner(privatePem, 'key.pem', 'open sesame').publicKey.fingerprint).toBe(publicKey.fingerprint)
    expect(() => readSigner(privatePem, 'key.pem', 'open barley')).toThrow(
      'key.pem does not open with the passphrase in NVCF_CONFORMANCE_KEY_PASSPHRASE',
    )
    expect(() => readSigner(privatePem, 'key.pem', undefined)).toThrow('key.pem is encrypted')
  })

  test('needs no passphrase where it is in the clear', () => {
    const { privatePem, publicKey } = newPair('ed25519', undefined)
    expect(readSigner(privatePem, 'key.pem', 'not asked for').publicKey.fingerprint).toBe(
      publicKey.fingerprint,
    )
  })

  test.each([
    ['nothing', '', 'holds no private key in PEM'],
    ['text', 'hello', 'holds no private key in PEM'],
    ['a public key', newPair('ed25519', undefined).publicKey.pem, 'holds a public key'],
    ['RSA', pemOf('rsa', 'pkcs8'), 'another kind (rsa)'],
    ['Ed448', pemOf('ed448', 'pkcs8'), 'another kind (ed448)'],
    ['another curve', pemOf('ec', 'pkcs8'), 'another kind (ec)'],
    ['another form', pemOf('ec', 'sec1'), "not in PKCS#8 ('BEGIN EC PRIVATE KEY')"],
    [
      'a key of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n',
      "Make one with 'nvcf-conformance keygen'",
    ],
    ['a key cut short', newPair('ed25519', undefined).privatePem.slice(0, 60), 'key.pem is damaged'],
    ['an encrypted key cut short', newPair('ed25519', 'p').privatePem.slice(0, 90), 'does not open with'],
  ])('is not %s', (_, pem, says) => {
    const read = () => readSigner(pem, 'key.pem', 'p')
    expect(read).toThrow(KeyError)
    expect(read).toThrow(says)
    expect(read).not.toThrow(/error:\w{8}|OSSL|unsupported/)
  })
})

describe('a key that verifies', () => {
  test.each([
    ['nothing', '', 'holds no public key in PEM'],
    ['a private key', newPair('ed25519', undefined).privatePem, 'holds a private key'],
    ['RSA', pemOf('rsa', 'spki'), 'another kind (rsa)'],
    ['a key cut short', newPair('ed25519', undefined).publicKey.pem.slice(0, 60), 'holds no public key'],
  ])('is not %s', (_, pem, says) => {
    expect(() => readPublicKey(pem, 'key.pem.pub')).toThrow(KeyError)
    expect(() => readPublicKey(pem, 'key.pem.pub')).toThrow(says)
  })
})

test('there is a test for every algorithm', () => {
  expect(Object.keys(ALGORITHMS)).toEqual(NAMES)
})
