import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Evidence, Exchange } from '../suites/model.js'
import { renderHtml } from './html.js'
import type { RunRecord } from './record.js'
import {
  DELETE,
  EVERY_VERDICT,
  keyOf,
  PROOF,
  QUEUE,
  type SampleCell,
  sampleExchange,
  sampleRecord,
} from './sample-record.js'

const MOST_BYTES = 2_000_000

const render = (record: RunRecord): string => [...renderHtml(record)].join('')

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }

/** What a reader sees of the part of the page from one marker to the next. */
function textBetween(page: string, from: string, to: string): string {
  const start = page.indexOf(from)
  expect(start, from).toBeGreaterThan(-1)
  return page
    .slice(start, page.indexOf(to, start))
    .replaceAll('<wbr>', '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&([a-z]+|#39);/g, (_entity, name: string) => ENTITIES[name] ?? '')
    .replaceAll(/\s+/g, ' ')
}

const sectionText = (page: string, id: string): string =>
  textBetween(page, `<section id="${id}"`, '</section>')
const headText = (page: string): string => textBetween(page, '<header', '</header>')

const dataOf = (page: string): string =>
  /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? ''

const full = sampleRecord({
  cells: EVERY_VERDICT,
  exchanges: PROOF,
  leftBehind: ['function left'],
  target: { product: { name: 'Example Cloud', version: '1.2' } },
})

describe('the first screen', () => {
  const text = headText(render(full))

  test('tells the verdict, the counts and each reason why the record does not certify', () => {
    expect(text).toContain('✗ nonconformant')
    expect(text).toContain('✔ 1 passed')
    expect(text).toContain('✗ 2 failed (1 advisory)')
    expect(text).toContain('? 1 inconclusive')
    expect(full.notCertifyingBecause.length).toBeGreaterThan(2)
    for (const reason of full.notCertifyingBecause) expect(text).toContain(reason)
  })

  test('tells product, target, contract, suite and seed', () => {
    expect(text).toContain('Product name Example Cloud, version 1.2')
    expect(text).toContain('Target http://gateway.test (domain gateway.test)')
    expect(text).toContain('Contract release initial')
    expect(text).toContain('Suite nvcf-conformance 1.2.3, commit c0ffee')
    expect(text).toContain('Seed 42')
  })

  test('says that a record certifies', () => {
    expect(headText(render(sampleRecord({ cells: [{}] })))).toContain(
      'This record certifies (release initial, profile full).',
    )
  })
})

test('a verdict on a part of the plan says on which', () => {
  const leftOut = { verdict: 'excluded', why: 'not asked for' } as const
  expect(
    headText(render(sampleRecord({ cells: [{}, { id: 'b', leftOut }, { id: 'c', leftOut }] }))),
  ).toContain('This verdict is on 1 cell of 3; the others were left out')
  expect(headText(render(sampleRecord({ cells: [{}] })))).not.toContain('This verdict is on')
})

describe('what is compared and put up with', () => {
  const cells: SampleCell[] = [
    { verdict: 'fail', deviation: 'over-grant', observed: '200: an old one' },
    { operation: DELETE, verdict: 'fail', deviation: 'over-grant', observed: '200: a new one' },
    { operation: QUEUE, verdict: 'fail', deviation: 'over-grant', observed: '200: a waived one' },
    { operation: QUEUE, credential: keyOf('update_function'), verdict: 'inconclusive', observed: '429' },
  ]
  const earlier = sampleRecord({ cells: cells.slice(0, 1), run: { id: 'before' } })
  const waiver = {
    cells: [`*${QUEUE}::[queue_details]`],
    reason: 'known',
    owner: 'ann',
    expires: '2031-02-03',
  }
  const gone = { cells: ['nothing::*'], reason: 'gone', owner: 'bob', expires: '2031-02-03' }
  const page = render(sampleRecord({ cells, baseline: earlier, waivers: [waiver, gone] }))

  test('new findings are told from old ones', () => {
    expect(headText(page)).toContain(
      'Since run before of 2025-01-01T00:00:00.000Z : 2 findings and 1 undecided new , 1 finding old.',
    )
    expect(sectionText(page, 'findings')).toContain('; 2 new, 1 old, 1 waived.')
    expect(sectionText(page, 'findings')).toContain('200: a new one new Expected')
    expect(sectionText(page, 'findings')).toContain('200: an old one old Expected')
  })

  test('new findings come before old ones, and waived ones last', () => {
    const text = sectionText(page, 'findings')
    const places = ['a new one', 'an old one', 'a waived one'].map((one) => text.indexOf(one))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(Math.min(...places)).toBeGreaterThan(-1)
  })

  test('waived findings say why, on whose word and until when', () => {
    expect(sectionText(page, 'findings')).toContain('Waived known (ann, until 2031-02-03)')
    expect(headText(page)).toContain(
      '2 waivers excuse 1 cell; 1 of them does not hold, and the run fails for that.',
    )
    expect(sectionText(page, 'waivers')).toContain('applied 1 known ann 2031-02-03')
    expect(sectionText(page, 'waivers')).toContain('unknown 0 gone bob 2031-02-03')
    expect(page).toContain('aria-label="over-granted, waived"')
  })
})

describe('the sections', () => {
  const page = render(full)

  test('a finding is told with what was expected and observed, its clause, its proof and its replay', () => {
    const text = sectionText(page, 'findings')
    const [finding] = full.cells.flatMap((cell) => cell.finding ?? [])
    expect(text).toContain(`Expected ${finding?.expected} Observed ${finding?.observed}`)
    expect(text).toContain(`Clause ${finding?.clause.source}: ${finding?.clause.text}`)
    expect(text).toContain('Around it key alive before and after; control with key [delete_function]: 204')
    expect(text).toContain(`Replay ${finding?.replay}`)
    expect(text).toContain(
      'DELETE http://gateway.test/v2/nvcf/functions/1/versions/2 authorization: Bearer [redacted]',
    )
    expect(text.match(/ (Request|Response) /g)).toHaveLength(8)
  })

  test('advice stands apart', () => {
    expect(sectionText(page, 'findings')).not.toContain('response-formats')
    expect(sectionText(page, 'advisory-findings')).toContain('/created is no date-time')
  })

  test.each([
    ['undecided', '429: throttled ? inconclusive 1'],
    ['undecided', 'the suite failed: oh ! in error 1'],
    ['excluded', 'not asked for - excluded 1'],
    ['excluded', 'the target lacks it ∅ unsupported 1'],
    ['coverage', '66% of 3 operations, 33% of 6 scope cells.'],
    ['timing', 'Function Management 4 12.5 12.5 12.5'],
    ['checks', 'scope-denies A key whose only scope does not open the operation is refused'],
    ['left-behind', 'function left'],
    ['particulars', `sha256 ${'a'.repeat(64)}`],
    ['matrix', '▲ over-granted'],
    ['cells', '7 cells'],
  ])('%s tells: %s', (id, told) => {
    expect(sectionText(page, id)).toContain(told)
  })

  test('the histogram has its numbers as text', () => {
    expect(page).toContain('role="img" aria-label="10 to 20 ms: 4"')
  })

  test('the matrix has a place for each operation and credential', () => {
    const rows = [...page.matchAll(/<tr><th scope="row"><b>\w+<\/b>.*<\/tr>/g)].map(([row]) => row)
    expect(rows).toHaveLength(3)
    const [deleting] = rows.filter((row) => row.includes('<b>DELETE</b>'))
    expect(deleting?.match(/<td/g)).toHaveLength(5)
    expect(deleting).toMatch(
      /<td class="over-granted" data-cells="1"><span role="img" aria-label="over-granted">▲/,
    )
  })

  test('key propagation tells what was measured', () => {
    const measured = { what: 'a revoked key kept working', ms: 1200, atMostMs: 1400, boundMs: 180_000 }
    const text = sectionText(render(sampleRecord({ cells: [{ measured }] })), 'key-life')
    expect(text).toContain('a revoked key kept working between 1.2 s and 1.4 s (bound 180 s)')
  })

  test('the parts of a record that was put together are listed', () => {
    const part = {
      startedAt: '2025-01-01T00:00:00.000Z',
      finishedAt: '2025-01-01T00:00:01.000Z',
      requests: 7,
    }
    const shards = [
      { id: 'one', index: 1, ...part },
      { id: 'two', index: 2, ...part },
    ]
    expect(sectionText(render(sampleRecord({ cells: [{}], run: { shards } })), 'particulars')).toContain(
      `2 two ${part.startedAt} ${part.finishedAt} 7`,
    )
  })
})

describe('what the page is made of', () => {
  const page = render(full)

  test('the same record gives the same bytes', () => {
    expect(render(JSON.parse(JSON.stringify(full)))).toBe(page)
  })

  test('its policy admits its own script and style, and nothing else', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]
    const hash = (text: string | undefined) =>
      `'sha256-${createHash('sha256')
        .update(text ?? '')
        .digest('base64')}'`
    const style = hash(/<style>(.*?)<\/style>/s.exec(page)?.[1])
    const script = hash(/<script type="module">(.*?)<\/script>/s.exec(page)?.[1])
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining(["default-src 'none'", `script-src ${script}`, `style-src ${style}`]),
    )
  })

  test('it names nothing to load', () => {
    const tags = page.replaceAll(/<(style|script)[^>]*>.*?<\/\1>/gs, '').match(/<[a-z][^>]*>/g) ?? []
    expect(
      tags.filter((tag) => /\s(src|srcset|style|on\w+)=|<(link|img|iframe|object)|href="(?!#)/.test(tag)),
    ).toEqual([])
    expect(/<style>(.*?)<\/style>/s.exec(page)?.[1]).not.toMatch(/url\(|@import/)
  })

  test('headings go down one level at a time', () => {
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
    expect(levels[0]).toBe(1)
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([])
  })
})

