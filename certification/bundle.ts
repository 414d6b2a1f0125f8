/** A record and all that is needed to verify it, as one archive. Pure: what is in the bundle goes in. */
import type { ReleaseSources } from '../openapi/load.js'
import { renderHtml } from '../reporters/html.js'
import type { RunRecord } from '../reporters/record.js'
import { renderJson } from '../reporters/write.js'
import { compressed, pack } from './archive.js'
import { sha256, signed, statementOf } from './attestation.js'
import type { Signer } from './keys.js'
import { FILES } from './layout.js'
import { productText } from './product.js'

export interface BundleParts {
  readonly record: RunRecord
  /** The product sheet. */
  readonly product: Readonly<Record<string, string>>
  readonly sources: ReleaseSources
  /** The bill of materials of the suite. */
  readonly sbom: Uint8Array
  readonly signer: Signer
}

const utf8 = (pieces: Iterable<string>): Buffer =>
  Buffer.concat([...pieces].map((piece) => Buffer.from(piece)))

/** The record as bundles hold it, before it is packed. */
export const recordBytes = (record: RunRecord): Buffer => utf8(renderJson(record))

export const reportBytes = (record: RunRecord): Buffer => utf8(renderHtml(record))

export const productBytes = (product: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(productText(product))

/** In the form that `sha256sum --check` reads. */
export const sumsOf = (files: ReadonlyMap<string, Uint8Array>): Buffer =>
  Buffer.from([...files].map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).join(''))

const sorted = (files: readonly (readonly [string, Uint8Array])[]): Map<string, Uint8Array> =>
  new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))

/** The bytes of the bundle: the same parts give the same. */
export function bundled({ product, record, sbom, signer, sources }: BundleParts): Uint8Array {
  const json = recordBytes(record)
  const files = sorted([
    [FILES.record, compressed(json)],
    [FILES.report, reportBytes(record)],
    [FILES.release, Buffer.from(`${sources.row}\n`)],
    ...sources.documents.map(({ bytes, name }) => [`${FILES.contractFolder}${name}`, bytes] as const),
    [FILES.product, productBytes(product)],
    [FILES.sbom, sbom],
    [FILES.signer, Buffer.from(signer.publicKey.pem)],
  ])
  const summed = sorted([...files, [FILES.sums, sumsOf(files)]])
  const attestation = signed(statementOf(record, json, summed), signer)
  return pack(new Map([...summed, [FILES.attestation, Buffer.from(attestation)]]))
}
