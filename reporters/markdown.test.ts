import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderMarkdown } from './markdown.js'
import {
  DELETE,
  EVERY_VERDICT,
  PROOF,
  QUEUE,
  type SampleCell,
  sampleExchange,
  sampleRecord,
} from './sample-record.js'

const full = sampleRecord({ cells: EVERY_VERDICT, exchanges: PROOF, leftBehind: ['function left'] })

/** Lines outside and inside fenced blocks, as Markdown reads them; `open` is a fence that nothing closed. */
function outline(markdown: string) {
  const prose: string[] = []
  const blocks: string[][] = []
  let open: string | undefined
  for (const line of markdown.split('\n')) {
    const fence = /^ {0,3}(`{3,})[^`]*$/.exec(line)?.[1]
    if (open === undefined && fence !== undefined) {
      open = fence
      blocks.push([])
    } else if (
      open !== undefined &&
      fence !== undefined &&
      fence.length >= open.length &&
      line.trim() === fence
    ) {
      open = undefined
    } else (open === undefined ? prose : (blocks.at(-1) ?? prose)).push(line)
  }
  return { prose, blocks, open }
}

const columnsOf = (row: string): number => row.split('|').length - 2

/** Runs of table rows, each with the same number of columns throughout. */
function assertTables(prose: readonly string[]): void {
  for (const [index, line] of prose.entries()) {
    const before = prose[index - 1] ?? ''
    if (line.startsWith('|') && before.startsWith('|')) expect(columnsOf(line), line).toBe(columnsOf(before))
  }
}

describe('the Markdown summary', () => {
  const text = renderMarkdown(full)

  test('begins with the verdict and whether it certifies', () => {
    const [title, , certifying, , counts] = text.split('\n')
    expect(title).toBe('# ✗ nonconformant')
    expect(certifying).toMatch(/^\*\*Not certifying: the verdict is nonconformant;/)
    expect(counts).toMatch(/^1 passed, 2 failed .*40 requests in 3\.4 s to http:\/\/gateway\.test/)
  })

  test('folds each finding with its exchanges', () => {
    expect(text.match(/^<details>$/gm)).toHaveLength(2)
    expect(text).toContain(
      '- evidence: key alive before and after; control with key &#91;delete_function&#93;: 204',
    )
    const { blocks } = outline(text)
    expect(blocks).toContainEqual([
      'DELETE http://gateway.test/v2/nvcf/functions/1/versions/2',
      'authorization: Bearer [redacted]',
    ])
    expect(blocks.flat()).toContainEqual(
      expect.stringMatching(/^nvcf-conformance run .*--check scope-denies/),
    )
  })

  test('tells advice apart, and once where many operations share it', () => {
    expect(text).toContain('## Findings\n\n1 over-granted.\n\n<details>')
    expect(text).toContain('## Advisory findings\n\n1 otherwise than documented.\n\n<details>')
    const operations = Array.from({ length: 20 }, (_, index) => `POST /v1/keys/${index}`)
    const shared = renderMarkdown(
      sampleRecord({
        cells: operations.map((operation) => ({
          check: 'key-operations-guarded',
          level: 'advisory',
          operation,
          credential: { kind: 'none' },
          verdict: 'fail',
          deviation: 'over-grant',
          observed: '200 | without a credential',
        })),
      }),
    )
    expect(shared).toContain('## Advisory findings\n\n20 over-granted.\n\n<details>')
    expect(shared.match(/^<details>$/gm)).toHaveLength(1)
    expect(shared).toContain(
      '<summary>✗ <code>key-operations-guarded</code> (advisory) 20 findings with no credential</summary>',
    )
    for (const operation of operations) {
      expect(shared).toContain(`| <code>${operation}</code> | 200 &#124; without a credential |\n`)
    }
    expect(shared).not.toContain('## Findings')
    assertTables(outline(shared).prose)
  })

  test('tells how long changes to keys took', () => {
    const measured = { what: 'revocation takes effect', ms: 1300, atMostMs: 1600, boundMs: 180_000 }
    expect(renderMarkdown(sampleRecord({ cells: [{ measured }] }))).toContain(
      '\n## Key life\n\n- revocation takes effect: between 1.3 s and 1.6 s (bound 180 s)\n\n',
    )
    expect(text).not.toContain('## Key life')
  })

  test('shows the ends of a long proof', () => {
    const exchanges = Array.from({ length: 13 }, (_, index) =>
      sampleExchange({ id: `x${index}`, credential: `key ${index}.` }),
    )
    const pageWith = (count: number) =>
      renderMarkdown(
        sampleRecord({
          cells: [
            {
              verdict: 'fail',
              evidence: exchanges.slice(0, count).map(({ id }) => ({ role: 'step', exchange: id })),
            },
          ],
          exchanges,
        }),
      )
    const steps = (page: string) => [...page.matchAll(/\*\*Step\*\*, key (\d+)\./g)].map(([, step]) => step)
    expect(steps(pageWith(10))).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(steps(pageWith(7))).toHaveLength(7)
    expect(pageWith(10)).not.toContain('in record.json, then')
    expect(steps(pageWith(13))).toEqual(['0', '1', '2', '3', '4', '5', '9', '10', '11', '12'])
    expect(pageWith(13)).toContain('\nand 3 exchanges in record.json, then:\n\n**Step**, key 9.')
  })

  test('counts verdicts by check and in all', () => {
    expect(text).toContain(
      '| check | level | passed | failed | inconclusive | unsupported | excluded | in error |',
    )
    expect(text).toContain('| <code>scope-denies</code> | required | 0 | 1 | 1 | 0 | 0 | 0 |')
    expect(text).toContain('| all |  | 1 | 2 | 1 | 1 | 1 | 1 |')
  })

  test('has a matrix for each API set that was examined', () => {
    expect(text).toContain('### Function Management\n\n| operation |')
    expect(text).toContain('### Queue Details\n\n| operation |')
    expect(text).toContain(`| <code>${DELETE}</code> |`)
  })

  test('explains the marks that it shows, and no others', () => {
    expect(text).toContain(
      '● granted as documented, - not run, ? inconclusive, E error of the suite, ▲ over-granted\n',
    )
  })

  test('counts the operations as documented of a very large API set instead of showing them', () => {
    const operations = Array.from({ length: 120 }, (_, index) => `GET /v2/things/${index}`)
    const pageOf = (deviating: number | undefined) =>
      renderMarkdown(
        sampleRecord({
          cells: operations.map((operation, index) => ({
            operation,
            ...(index === deviating && { verdict: 'fail', deviation: 'over-grant' }),
          })),
          apiSets: Object.fromEntries(operations.map((operation) => [operation, 'Things'])),
        }),
      )
    expect(pageOf(undefined)).toContain('### Things\n\n120 operations as documented (120 denied)\n\n## ')
    expect(pageOf(7)).toContain(
      '| <code>GET /v2/things/7</code> | ▲ |\n\n119 more operations as documented (119 denied)\n\n▲ over-granted\n',
    )
  })

  test('tells what was not decided, what stayed behind and how the run was made', () => {
    expect(text).toContain('| inconclusive | 1 | 429: throttled |')
    expect(text).toContain('- function left')
    expect(text).toContain('| seed | 42 |')
    expect(text).toContain(`sha256 <code>${'a'.repeat(64)}</code>`)
  })

  test('tells what was covered, by API set and in all, and what was not', () => {
    expect(text).toContain('## Coverage\n\n66% of 3 operations, 33% of 6 scope cells.')
    expect(text).toContain(
      '| API set | operations | scope cells | status codes | request keywords | response keywords |',
    )
    expect(text).toContain('| Queue Details | 0/1 | 0/1 | - | - | - |')
    expect(text).toContain('| all | 2/3 | 2/6 | - | - | - |')
    expect(text).toContain(`Operations not covered:\n\n- <code>${QUEUE}</code>\n`)
    expect(text).toContain('Not covered: 4 scope cells; record.json names them.')
  })

  test('keeps within what a job page takes', () => {
    const exchanges = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) =>
      sampleExchange({ id, response: { status: 200, headers: {}, body: 'x'.repeat(4000) } }),
    )
    const cells = Array.from(
      { length: 60 * 3 },
      (_, index): SampleCell => ({
        id: `cell-${index}`,
        check: `check-${index % 60}`,
        level: 'required',
        verdict: 'fail',
        evidence: exchanges.map(({ id }) => ({ role: 'answer', exchange: id })),
      }),
    )
    const long = renderMarkdown(sampleRecord({ cells, exchanges }))
    expect(Buffer.byteLength(long)).toBeLessThan(1024 * 1024)
    expect(long.match(/^<details>$/gm)).toHaveLength(50)
    expect(long).toContain('and 130 more in record.json: 1 check-16, 3 check-17, ')
  })
})

