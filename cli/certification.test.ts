/** From a record to a certificate that somebody else accepts, as processes and by the tools of others. */
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import { beforeAll, describe, expect, test } from 'vitest'
import { unpack } from '../certification/archive.js'
import { FILES } from '../certification/layout.js'
import { PRODUCT } from '../certification/testing.js'
import { startGateway } from '../fixtures/gateway/server.js'
import { isRecord, records, text } from '../openapi/json.js'
import lock from '../package-lock.json' with { type: 'json' }
import { concluded, type RunRecord } from '../reporters/record.js'
import { renderJson } from '../reporters/write.js'
import { filesUnder, nvcf, scratch, tool } from './testing.js'
import { runHere } from './testing-run.js'

const tools = fileURLToPath(new URL('../.test-tools', import.meta.url))

const PASSPHRASE = 'NVCF_CONFORMANCE_KEY_PASSPHRASE'
const SHEET = Object.entries(PRODUCT)
  .map(([name, value]) => `${name}: "${value}"`)
  .join('\n')

/** What a clean build records of a product that conforms. */
async function certifying(): Promise<RunRecord> {
  const gateway = await startGateway({ release: 'initial', variations: ['unnamed-server'] })
  const { record, troubles } = await runHere({
    ...{ gateway: gateway.url, release: 'initial', profile: 'core', out: scratch() },
  })
  await gateway.close()
  expect(troubles).toEqual([])
  const made = {
    ...record,
    suite: { ...record.suite, dirty: false },
    target: { ...record.target, product: PRODUCT },
  }
  return { ...made, ...concluded(made) }
}

const WHOLE = await certifying()

/** A folder with keys, a record that certifies and its bundle. */
let home: string
const inHome = (...args: readonly string[]) => nvcf(args, { cwd: home })

beforeAll(async () => {
  home = scratch()
  writeFileSync(join(home, 'record.json'), [...renderJson(WHOLE)].join(''))
  for (const args of [
    ['keygen', '--out', 'key.pem'],
    ['keygen', '--out', 'ec.pem', '--algorithm', 'ecdsa'],
    ['keygen', '--out', 'stranger.pem'],
    ['bundle', 'record.json', '--key', 'key.pem', '--out', 'bundle.zip'],
    ['bundle', 'record.json', '--key', 'ec.pem', '--out', 'ec.zip'],
  ]) {
    const { code, stderr } = await inHome(...args)
    expect(code, stderr).toBe(0)
  }
})

const read = (file: string): Buffer => readFileSync(join(home, file))

/** A file beside the bundle, made of it. */
function derived(name: string, make: (bytes: Buffer) => Uint8Array): string {
  writeFileSync(join(home, name), make(read('bundle.zip')))
  return name
}

