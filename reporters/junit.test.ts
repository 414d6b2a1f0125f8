import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import { renderJunit } from './junit.js'
import type { RunRecord } from './record.js'
import { DELETE, EVERY_VERDICT, PROOF, sampleRecord } from './sample-record.js'

interface Xml {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Xml[]
  text: string
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }
const FIT = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u

const unescaped = (text: string): string => {
  if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(text)) throw new Error(`stray & in ${text}`)
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (_all, code?: string, name = '') =>
    code === undefined ? (NAMED[name] ?? '') : String.fromCodePoint(Number(code)),
  )
}

/** Reads the XML that these reports use: elements, attributes, text. Throws where it is not well-formed. */
function parseXml(document: string): Xml {
  if (!FIT.test(document)) throw new Error('a character that XML cannot hold')
  const root: Xml = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [root]
  const token = /<\?xml [^?]*\?>|<\/([\w-]+)>|<([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>|([^<]+)/gy
  while (token.lastIndex < document.length) {
    const at = token.lastIndex
    const match = token.exec(document)
    const parent = open.at(-1)
    if (match === null || parent === undefined)
      throw new Error(`not well-formed at ${document.slice(at, at + 40)}`)
    const [, closing, name, attributes = '', empty, text] = match
    if (text !== undefined) parent.text += unescaped(text)
    if (closing !== undefined && open.pop()?.name !== closing) throw new Error(`</${closing}> closes nothing`)
    if (name === undefined) continue
    const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']): [string, string] => [key, unescaped(value)],
    )
    const child: Xml = { name, attributes: new Map(pairs), children: [], text: '' }
    parent.children.push(child)
    if (empty === '') open.push(child)
  }
  const [only] = root.children
  if (open.length !== 1 || only === undefined || root.children.length !== 1)
    throw new Error('not one whole element')
  return only
}

const named = (xml: Xml, name: string): Xml[] => xml.children.filter((child) => child.name === name)
const number = (xml: Xml, name: string): number => Number(xml.attributes.get(name))
const read = (record: RunRecord) => {
  const document = parseXml([...renderJunit(record)].join(''))
  const suites = named(document, 'testsuite')
  return { document, suites, cases: suites.flatMap((suite) => named(suite, 'testcase')) }
}

describe('JUnit', () => {
  const record = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })
  const { document, suites, cases } = read(record)
  const caseOf = (check: string) =>
    cases.find((test) => test.attributes.get('classname')?.endsWith(`.${check}`))
  const childrenOf = (check: string) => caseOf(check)?.children.map(({ name }) => name)

  test('has a suite for each API set and a case for each cell', () => {
    expect(suites.map((suite) => suite.attributes.get('name'))).toEqual([
      'Function Management',
      'Queue Details',
    ])
    expect(cases).toHaveLength(record.cells.length)
  })

  test('counts what it holds', () => {
    for (const xml of [document, ...suites]) {
      const own = xml === document ? cases : named(xml, 'testcase')
      const holding = (name: string) => own.filter((test) => named(test, name).length > 0).length
      expect(number(xml, 'tests')).toBe(own.length)
      expect(number(xml, 'failures')).toBe(holding('failure'))
      expect(number(xml, 'errors')).toBe(holding('error'))
      if (xml !== document) expect(number(xml, 'skipped')).toBe(holding('skipped'))
    }
    const { counts } = record
    expect(number(document, 'failures')).toBe(counts.fail - 1)
    expect(number(document, 'errors')).toBe(counts.inconclusive + counts.error)
  })

  test('shows every verdict as what a build server makes of it', () => {
    expect(childrenOf('scope-grants')).toEqual([])
    expect(childrenOf('scope-denies')).toEqual(['failure'])
    expect(childrenOf('admin-token-grants')).toEqual(['error'])
    expect(childrenOf('no-credential-denies')).toEqual(['skipped'])
    expect(childrenOf('garbage-bearer-denies')).toEqual(['skipped'])
    expect(childrenOf('response-formats')).toEqual(['system-out'])
    const undecided = cases.find((test) => test.attributes.get('name')?.includes('queues'))?.children[0]
    expect(undecided?.name).toBe('error')
    expect(Object.fromEntries(undecided?.attributes ?? [])).toEqual({
      message: '429: throttled',
      type: 'inconclusive',
    })
  })

  test('does not show undecided advice as passed', () => {
    const advice = read(sampleRecord({ cells: [{ check: 'response-formats', verdict: 'inconclusive' }, {}] }))
    expect(advice.cases[0]?.children.map(({ name }) => name)).toEqual(['skipped'])
  })

  test('tells a failure with its replay', () => {
    const test = caseOf('scope-denies')
    expect(test?.attributes.get('name')).toBe(`${DELETE} with key [queue_details]`)
    expect(test?.attributes.get('time')).toBe('0.013')
    const failure = test?.children[0]
    expect(failure?.attributes.get('type')).toBe('api-key-scopes')
    expect(failure?.attributes.get('message')).toContain('observed 204: granted')
    expect(failure?.text).toContain('deviation over-grant\n')
    expect(failure?.text).toContain('evidence  key alive before and after')
    expect(failure?.text).toContain(`--operation "${DELETE}"`)
  })

  test('names the run in its properties', () => {
    const properties = named(suites[0] ?? document, 'properties')[0]?.children ?? []
    const values = Object.fromEntries(
      properties.map(({ attributes }) => [attributes.get('name'), attributes.get('value')]),
    )
    expect(values).toMatchObject({
      suite: 'nvcf-conformance 1.2.3',
      contract: 'a'.repeat(64),
      gateway: 'http://gateway.test',
      seed: '42',
      matrix: 'exhaustive',
      verdict: 'nonconformant',
      findings: '1 over-granted',
    })
  })

  test('tells how long changes to keys took, in the case and in the properties', () => {
    const measured = { what: 'revocation takes effect', ms: 1640, boundMs: 180_000 }
    const timed = read(sampleRecord({ cells: [{ measured }, { id: 'late', verdict: 'fail', measured }] }))
    const [passed, failed] = timed.cases
    expect(passed?.children.map(({ name, text }) => [name, text])).toEqual([
      ['system-out', 'measured  revocation takes effect: 1.6 s (bound 180 s)'],
    ])
    expect(failed?.children[0]?.text).toContain('\nmeasured  revocation takes effect: 1.6 s (bound 180 s)\n')
    const properties = named(timed.suites[0] ?? timed.document, 'properties')[0]?.children ?? []
    expect(properties.map(({ attributes }) => [...attributes.values()])).toContainEqual([
      'key life: revocation takes effect',
      '1.6 s (bound 180 s)',
    ])
  })

  test('names a disguise', () => {
    const [test] = read(sampleRecord({ cells: [{ disguise: 'double-slash' }] })).cases
    expect(test?.attributes.get('name')).toBe(
      'GET /v2/nvcf/functions with key [queue_details] (double-slash)',
    )
  })

  test('keeps dots out of class names, and names apart', () => {
    const { cases: own } = read(
      sampleRecord({
        cells: [
          { check: 'other-version-absent', id: 'one' },
          { check: 'other-version-absent', id: 'two' },
        ],
        apiSets: { 'GET /v2/nvcf/functions': 'Functions 2.0' },
      }),
    )
    expect(own[0]?.attributes.get('classname')).toBe('Functions 2_0.other-version-absent')
    expect(new Set(own.map((test) => test.attributes.get('name'))).size).toBe(2)
  })

  test('shows a run that decided nothing as an error', () => {
    const leftOut = { verdict: 'excluded', why: 'not asked for' } as const
    const nothing = read(sampleRecord({ cells: [{ leftOut }] }))
    expect(number(nothing.document, 'errors')).toBe(1)
    expect(read(sampleRecord({ cells: [] })).cases).toHaveLength(1)
  })

  test('stays well-formed and keeps what XML can hold, whatever the target says', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(
          '<',
          '>',
          '&',
          '"',
          "'",
          ']]>',
          '\u0000',
          '\u001B',
          '\uD800',
          '\uFFFF',
          '\n',
          '\r',
          '\t',
          'a',
        ),
      }),
    )
    fc.assert(
      fc.property(nasty, nasty, (observed, operation) => {
        const [test] = read(sampleRecord({ cells: [{ verdict: 'fail', observed, operation }] })).cases
        const kept = observed.replaceAll(
          /[^\t\n\r\u{20}-\u{7E}\u{85}\u{A0}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu,
          '',
        )
        expect(test?.children[0]?.text).toContain(`observed  ${kept}\n`)
        expect(test?.children[0]?.attributes.get('message')).toContain(kept)
      }),
    )
  })
})

