/**
 * The one form in which a bundle is written: a zip of stored files in the order of their names, all of one
 * date. What is read has to be that form byte for byte, so that nothing can hide between the files.
 */
import { crc32, gunzipSync as gunzip } from 'node:zlib'
import { gzipSync, unzipSync, type Zippable, zipSync } from 'fflate'
import { Refusal } from './refusal.js'

const RULE = 'archive'

/** No bundle has more; a zip of more has something else in it. */
const MAX_FILES = 64

/** Of what is packed, when it is unpacked: longer texts make no string of Node's. */
const MAX_UNPACKED_BYTES = 480 * 1024 * 1024

/** Names are plain paths downwards. */
const NAME = /^[a-z0-9][\w.-]*(?:\/[a-z0-9][\w.-]*)*$/i

/** Zip keeps local time: these members are the same in every time zone. */
const DATE = new Date(1980, 0, 1)

const UNIX = 3

/** Files as one archive. The same files make the same bytes, whatever machine writes them. */
export function pack(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Zippable = {}
  for (const name of [...files.keys()].sort()) {
    entries[name] = [files.get(name) ?? new Uint8Array(), { level: 0, mtime: DATE, os: UNIX, attrs: 0 }]
  }
  return zipSync(entries)
}

const isZip = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('PK\x03\x04'))

/** Throws Refusal before anything large is read. */
function assertStored(bytes: Uint8Array): void {
  const names = new Set<string>()
  let total = 0
  unzipSync(bytes, {
    filter({ compression, name, originalSize, size }) {
      const shown = JSON.stringify(name.slice(0, 80))
      if (!NAME.test(name) || name.split('/').includes('..'))
        throw new Refusal(RULE, `it holds a file named ${shown}, which no bundle does`)
      if (names.has(name)) throw new Refusal(RULE, `it holds ${shown} twice`)
      names.add(name)
      total += originalSize
      if (compression !== 0 || size !== originalSize)
        throw new Refusal(RULE, `${shown} is compressed in another way than bundles are`)
      if (names.size > MAX_FILES || total > bytes.length)
        throw new Refusal(RULE, 'it holds more than a bundle of its size can')
      return false
    },
  })
}

/** The files of an archive, by name. Throws Refusal. */
export function unpack(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  if (!isZip(bytes)) throw new Refusal(RULE, 'it is no bundle: it does not begin as a zip archive does')
  let files: ReadonlyMap<string, Uint8Array>
  try {
    assertStored(bytes)
    files = new Map(Object.entries(unzipSync(bytes)))
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw new Refusal(RULE, 'it is cut short, or no zip archive', { cause })
  }
  if (!Buffer.from(pack(files)).equals(bytes))
    throw new Refusal(
      RULE,
      'its bytes are not those that packing its files gives: something was changed or added',
    )
  return files
}

/** Packs one file; the same text gives the same bytes. */
export const compressed = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { level: 9, mtime: 0 })

const HEADER_BYTES = 10
const HEADER = Buffer.from(compressed(new Uint8Array()).subarray(0, HEADER_BYTES))

/** Whether these bytes are what is packed and nothing else: one member, without a name, a comment or a second one. */
export function isPacked(bytes: Uint8Array, unpacked: Uint8Array): boolean {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(unpacked), 0)
  trailer.writeUInt32LE(unpacked.length % 2 ** 32, 4)
  return (
    Buffer.from(bytes.subarray(0, HEADER_BYTES)).equals(HEADER) &&
    Buffer.from(bytes.subarray(-8)).equals(trailer)
  )
}

/** Throws Refusal for what is not packed, or becomes too large. */
export function uncompressed(bytes: Uint8Array, name: string): Buffer {
  try {
    return gunzip(bytes, { maxOutputLength: MAX_UNPACKED_BYTES })
  } catch (cause) {
    const tooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
    const why = tooLarge ? 'becomes larger than 480 MiB, which no record is' : 'is not packed by gzip'
    throw new Refusal(RULE, `${name} ${why}`, { cause })
  }
}