describe.concurrent('verify', () => {
  test.each([
    ['bundle.zip', 'key.pem.pub'],
    ['ec.zip', 'ec.pem.pub'],
  ])('accepts %s, which certifies', async (file, key) => {
    const { code, stderr, stdout } = await inHome('verify', file, '--key', key, '--require-certifying')
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toContain('authentic:  yes')
    expect(stdout).toContain('certifying: yes, for release initial, profile core')
    expect(stdout).toContain('Example 1.2 by Maker')
    expect(stderr).toBe('')
  })

  test('without a key leaves open who signed: exit 3', async () => {
    const { code, stdout } = await inHome('verify', 'bundle.zip')
    expect(code).toBe(3)
    expect(stdout).toContain('authentic:  undecided: nobody vouches for the signer')
    expect((await inHome('verify', 'bundle.zip', '--require-certifying')).code).toBe(1)
  })

  test('gives everything as JSON', async () => {
    const { stdout } = await inHome('verify', 'bundle.zip', '--key', 'key.pem.pub', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ authentic: true, certifying: true, product: PRODUCT },
      rulings: expect.arrayContaining([expect.objectContaining({ rule: 'canonical-set', outcome: 'holds' })]),
    })
  })

  test.each([
    ['another key', () => 'bundle.zip', 'stranger.pem.pub', 'signature'],
    [
      'one byte of it changed',
      () => derived('changed.zip', (bytes) => Buffer.from(bytes).fill('X', 5000, 5001)),
      'key.pem.pub',
      'archive',
    ],
    [
      'its end cut off',
      () => derived('short.zip', (bytes) => bytes.subarray(0, -20)),
      'key.pem.pub',
      'archive',
    ],
    ['nothing in it', () => derived('empty.zip', () => new Uint8Array()), 'key.pem.pub', 'archive'],
    ['a record in its place', () => 'record.json', 'key.pem.pub', 'archive'],
  ])('refuses %s, by its rule: exit 2', async (_, file, key, rule) => {
    const { code, stderr, stdout } = await inHome('verify', file(), '--key', key)
    expect(code).toBe(2)
    expect(stdout).toContain(`authentic:  no, refused by ${rule}`)
    expect(stdout).toContain('certifying: no')
    expect(stderr).toMatch(new RegExp(`^error: .* is refused: ${rule}: `))
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  test.each([
    [
      'a file that is not there',
      ['absent.zip', '--key', 'key.pem.pub'],
      'absent.zip cannot be read (ENOENT)',
    ],
    ['a key that is not there', ['bundle.zip', '--key', 'absent.pub'], 'absent.pub cannot be read (ENOENT)'],
    ['a private key', ['bundle.zip', '--key', 'key.pem'], 'holds a private key'],
    ['something else as key', ['bundle.zip', '--key', 'record.json'], 'holds no public key'],
  ])('cannot judge with %s: exit 2', async (_, args, says) => {
    const { code, stderr, stdout } = await inHome('verify', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
  })

  test('does not read what is larger than any bundle', async () => {
    writeFileSync(join(home, 'huge.zip'), '')
    truncateSync(join(home, 'huge.zip'), 2 ** 40)
    const { code, stderr } = await inHome('verify', 'huge.zip')
    expect(code).toBe(2)
    expect(stderr).toContain('larger than 512 MiB')
    // Some files have no size.
    const endless = await inHome('verify', '/dev/zero')
    expect(endless.code).toBe(2)
    expect(endless.stderr).toContain('larger than 512 MiB')
  })
})

describe.concurrent('bundle', () => {
  /** A folder with the record, changed or not, a key and a sheet. */
  function place(record: RunRecord | string): string {
    const cwd = scratch()
    for (const file of ['key.pem', 'key.pem.pub']) copyFileSync(join(home, file), join(cwd, file))
    writeFileSync(
      join(cwd, 'record.json'),
      typeof record === 'string' ? record : [...renderJson(record)].join(''),
    )
    writeFileSync(join(cwd, 'sheet.yaml'), SHEET)
    return cwd
  }
  const bundled = (cwd: string, ...more: readonly string[]) =>
    nvcf(['bundle', 'record.json', '--key', 'key.pem', '--out', 'b.zip', ...more], { cwd })

  test('makes the same bytes each time, and replaces an older bundle', async () => {
    const cwd = place(JSON.stringify(WHOLE))
    writeFileSync(join(cwd, 'b.zip'), 'older')
    expect((await bundled(cwd)).code).toBe(0)
    expect(readFileSync(join(cwd, 'b.zip')).equals(read('bundle.zip'))).toBe(true)
    const again = await nvcf(['bundle', 'record.json', '--key', 'ec.pem', '--out', 'again.zip'], {
      cwd: home,
    })
    expect(again.code, again.stderr).toBe(0)
    expect(read('again.zip').equals(read('ec.zip'))).toBe(true)
  })

  test('takes the product sheet for a record that names no product, and says whether it certifies', async () => {
    const { product: _, ...target } = WHOLE.target
    const record = { ...WHOLE, target: { ...target, reference: true } }
    const cwd = place({ ...record, ...concluded(record) })
    const { code, stdout } = await bundled(cwd, '--product', 'sheet.yaml')
    expect(code).toBe(0)
    expect(stdout).toContain('Not certifying: the target is the reference gateway of the suite.')
    const verified = await nvcf(['verify', 'b.zip', '--key', 'key.pem.pub'], { cwd })
    expect(verified.code, verified.stdout).toBe(0)
    expect(verified.stdout).toContain('certifying: no, because of target, record-certifies')
    const required = await nvcf(['verify', 'b.zip', '--key', 'key.pem.pub', '--require-certifying'], { cwd })
    expect(required.code).toBe(1)
  })

  test.each([
    [
      'altered',
      { ...WHOLE, counts: { ...WHOLE.counts, pass: 1 } },
      [],
      'conclusions: the record counts 1 pass',
    ],
    ['cut short', JSON.stringify(WHOLE).slice(0, 5000), [], 'cut short'],
    ['empty', '', [], 'is empty'],
    ['of a later schema', { ...WHOLE, schemaVersion: '9.0' }, [], 'schema version "9.0"'],
    ['with a member more', { ...WHOLE, extra: 1 }, [], 'is no valid record'],
    [
      'of another build',
      { ...WHOLE, suite: { ...WHOLE.suite, commit: 'c0ffee' } },
      [],
      'Bundle it with the build that made it',
    ],
    ['without a product', { ...WHOLE, target: { ...WHOLE.target, product: { name: 'N' } } }, [], '--product'],
    [
      'of another product than the sheet',
      { ...WHOLE, target: { ...WHOLE.target, product: { name: 'Other' } } },
      ['--product', 'sheet.yaml'],
      'The record is about name "Other"',
    ],
    ['with a sheet that is not there', WHOLE, ['--product', 'absent.yaml'], 'absent.yaml cannot be read'],
  ])('signs no record %s: exit 2, nothing written', async (_, record, more, says) => {
    const cwd = place(typeof record === 'string' ? record : JSON.stringify(record))
    const before = filesUnder(cwd)
    const { code, stderr, stdout } = await bundled(cwd, ...more)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect(filesUnder(cwd)).toEqual(before)
  })

  test.each([
    ['the key that signs', 'key.pem', 'would replace key.pem'],
    ['the record', 'record.json', 'would replace record.json'],
    ['the record by another name', 'alias.json', 'would replace record.json'],
    ['a folder', 'folder', 'is no file'],
    ['a device', '/dev/null', 'is no file'],
  ])('puts no bundle in the place of %s', async (_, out, says) => {
    const cwd = place(JSON.stringify(WHOLE))
    symlinkSync('record.json', join(cwd, 'alias.json'))
    mkdirSync(join(cwd, 'folder'))
    const before = filesUnder(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')])
    const { code, stderr } = await nvcf(['bundle', 'record.json', '--key', 'key.pem', '--out', out], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(says)
    expect(filesUnder(cwd).map((name) => [name, readFileSync(join(cwd, name), 'utf8')])).toEqual(before)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test('follows a link to where the bundle is to be', async () => {
    const cwd = place(JSON.stringify(WHOLE))
    writeFileSync(join(cwd, 'old.zip'), 'an earlier one')
    symlinkSync('old.zip', join(cwd, 'latest.zip'))
    const { code, stderr } = await nvcf(
      ['bundle', 'record.json', '--key', 'key.pem', '--out', 'latest.zip'],
      { cwd },
    )
    expect(code, stderr).toBe(0)
    expect(lstatSync(join(cwd, 'latest.zip')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(cwd, 'old.zip')).equals(read('bundle.zip'))).toBe(true)
  })

  test('writes nothing where it cannot write all', async () => {
    const cwd = place(WHOLE)
    const { code, stderr } = await nvcf(
      ['bundle', 'record.json', '--key', 'key.pem', '--out', 'no/such/folder/b.zip'],
      { cwd },
    )
    expect(code).toBe(2)
    expect(stderr).toContain('cannot be written (ENOENT)')
  })
})

describe.concurrent('keygen', () => {
  const secret = { [PASSPHRASE]: 'correct horse' }

  test('encrypts by the passphrase in the environment, without which nothing is signed', async () => {
    const cwd = scratch()
    const { code, stderr, stdout } = await nvcf(['keygen', '--out', 'key.pem'], { cwd, env: secret })
    expect(code, stderr).toBe(0)
    expect(stdout).not.toContain('correct horse')
    expect(readFileSync(join(cwd, 'key.pem'), 'utf8')).toContain('ENCRYPTED')
    expect(statSync(join(cwd, 'key.pem')).mode & 0o777).toBe(0o600)
    copyFileSync(join(home, 'record.json'), join(cwd, 'record.json'))
    const bundled = (env: Readonly<Record<string, string>>) =>
      nvcf(['bundle', 'record.json', '--key', 'key.pem', '--out', 'b.zip'], { cwd, env })
    const [without, wrong] = [await bundled({}), await bundled({ [PASSPHRASE]: 'wrong horse' })]
    expect([without.code, wrong.code]).toEqual([2, 2])
    expect(without.stderr).toContain('is encrypted')
    expect(wrong.stderr).toContain('does not open with the passphrase')
    expect(wrong.stderr).not.toContain('wrong horse')
    expect((await bundled(secret)).code).toBe(0)
  })

  test('replaces no key, and writes both or none', async () => {
    const cwd = scratch()
    writeFileSync(join(cwd, 'key.pem.pub'), 'mine')
    const { code, stderr } = await nvcf(['keygen', '--out', 'key.pem'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('key.pem.pub is there already')
    expect(filesUnder(cwd)).toEqual(['key.pem.pub'])
    expect(readFileSync(join(cwd, 'key.pem.pub'), 'utf8')).toBe('mine')
  })
})

/** The parts of an envelope, as anybody reads them. */
function envelopeOf(file: string) {
  const written: unknown = JSON.parse(Buffer.from(unpack(read(file)).get(FILES.attestation) ?? []).toString())
  const { payload, payloadType, signatures } = isRecord(written) ? written : {}
  const [signature] = records(signatures)
  return {
    type: text(payloadType) ?? '',
    body: Buffer.from(text(payload) ?? '', 'base64'),
    signature: Buffer.from(text(signature?.sig) ?? '', 'base64'),
  }
}

describe('by the tools of others', () => {
  test.each([
    ['bundle.zip', 'key.pem.pub', ['pkeyutl', '-verify', '-pubin', '-rawin'], '-inkey', '-sigfile', '-in'],
    ['ec.zip', 'ec.pem.pub', ['dgst', '-sha256'], '-verify', '-signature', undefined],
  ])('openssl verifies the envelope of %s', (file, key, args, keyFlag, signatureFlag, inFlag) => {
    const { body, signature, type } = envelopeOf(file)
    const lengths = [type.length, body.length]
    const encoded = Buffer.concat([Buffer.from(`DSSEv1 ${lengths[0]} ${type} ${lengths[1]} `), body])
    const verifies = (name: string, bytes: Buffer) => {
      writeFileSync(join(home, `${file}.pae`), bytes)
      writeFileSync(join(home, `${file}.sig`), signature)
      const input = [...(inFlag === undefined ? [] : [inFlag]), `${file}.pae`]
      return tool('openssl', [...args, keyFlag, name, signatureFlag, `${file}.sig`, ...input], home)
    }
    expect(verifies(key, encoded)).toMatch(/Verified (OK|Successfully)|Signature Verified Successfully/)
    expect(() => verifies(key, Buffer.concat([encoded, Buffer.from(' ')]))).toThrow()
  })

  test.each([
    ['bundle.zip', 'key.pem.pub'],
    ['ec.zip', 'ec.pem.pub'],
  ])('securesystemslib verifies the envelope of %s, and zipfile reads it', (file, key) => {
    const script = `
import hashlib, json, sys, zipfile
sys.path.insert(0, ${JSON.stringify(tools)})
try:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey
except ImportError:
    sys.exit('There is no securesystemslib: scripts/test-tools.sh installs it.')
bundle = zipfile.ZipFile(${JSON.stringify(file)})
assert bundle.testzip() is None
written = json.loads(bundle.read('attestation.dsse.json'))
with open(${JSON.stringify(key)}, 'rb') as file:
    key = SSlibKey.from_crypto(load_pem_public_key(file.read()), keyid=written['signatures'][0]['keyid'])
envelope = Envelope.from_dict(written)
assert list(envelope.verify([key], 1)) == [key.keyid]
statement = json.loads(envelope.payload)
digests = {subject['name']: subject['digest']['sha256'] for subject in statement['subject']}
for name in bundle.namelist():
    if name != 'attestation.dsse.json':
        assert digests[name] == hashlib.sha256(bundle.read(name)).hexdigest(), name
print(statement['predicateType'], statement['predicate']['result'])
`
    expect(tool('python3', ['-c', script], home).trim()).toBe(
      // There is advice.
      'https://in-toto.io/attestation/test-result/v0.1 WARNED',
    )
  })

  test('CycloneDX accepts the bill of materials, which names every dependency', async () => {
    const sbom = Buffer.from(unpack(read('bundle.zip')).get(FILES.sbom) ?? []).toString()
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(sbom)).toBeNull()
    const bom: unknown = JSON.parse(sbom)
    const components = records(isRecord(bom) ? bom.components : undefined)
    const purls = components.map(({ purl }) => decodeURIComponent(text(purl) ?? ''))
    const { dependencies } = lock.packages['']
    for (const [name, wanted] of Object.entries(dependencies))
      expect(purls).toContain(`pkg:npm/${name}@${wanted}`)
    expect(components.filter(({ hashes }) => records(hashes)[0]?.alg !== 'SHA-512')).toEqual([])
    expect(sbom).not.toMatch(/registry|timestamp|serialNumber/)
  })
})