describe("Jenkins' schema", () => {
  /** Where scripts/test-tools.sh puts it. */
  const schema = new URL('../.test-tools/junit-10.xsd', import.meta.url)

  async function violations(document: string): Promise<readonly string[]> {
    const xsd = await readFile(schema, 'utf8').catch((cause: unknown) => {
      throw new Error('There is no .test-tools/junit-10.xsd: scripts/test-tools.sh fetches it.', { cause })
    })
    const xml = [{ fileName: 'junit.xml', contents: document }]
    return (await validateXML({ xml, schema: [xsd] })).errors.map(({ message }) => message)
  }

  const waiver = { cells: ['x'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }

  test.each([
    ['every verdict', sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF })],
    ['nothing', sampleRecord({ cells: [] })],
    ['a waived failure', sampleRecord({ cells: [{ id: 'x', verdict: 'fail' }], waivers: [waiver] })],
    ['a waiver for nothing', sampleRecord({ cells: [{ id: 'x' }], waivers: [waiver] })],
    [
      'odd characters',
      sampleRecord({ cells: [{ verdict: 'fail', observed: 'a\u0000b <&"\u{1F600}\uD800 ]]>' }] }),
    ],
  ])('takes the report of %s', async (_, record) => {
    expect(await violations([...renderJunit(record)].join(''))).toEqual([])
  })

  test('does not take everything', async () => {
    const document = [...renderJunit(sampleRecord({ cells: [{}] }))].join('')
    expect(await violations(document.replace('<testcase', '<testcase surplus="1"'))).not.toEqual([])
  })
})