/** Names of elements and attributes in order: the form of a page, whatever its texts. */
const formOf = (page: string): string[] =>
  (page.match(/<!?\/?[a-zA-Z][^>]*>/g) ?? [])
    .filter((tag) => tag !== '<wbr>')
    .map((tag) => tag.replaceAll(/="[^"]*"/g, ''))

test('whatever the target says, the page keeps its form', () => {
  const recordOf = (said: string) => {
    // A text of its own in each place, none of which is empty.
    const text = (place: string) => `${place} ${said}.`
    return sampleRecord({
      cells: [
        {
          verdict: 'fail',
          expected: text('a'),
          observed: text('b'),
          evidence: [
            { role: 'answer', exchange: 'x' },
            { role: 'control', exchange: 'y', shows: text('c') },
          ],
          operation: `GET /${text('d')}`,
          credential: keyOf(text('e')),
        },
        { id: text('f'), verdict: 'inconclusive', observed: text('g') },
      ],
      apiSets: { [`GET /${text('d')}`]: text('h') },
      exchanges: [
        sampleExchange({
          id: 'x',
          request: { method: 'GET', url: text('i'), headers: { host: text('j') }, body: text('k') },
          response: { status: 200, headers: { 'content-type': text('l') }, body: text('m') },
        }),
        sampleExchange({ id: 'y', silence: text('n') }),
      ],
      leftBehind: [text('o')],
      target: { gateway: text('p'), product: { name: text('q') } },
      waivers: [{ cells: [text('f')], reason: text('r'), owner: text('s'), expires: '2031-01-01' }],
    })
  }
  const form = formOf(render(recordOf('harmless')))
  const nasty = fc.oneof(
    fc.constantFrom(
      '</script><img src=x onerror=alert(1)>',
      '</style><script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onclick='alert(1)",
      '<!--<script>',
      ']]>\u2028\u2029\u0000',
      '\uD800',
    ),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', '!', '-', '\n', '\\', 's') }),
  )
  fc.assert(
    fc.property(nasty, (said) => {
      const record = recordOf(said)
      const page = render(record)
      expect(formOf(page)).toEqual(form)
      const data = dataOf(page)
      expect(data).not.toMatch(/[<>&\u2028\u2029]/)
      expect(JSON.parse(data)).toMatchObject({ total: 2 })
      expect(page).not.toMatch(/\p{Surrogate}|\0/u)
    }),
    { numRuns: 60 },
  )
})

describe('its size', () => {
  const SCOPES = Array.from({ length: 40 }, (_, index) => `scope_${index}`)

  /** Cells of so many operations × 40 scopes, as long as real ones. */
  const cellsOf = (operations: number, of: (index: number) => Partial<SampleCell>): SampleCell[] =>
    Array.from({ length: operations * SCOPES.length }, (_, index) => ({
      operation: `GET /v2/nvcf/things/${Math.floor(index / SCOPES.length)}/{thingId}/versions/{versionId}`,
      credential: keyOf(SCOPES[index % SCOPES.length] ?? ''),
      evidence: evidenceOf(index),
      ...of(index),
    }))
  const ROLES = ['alive-before', 'answer', 'alive-after', 'control'] as const
  const EXCHANGES = 9000
  const evidenceOf = (index: number): Evidence[] =>
    ROLES.map((role, place) => ({ role, exchange: `x${(index * ROLES.length + place) % EXCHANGES}` }))
  const exchanges: Exchange[] = Array.from({ length: EXCHANGES }, (_, index) =>
    sampleExchange({
      id: `x${index}`,
      response: { status: 403, headers: { 'content-type': 'application/json' }, body: 'y'.repeat(800) },
    }),
  )
  const apiSets = (cells: readonly SampleCell[]) =>
    Object.fromEntries(cells.map(({ operation = '' }, index) => [operation, `Set ${index % 20}`]))
  const pageOf = (cells: readonly SampleCell[], body = exchanges) =>
    render(sampleRecord({ cells, exchanges: body, apiSets: apiSets(cells) }))
  const bad = { verdict: 'fail', deviation: 'over-grant', observed: `200: ${'granted '.repeat(10)}` } as const

  test.each([
    ['that passed', () => ({})],
    ['of which some failed', (index: number) => (index % 17 === 0 ? bad : {})],
    ['that failed', () => bad],
    [
      'in doubt, each for its own reason',
      (index: number) => ({ verdict: 'inconclusive', observed: `reason ${index}` }) as const,
    ],
  ])('is bounded for 7000 cells %s and 9000 exchanges', (_, of) => {
    const page = pageOf(cellsOf(175, of))
    expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES)
    expect(JSON.parse(dataOf(page))).toMatchObject({ total: 7000 })
  })

  test('every finding is shown or counted, its answer first', () => {
    const page = pageOf(cellsOf(175, () => bad))
    const shown = page.match(/<details class="finding"/g)?.length ?? 0
    const findings = sectionText(page, 'findings')
    const rest = [...findings.matchAll(/(\d+) (?:more )?findings? in record\.json: (\d+) scope-denies/g)]
    expect(shown).toBeGreaterThan(200)
    expect(rest.reduce((sum, [, left]) => sum + Number(left), shown)).toBe(7000)
    expect(rest.map(([, left]) => left)).toEqual(rest.map(([, , ofCheck]) => ofCheck))
    // Every operation is named, and its first findings are told before the last of any other.
    expect(page.match(/<details class="operation"/g)).toHaveLength(175)
    expect(rest).toHaveLength(175)
    const answers = page.match(/<b>Answer<\/b>/g)?.length ?? 0
    expect(answers).toBeGreaterThan(page.match(/<b>Key before<\/b>/g)?.length ?? 0)
    expect(page).toContain('In record.json: key before x')
  })

  test('a long body is cut, and says so', () => {
    const long = [
      sampleExchange({ id: 'x0', response: { status: 200, headers: {}, body: 'z'.repeat(5_000_000) } }),
    ]
    const page = pageOf([{ ...bad, evidence: [{ role: 'answer', exchange: 'x0' }] }], long)
    expect(page).toMatch(/z{2000,}… \(\d+ more characters in record\.json\)/)
    expect(Buffer.byteLength(page)).toBeLessThan(100_000)
  })

  test('of 100,000 cells those that passed are only counted', () => {
    const failing = 1234
    const page = pageOf(cellsOf(2500, (index) => (index === failing ? bad : {})))
    expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES)
    expect(sectionText(page, 'cells')).toContain('100000 cells, 99999 of which are only counted in this page')
    expect(JSON.parse(dataOf(page)).cells).toHaveLength(1)
    expect(sectionText(page, 'matrix')).toContain('more operations as documented')
    expect(page.match(/aria-label="over-granted"/g)).toHaveLength(1)
    expect(page.match(/<details class="finding"/g)).toHaveLength(1)
  })

  test('no text is so long that the page is not bounded', () => {
    const huge = '&'.repeat(50_000)
    const cells = Array.from(
      { length: 200 },
      (_, index): SampleCell => ({
        verdict: index % 2 === 0 ? 'fail' : 'inconclusive',
        operation: `GET /${index}${huge}`,
        check: `${index}${huge}`,
        observed: `${index}${huge}`,
        credential: keyOf(`${index}${huge}`),
      }),
    )
    const page = render(
      sampleRecord({
        cells,
        apiSets: Object.fromEntries(cells.map(({ operation = '' }, index) => [operation, `${index}${huge}`])),
        leftBehind: cells.map(({ observed = '' }) => observed),
        target: { product: { name: huge } },
        waivers: [{ cells: ['none'], reason: huge, owner: huge, expires: '2031-01-01' }],
      }),
    )
    expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES)
  })
})
