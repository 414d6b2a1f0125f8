/** Reads a JWT without verifying it: only the issuing gateway holds the key. */
import { isRecord, type JsonRecord } from '../openapi/json.js'

export interface DecodedJwt {
  readonly header: JsonRecord
  readonly payload: JsonRecord
  /** As it stands in the token; empty when there is none. */
  readonly signature: string
}

const part = (encoded: string): JsonRecord | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Undefined when the text is not three base64url parts with JSON objects in the first two. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return undefined
  const [header = '', claims = '', signature = ''] = token.split('.')
  const [decoded, payload] = [part(header), part(claims)]
  return decoded === undefined || payload === undefined ? undefined : { header: decoded, payload, signature }
}
