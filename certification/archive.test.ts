import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { compressed, pack, uncompressed, unpack } from './archive.js'
import { sha256 } from './attestation.js'
import { Refusal } from './refusal.js'

const FILES = new Map([
  ['contract/tasks.yaml', Buffer.from('openapi: 3.1.0\n')],
  ['SHA256SUMS', Buffer.from('00  a\n')],
  ['record.json.gz', Buffer.from([0, 1, 2, 3, 255])],
])

const utf8 = (text: string) => Buffer.from(text)

/** A stored zip whose second name is written over the first, in both of its places. */
function twice(): Uint8Array {
  const bytes = Buffer.from(
    pack(
      new Map([
        ['aa', utf8('1')],
        ['ab', utf8('2')],
      ]),
    ),
  )
  for (let at = bytes.indexOf('ab'); at >= 0; at = bytes.indexOf('ab', at)) bytes.write('aa', at)
  return bytes
}

const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

describe('an archive', () => {
  test('gives back what was packed, in the order of the names', () => {
    expect([...unpack(pack(FILES))]).toEqual([
      ['SHA256SUMS', new Uint8Array(FILES.get('SHA256SUMS') ?? [])],
      ['contract/tasks.yaml', new Uint8Array(FILES.get('contract/tasks.yaml') ?? [])],
      ['record.json.gz', new Uint8Array(FILES.get('record.json.gz') ?? [])],
    ])
  })

  test('has the same bytes whatever the order of its files, and for good', () => {
    const backwards = new Map([...FILES].reverse())
    expect(Buffer.from(pack(backwards)).equals(pack(FILES))).toBe(true)
    // What was bundled once has to be accepted by every later version.
    expect(sha256(pack(FILES))).toBe('6a606f9f5befdb4b854c125931b40b54faf9113f49c0bb7ccae50440c766f3a5')
    expect(sha256(compressed(utf8('{"a":1}\n'.repeat(100))))).toBe(
      'ecc69b042b978aef4b0af3b74add74744c7ebae654741a1a0feb170e2860a578',
    )
  })

  test.each(['UTC', 'Pacific/Kiritimati', 'America/St_Johns'])(
    'has the same bytes in the time zone %s',
    (TZ) => {
      const module = new URL('../dist/certification/archive.js', import.meta.url).href
      const script = `
      import { pack } from ${JSON.stringify(module)}
      process.stdout.write(Buffer.from(pack(new Map([['a', Buffer.from([1])]]))).toString('hex'))`
      const hex = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { env: { TZ } })
      expect(hex.toString()).toBe(Buffer.from(pack(new Map([['a', Buffer.from([1])]]))).toString('hex'))
    },
  )

  test('is refused for any bit of it that is changed', () => {
    const bytes = pack(FILES)
    const accepted: string[] = []
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        try {
          unpack(flipped(bytes, at, bit))
          accepted.push(`${at}:${bit}`)
        } catch (cause) {
          expect(cause).toBeInstanceOf(Refusal)
        }
      }
    }
    expect(accepted).toEqual([])
  })

  test('is refused however much of it is cut off, or put behind it', () => {
    const bytes = pack(FILES)
    for (let length = 0; length < bytes.length; length++)
      expect(() => unpack(bytes.subarray(0, length))).toThrow(Refusal)
    expect(() => unpack(Buffer.concat([bytes, utf8(' ')]))).toThrow(Refusal)
    expect(() => unpack(Buffer.concat([utf8(' '), bytes]))).toThrow(Refusal)
  })

  test.each([
    ['nothing', new Uint8Array(), 'does not begin as a zip archive does'],
    ['JSON', utf8('{"schemaVersion":"1.3"}'), 'does not begin as a zip archive does'],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex'), 'does not begin as a zip archive does'],
    ['the beginning of a zip', utf8('PK\u0003\u0004 and nothing more'), 'cut short'],
    ['a way out of the folder', zipSync({ '../evil': [utf8('x'), { level: 0 }] }), '"../evil"'],
    ['a way out further down', zipSync({ 'a/../../evil': [utf8('x'), { level: 0 }] }), '"a/../../evil"'],
    ['an absolute path', zipSync({ '/etc/passwd': [utf8('x'), { level: 0 }] }), '"/etc/passwd"'],
    ['a path of Windows', zipSync({ 'c:\\evil': [utf8('x'), { level: 0 }] }), 'which no bundle does'],
    ['a bomb', zipSync({ a: [Buffer.alloc(10_000_000), { level: 9 }] }), 'compressed in another way'],
    ['two files of one name', twice(), '"aa" twice'],
    [
      'another date',
      zipSync({ a: [utf8('x'), { level: 0, mtime: new Date(2001, 1, 1) }] }),
      'not those that packing',
    ],
    [
      'too many files',
      zipSync(
        Object.fromEntries(
          Array.from({ length: 65 }, (_, index) => [`f${index}`, [utf8('x'), { level: 0 }]]),
        ),
      ),
      'more than a bundle',
    ],
  ])('is not %s', (_, bytes, says) => {
    expect(() => unpack(bytes)).toThrow(says)
    expect(() => unpack(bytes)).toThrow(Refusal)
  })
})

describe('a packed file', () => {
  test('is unpacked to what it was', () => {
    expect(uncompressed(compressed(utf8('some text')), 'a').toString()).toBe('some text')
  })

  test('is refused where it is not packed, or a bomb', () => {
    expect(() => uncompressed(utf8('plain'), 'record.json.gz')).toThrow(
      'record.json.gz is not packed by gzip',
    )
    expect(() => uncompressed(gzipSync(Buffer.alloc(481 * 1024 * 1024)), 'record.json.gz')).toThrow(
      'larger than 480 MiB',
    )
  })
})