test('whatever the target says, the page keeps its form', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('|', '<', '`', '```', '\n', '\\', '*', '_', '</details>', '&', '~~~', 'a', ' '),
    }),
  )
  fc.assert(
    fc.property(nasty, nasty, nasty, (observed, body, because) => {
      const record = sampleRecord({
        cells: [
          {
            verdict: 'fail',
            observed,
            expected: because,
            evidence: [{ role: 'answer', exchange: 'x' }],
            operation: `GET /${because}`,
          },
          { id: 'doubt', verdict: 'inconclusive', observed: because },
        ],
        exchanges: [
          sampleExchange({
            id: 'x',
            request: { method: 'GET', url: observed, headers: { host: body }, body },
            response: { status: 200, headers: { 'content-type': observed }, body },
          }),
        ],
        leftBehind: [observed],
      })
      const { prose, blocks, open } = outline(renderMarkdown(record))
      expect(open).toBeUndefined()
      expect(blocks).toHaveLength(3)
      assertTables(prose)
      const tags = prose.flatMap((line) => line.match(/<[^>]*>?/g) ?? [])
      expect(tags.filter((tag) => !/^<\/?(details|summary|code)>$/.test(tag))).toEqual([])
      expect(tags.filter((tag) => tag === '</details>')).toHaveLength(1)
    }),
  )
})

test('shows waivers, what they cover and those that do not hold', () => {
  const waiver = { reason: 'the proxy | is old', owner: 'jane', expires: '2030-01-01' }
  const page = renderMarkdown(
    sampleRecord({
      cells: [{ id: 'x', verdict: 'fail' }, { id: 'y' }],
      waivers: [
        { ...waiver, cells: ['x'] },
        { ...waiver, cells: ['y'] },
      ],
    }),
  )
  expect(page).toContain('(waived by jane until 2030-01-01)')
  expect(page).toContain('| <code>x</code> | applied | 1 | the proxy &#124; is old | jane | 2030-01-01 |')
  expect(page).toContain('| <code>y</code> | **unused** | 0 |')
})

test('tells new findings from those that the baseline knows', () => {
  const baseline = sampleRecord({ cells: [{ id: 'x', verdict: 'fail' }], run: { id: 'early' } })
  const cells = ['x', 'y'].map((id) => ({ id, verdict: 'fail' as const }))
  const page = renderMarkdown(sampleRecord({ cells, baseline }))
  expect(page).toContain('**1 new, 1 known since run early of 2025-01-01: only what is new fails this run**')
  expect(page.match(/\(known\)/g)).toHaveLength(1)
})
