/** What a bundle attests: an in-toto test result over all its files, in a signed DSSE envelope. */
import { createHash } from 'node:crypto'
import { dsse } from '@sigstore/core'
import { isRecord, records, text } from '../openapi/json.js'
import type { RunRecord, RunVerdict } from '../reporters/record.js'
import type { PublicKey, Signer } from './keys.js'
import { FILES } from './layout.js'
import { Refusal } from './refusal.js'

const STATEMENT = 'https://in-toto.io/Statement/v1'
const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1'
const PAYLOAD = 'application/vnd.in-toto+json'

const RULE = 'envelope'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Nothing undecided passes. */
const RESULTS: Readonly<Record<RunVerdict, 'PASSED' | 'FAILED'>> = {
  conformant: 'PASSED',
  nonconformant: 'FAILED',
  inconclusive: 'FAILED',
  error: 'FAILED',
}

interface Digested {
  readonly name: string
  readonly digest: { readonly sha256: string }
}

const digested = (name: string, bytes: Uint8Array): Digested => ({ name, digest: { sha256: sha256(bytes) } })

/**
 * The statement about a bundle's files, as text. `recordJson` is the record as it is before it is packed; the
 * ids of cells stand for tests, those that passed only in the record.
 */
export function statementOf(
  record: RunRecord,
  recordJson: Uint8Array,
  files: ReadonlyMap<string, Uint8Array>,
): string {
  const ids = (wanted: (cell: RunRecord['cells'][number]) => boolean) =>
    record.cells.filter(wanted).map(({ id }) => id)
  const failedTests = ids(
    ({ level, verdict, waived }) => verdict === 'fail' && level === 'required' && waived === undefined,
  )
  const warnedTests = ids(
    ({ level, verdict, waived }) =>
      ['inconclusive', 'error'].includes(verdict) ||
      (verdict === 'fail' && (level === 'advisory' || waived !== undefined)),
  )
  const result = RESULTS[record.verdict]
  return JSON.stringify({
    _type: STATEMENT,
    subject: [
      digested('record.json', recordJson),
      ...[...files].map(([name, bytes]) => digested(name, bytes)),
    ],
    predicateType: TEST_RESULT,
    predicate: {
      result: result === 'PASSED' && warnedTests.length > 0 ? 'WARNED' : result,
      configuration: [...files]
        .filter(([name]) => name.startsWith(FILES.contractFolder))
        .map(([name, bytes]) => digested(name, bytes)),
      warnedTests,
      failedTests,
    },
  })
}

const encoded = (payload: Uint8Array): Buffer => dsse.preAuthEncoding(PAYLOAD, Buffer.from(payload))

const envelopeText = (payload: string, keyid: string, sig: string): string =>
  `${JSON.stringify({ payloadType: PAYLOAD, payload, signatures: [{ keyid, sig }] })}\n`

/** The signed statement, as the text of its envelope. */
export function signed(statement: string, signer: Signer): string {
  const payload = Buffer.from(statement)
  const signature = Buffer.from(signer.sign(encoded(payload)))
  return envelopeText(payload.toString('base64'), signer.publicKey.fingerprint, signature.toString('base64'))
}

export interface Envelope {
  readonly statement: string
  /** Fingerprint of the key that is said to have signed. */
  readonly keyid: string
  readonly isSignedBy: (key: PublicKey) => boolean
}

/** Reads an envelope, in the one form in which `signed` writes it. Throws Refusal. */
export function opened(bytes: Uint8Array): Envelope {
  const written = Buffer.from(bytes).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(written)
  } catch (cause) {
    throw new Refusal(RULE, 'the attestation is no JSON', { cause })
  }
  const members = isRecord(value) ? value : {}
  const [signature, ...more] = records(members.signatures)
  const [payload, keyid, sig] = [text(members.payload), text(signature?.keyid), text(signature?.sig)]
  if (payload === undefined || keyid === undefined || sig === undefined || more.length > 0)
    throw new Refusal(RULE, 'the attestation is no DSSE envelope with one signature')
  const statement = Buffer.from(payload, 'base64')
  const again = envelopeText(
    statement.toString('base64'),
    keyid,
    Buffer.from(sig, 'base64').toString('base64'),
  )
  if (again !== written)
    throw new Refusal(
      RULE,
      'the envelope is not in the form in which bundles are written: something was changed',
    )
  return {
    statement: statement.toString('utf8'),
    keyid,
    isSignedBy: (key) => key.verifies(encoded(statement), Buffer.from(sig, 'base64')),
  }
}
