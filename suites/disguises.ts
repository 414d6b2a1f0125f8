/**
 * Ways around: the request of an operation, dressed up so that whoever judges the scope may see another
 * request than whoever carries it out. Pure: what goes out instead of the plain request.
 */
import type { Method, Operation } from '../openapi/contract.js'
import { isRecord } from '../openapi/json.js'

/** How the bearer travels; `header` is the documented way. */
export type Carry = 'header' | 'lower-case' | 'doubled' | 'basic' | 'query' | 'body'

/** What a disguise may change of a request. */
export interface Wire {
  readonly method: Method | 'HEAD' | 'OPTIONS'
  /** With the query. */
  readonly path: string
  readonly service: string
  readonly hostLabels?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly carry?: Carry
  /** Whether the request line holds the whole URL instead of the path. */
  readonly absolute?: true
}

export interface Disguise {
  readonly id: string
  /** What is sent, in a few words. */
  readonly sentence: string
  /** Whether a success of its own is no grant: then only what looks like the granted answer is. */
  readonly answersItself?: true
  applies(operation: Operation): boolean
  changes(wire: Wire): Partial<Wire>
}

const always = (): boolean => true
const UNKNOWN_PATH = '/nvcf-conformance-unknown'
const PUBLIC_PATH = '/health'

/** The path in front of the query, rewritten. */
const onPath =
  (rewrite: (path: string) => string) =>
  ({ path }: Wire): Partial<Wire> => {
    const [only = '', ...query] = path.split('?')
    return { path: [rewrite(only), ...query].join('?') }
  }

/** The last segment that the documents fix, as a pattern can find it: the first one behind the version. */
const FIXED = /^(\/v\d+)?\/([a-z])([^/]*)/i

/** Rewrites the first letter of the first segment behind the version, and the rest of that segment. */
const onFixed = (rewrite: (first: string, rest: string) => string) =>
  onPath((path) =>
    path.replace(
      FIXED,
      (_all, version: string | undefined, first: string, rest: string) =>
        `${version ?? ''}/${rewrite(first, rest)}`,
    ),
  )

const withHeaders =
  (...added: readonly (readonly [name: string, value: (wire: Wire) => string])[]) =>
  (wire: Wire): Partial<Wire> => ({
    headers: { ...wire.headers, ...Object.fromEntries(added.map(([name, value]) => [name, value(wire)])) },
  })

const carried = (carry: Carry) => (): Partial<Wire> => ({ carry })

const methodOf = ({ method }: Wire): string => method
const urlOf = ({ path }: Wire): string => path
const loopback = (): string => '127.0.0.1'

export const DISGUISES: readonly Disguise[] = [
  {
    id: 'head',
    sentence: 'HEAD instead of GET',
    applies: ({ method }) => method === 'GET',
    changes: () => ({ method: 'HEAD' }),
  },
  {
    id: 'options',
    sentence: 'OPTIONS on the same path',
    answersItself: true,
    applies: always,
    changes: () => ({ method: 'OPTIONS', body: undefined }),
  },
  {
    id: 'method-override',
    sentence: 'another method, with headers that name the documented one',
    applies: always,
    changes: (wire) => ({
      method: wire.method === 'POST' ? 'GET' : 'POST',
      ...withHeaders(
        ['x-http-method-override', methodOf],
        ['x-method-override', methodOf],
        ['x-http-method', methodOf],
      )(wire),
    }),
  },
  {
    id: 'trailing-slash',
    sentence: 'a slash behind the path',
    applies: always,
    changes: onPath((path) => `${path}/`),
  },
  {
    id: 'double-slash',
    sentence: 'a slash doubled within the path',
    applies: always,
    changes: onFixed((first, rest) => `/${first}${rest}`),
  },
  {
    id: 'dot-segment',
    sentence: '/./ within the path',
    applies: always,
    changes: onFixed((first, rest) => `./${first}${rest}`),
  },
  {
    id: 'dot-dot-segment',
    sentence: '/x/../ within the path',
    applies: always,
    changes: onFixed((first, rest) => `x/../${first}${rest}`),
  },
  {
    id: 'encoded-letter',
    sentence: 'a letter of the path percent-encoded',
    applies: always,
    changes: onFixed((first, rest) => `%${first.charCodeAt(0).toString(16)}${rest}`),
  },
  {
    id: 'encoded-slash',
    sentence: 'a slash of the path percent-encoded',
    applies: ({ path }) => /^\/v\d+\//.test(path),
    changes: onPath((path) => path.replace(/^(\/v\d+)\//, '$1%2f')),
  },
  {
    id: 'path-case',
    sentence: 'the path in upper case',
    applies: always,
    changes: onFixed((first, rest) => `${first}${rest}`.toUpperCase()),
  },
  {
    id: 'path-parameter',
    sentence: 'a matrix parameter within the path',
    applies: always,
    changes: onFixed((first, rest) => `${first}${rest};x=y`),
  },
  {
    id: 'other-host',
    sentence: 'the same path under the Host of another service',
    answersItself: true,
    applies: ({ hostLabels }) => hostLabels.length === 0,
    changes: ({ service }) => ({ service: service === 'api-keys' ? 'api' : 'api-keys' }),
  },
  {
    id: 'query-token',
    sentence: 'the key as access_token in the query',
    applies: always,
    changes: carried('query'),
  },
  {
    id: 'body-token',
    sentence: 'the key as access_token in the body',
    applies: ({ body, method }) => method !== 'GET' && (body === undefined || isRecord(body.example)),
    changes: carried('body'),
  },
  {
    id: 'basic-scheme',
    sentence: 'the key as the password of the Basic scheme',
    applies: always,
    changes: carried('basic'),
  },
  {
    id: 'lower-case-scheme',
    sentence: 'the scheme bearer in lower case',
    applies: always,
    changes: carried('lower-case'),
  },
  {
    id: 'doubled-authorization',
    sentence: 'the Authorization header twice',
    applies: always,
    changes: carried('doubled'),
  },
  {
    id: 'absolute-form',
    sentence: 'the whole URL in the request line',
    applies: always,
    changes: () => ({ absolute: true }),
  },
  {
    id: 'original-url',
    sentence: 'an unknown path, with headers that name the documented one',
    answersItself: true,
    applies: always,
    changes: (wire) => ({
      path: UNKNOWN_PATH,
      ...withHeaders(['x-original-url', urlOf], ['x-rewrite-url', urlOf])(wire),
    }),
  },
  {
    id: 'claimed-url',
    sentence: 'headers that name a public path',
    answersItself: true,
    applies: always,
    changes: withHeaders(
      ['x-original-url', () => PUBLIC_PATH],
      ['x-rewrite-url', () => PUBLIC_PATH],
      ['x-forwarded-uri', () => PUBLIC_PATH],
    ),
  },
  {
    id: 'forwarded-for',
    sentence: 'headers that say the request comes from the gateway itself',
    applies: always,
    changes: withHeaders(
      ['x-forwarded-for', loopback],
      ['x-real-ip', loopback],
      ['forwarded', () => 'for=127.0.0.1;host=localhost'],
      ['x-forwarded-host', () => 'localhost'],
    ),
  },
]

/** The disguise with this id. Throws RangeError. */
export function disguiseOf(id: string): Disguise {
  const found = DISGUISES.find((disguise) => disguise.id === id)
  if (found === undefined) throw new RangeError(`There is no disguise ${id}`)
  return found
}