test('a waived failure is skipped, with what it is and on whose word', () => {
  const waiver = { cells: ['x'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }
  const document = [
    ...renderJunit(sampleRecord({ cells: [{ id: 'x', verdict: 'fail' }], waivers: [waiver] })),
  ].join('')
  expect(document).toContain('<skipped message="waived by jane until 2030-01-01: the proxy is old">')
  expect(document).toContain('failures="0"')
  expect(document).not.toContain('<failure')
})

test('a failure that the baseline knows says so', () => {
  const cells = [{ id: 'x', verdict: 'fail' as const }]
  const baseline = sampleRecord({ cells, run: { id: 'early' } })
  const document = [...renderJunit(sampleRecord({ cells, baseline }))].join('')
  expect(document).toContain('<skipped message="known since run early">')
  expect(document).toContain('failures="0"')
})

test('a waiver that does not hold is a failure, one that does is a case that tells of it', () => {
  const waiver = { cells: ['x'], reason: 'the proxy is old', owner: 'jane', expires: '2030-01-01' }
  const casesOf = (verdict: 'pass' | 'fail') => {
    const document = [
      ...renderJunit(sampleRecord({ cells: [{ id: 'x', verdict }], waivers: [waiver] })),
    ].join('')
    return document.slice(document.indexOf('<testsuite name="Waivers"'))
  }
  expect(casesOf('pass')).toMatch(
    /failures="1"[\s\S]*<failure message="[^"]*covers nothing that failed: remove it/,
  )
  expect(casesOf('fail')).toMatch(
    /failures="0"[\s\S]*<system-out>[^<]*excuses 1 cell until 2030-01-01 \(the proxy/,
  )
})
