/** The page as a browser shows it: Debian's Chromium, without a network. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Evidence } from '../../suites/model.js'
import { renderHtml } from '../html.js'
import type { RecordedCell } from '../record.js'
import { keyOf, type SampleCell, sampleExchange, sampleRecord } from '../sample-record.js'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const MOST_ROWS = 200
/** What the page does, it does at once. */
const MOST_MS = 5000

/** What would run where markup was made of it. */
const NASTY = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

const SCOPES = Array.from({ length: 10 }, (_, index) => `scope_${index}`)
const OPERATIONS = Array.from({ length: 21 }, (_, index) => `GET /v2/nvcf/things/{thingId}/parts/${index}`)
const OVER_GRANTED = { operation: 9, scope: 5 }
const PROOF: readonly Evidence[] = [
  { role: 'alive-before', exchange: 'before', shows: 'alive' },
  { role: 'answer', exchange: 'answer' },
  { role: 'alive-after', exchange: 'after', shows: 'alive' },
  { role: 'control', exchange: 'control' },
]
const DENIED: readonly Evidence[] = [{ role: 'answer', exchange: 'denied' }]

const cells = OPERATIONS.flatMap((operation, row) =>
  SCOPES.map((scope, column): SampleCell => {
    const own = { operation, credential: keyOf(scope) }
    if (row === OVER_GRANTED.operation && column === OVER_GRANTED.scope)
      return { ...own, verdict: 'fail', deviation: 'over-grant', observed: `200: ${NASTY}`, evidence: PROOF }
    if (row === 20) return { ...own, verdict: 'inconclusive', observed: '429: throttled' }
    return column === row % SCOPES.length
      ? { ...own, check: 'scope-grants', evidence: [{ role: 'answer', exchange: 'control' }] }
      : { ...own, evidence: DENIED }
  }),
)
const MORE: readonly SampleCell[] = [
  {
    check: 'response-formats',
    operation: OPERATIONS[1] ?? '',
    level: 'advisory',
    verdict: 'fail',
    observed: 'a finding to waive',
  },
  { id: `odd id ${NASTY} % + # &`, check: 'response-status', operation: OPERATIONS[2] ?? '', observed: 'ok' },
  {
    check: 'no-credential-denies',
    operation: OPERATIONS[10] ?? '',
    credential: { kind: 'none' },
    leftOut: { verdict: 'excluded', why: 'not asked for' },
  },
]
const body = { status: 200, headers: { 'content-type': NASTY }, body: `{"said":"${NASTY}"}` }
const planned = {
  cells: [...cells, ...MORE],
  apiSets: Object.fromEntries(
    OPERATIONS.map((operation, index) => [operation, `Set ${Math.floor(index / 7)}`]),
  ),
  exchanges: [
    sampleExchange({ id: 'before', purpose: 'is the key alive?' }),
    sampleExchange({ id: 'answer', response: body }),
    sampleExchange({ id: 'after', purpose: 'is the key alive?' }),
    sampleExchange({ id: 'control', credential: 'key [scope_1]' }),
    sampleExchange({ id: 'denied', response: { status: 403, headers: {}, body: '' } }),
  ],
  waivers: [{ cells: ['response-formats::*'], reason: 'known', owner: 'ann', expires: '2031-02-03' }],
  leftBehind: [NASTY],
}
const record = sampleRecord({ ...planned, baseline: sampleRecord({ cells: [], run: { id: 'earlier' } }) })

const finding = record.cells.find(({ verdict, level }) => verdict === 'fail' && level === 'required')
const failed = finding?.id ?? ''
const fragmentOf = (id: string): string => `#cell=${encodeURIComponent(id)}`
const counting = (holds: (cell: RecordedCell) => boolean): number => record.cells.filter(holds).length

const home = mkdtempSync(join(tmpdir(), 'nvcf-conformance-html-'))
const file = join(home, 'report.html')
const url = pathToFileURL(file).href
let browser: Browser
/** The page of most tests; a test that needs a browser of another kind opens one of its own. */
let shared: Page

/** Errors, warnings and refusals that the pages of a test wrote, and what they asked for. */
let complaints: string[] = []
let requested: Set<string> = new Set()

async function pageWith(options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({
    offline: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  })
  context.setDefaultTimeout(MOST_MS)
  await context.route(/^(?!file:)/, (route) => route.abort())
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => requested.add(request.url().replace(/#.*/, '')))
  return page
}

/** Loads the page anew. */
async function open(fragment = '', page = shared, width = 1280): Promise<Page> {
  await page.goto('about:blank')
  await page.mouse.move(0, 0)
  await page.emulateMedia({ media: 'screen' })
  await page.setViewportSize({ width, height: 900 })
  await page.goto(`${url}${fragment}`)
  // The script follows a fragment once the page has loaded.
  if (fragment !== '') await page.evaluate('new Promise((done) => setTimeout(() => setTimeout(done)))')
  return page
}

beforeAll(async () => {
  if (!existsSync(CHROMIUM))
    throw new Error(
      `There is no browser at ${CHROMIUM}. Install Chromium (apt-get install -y chromium), or name one in CHROMIUM.`,
    )
  writeFileSync(file, [...renderHtml(record)].join(''))
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  shared = await pageWith({})
})
afterAll(async () => {
  await browser?.close()
  rmSync(home, { recursive: true, force: true })
})

afterEach(() => {
  const seen = { complaints, requested: [...requested].filter((one) => one !== 'about:blank') }
  complaints = []
  requested = new Set()
  expect(seen).toEqual({ complaints: [], requested: [url] })
})

const textOf = async (locator: Locator): Promise<string> =>
  ((await locator.textContent()) ?? '').replaceAll(/\s+/g, ' ').trim()

const unfoldAll = (page: Page) =>
  page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
const rowsOf = (page: Page) => page.locator('#rows > tr')
const panelOf = (page: Page) => page.locator('#matrix-panel')
/** The place of the matrix for an operation and a scope. */
const placeOf = (page: Page, operation: number, scope: number) =>
  page.locator('table.marks tbody tr').nth(operation).locator('td').nth(scope)
const focused = (page: Page): Promise<unknown> =>
  page.evaluate(`(() => {
    const place = document.activeElement
    const rows = [...document.querySelectorAll('table.marks tbody tr')]
    return { row: rows.indexOf(place.parentElement), column: place.cellIndex - 1 }
  })()`)

describe('layout', () => {
  test.each([1280, 400])('nothing is wider than a screen of %d pixels', async (width) => {
    const page = await open('', shared, width)
    await unfoldAll(page)
    await rowsOf(page).first().locator('button').click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  })

  test('the first screen holds the verdict and why', async () => {
    const page = await open()
    for (const text of ['nonconformant', 'because', 'Contract', 'Seed', 'Since run'])
      expect(await textOf(page.locator('header'))).toContain(text)
    const box = await page.locator('header').boundingBox()
    expect((box?.y ?? 0) + (box?.height ?? Number.NaN)).toBeLessThan(900)
  })

  test('the column heads stay where the matrix scrolls', async () => {
    const page = await open()
    await unfoldAll(page)
    await placeOf(page, 19, 3).focus()
    const head = await page.locator('.heads').boundingBox()
    const place = await placeOf(page, 19, 3).boundingBox()
    const panel = await panelOf(page).boundingBox()
    expect(head?.y).toBeCloseTo(0)
    expect(place?.y).toBeGreaterThanOrEqual((head?.y ?? 0) + (head?.height ?? 0))
    expect((place?.y ?? 0) + (place?.height ?? 0)).toBeLessThanOrEqual(panel?.y ?? 0)
  })

  test('only what is not as documented stands open', async () => {
    const page = await open()
    const unfolded = page.locator('details.api-set[open]')
    expect(await unfolded.count()).toBe(2)
    expect(await unfolded.locator('summary').allTextContents()).toEqual([
      expect.stringContaining('Set 1'),
      expect.stringContaining('Set 2'),
    ])
  })
})

describe('search', () => {
  test.each<[name: string, fields: Record<string, string>, holds: (cell: RecordedCell) => boolean]>([
    ['verdict', { verdict: 'inconclusive' }, ({ verdict }) => verdict === 'inconclusive'],
    ['operation', { operation: OPERATIONS[4] ?? '' }, ({ operation }) => operation === OPERATIONS[4]],
    ['scope', { scope: 'scope_7' }, ({ scope }) => scope === 'scope_7'],
    ['check', { check: 'scope-grants' }, ({ check }) => check === 'scope-grants'],
    ['mark', { mark: 'waived' }, ({ waived }) => waived !== undefined],
    ['words', { q: 'SCOPE_9 parts/2' }, ({ id }) => id.includes('scope_9') && id.includes('parts/2')],
    ['observation', { q: 'throttled' }, ({ because }) => because?.includes('throttled') === true],
    [
      'all of them',
      { scope: 'scope_3', verdict: 'pass', q: 'parts/2' },
      (cell) => cell.scope === 'scope_3' && cell.verdict === 'pass' && cell.id.includes('parts/2'),
    ],
    ['nothing', { q: 'no such cell' }, () => false],
  ])('narrows the cells by %s', async (_, fields, holds) => {
    const page = await open()
    for (const [name, value] of Object.entries(fields)) {
      const field = page.locator(`#filter [name=${name}]`)
      if (name === 'q') await field.fill(value)
      else await field.selectOption(value)
    }
    const count = counting(holds)
    expect(await textOf(page.locator('#found'))).toBe(`${count} of ${record.cells.length} cells`)
    expect(await rowsOf(page).count()).toBe(Math.min(count, MOST_ROWS))
    const [address = ''] = page.url().split('#').slice(1)
    expect(Object.fromEntries(new URLSearchParams(address))).toEqual(fields)
    // The address brings the same back.
    const rows = await rowsOf(page).allTextContents()
    const again = await open(`#${address}`)
    await expect.poll(() => textOf(again.locator('#found'))).toMatch(`${count} of`)
    expect(await rowsOf(again).allTextContents()).toEqual(rows)
  })

  test('draws no more rows than are read, and says how many there are', async () => {
    const page = await open()
    expect(record.cells.length).toBeGreaterThan(MOST_ROWS)
    expect(await rowsOf(page).count()).toBe(MOST_ROWS)
    expect(await textOf(page.locator('#more'))).toBe(`and ${record.cells.length - MOST_ROWS} more`)
    expect(await page.locator('#found').getAttribute('role')).toBe('status')
  })

  test('is cleared', async () => {
    const page = await open('#verdict=fail')
    expect(await rowsOf(page).count()).toBe(2)
    await page.getByRole('button', { name: 'Clear' }).click()
    expect(await rowsOf(page).count()).toBe(MOST_ROWS)
    expect(page.url()).toBe(url)
  })

  test('a row shows its evidence', async () => {
    const page = await open('#q=scope_5+parts%2F9&verdict=fail')
    await rowsOf(page).locator('button').click()
    const told = await textOf(page.locator('tr.evidence'))
    expect(told).toContain('403: list_functions opens it')
    expect(told).toContain('key alive before and after; control with key [scope_1]: 200')
  })

  test('the table of checks leads to the cells of a check', async () => {
    const page = await open()
    await page.locator('#checks a', { hasText: 'scope-grants' }).click()
    await expect
      .poll(() => textOf(page.locator('#found')))
      .toBe(`${counting(({ check }) => check === 'scope-grants')} of ${record.cells.length} cells`)
  })
})

describe('links to cells', () => {
  test('a finding is unfolded, scrolled to and focused', async () => {
    const page = await open(fragmentOf(failed))
    const about = page.locator('details.finding', { hasText: failed })
    expect(await about.getAttribute('open')).not.toBeNull()
    expect(await about.locator('dl').first().isVisible()).toBe(true)
    expect(await page.evaluate('document.activeElement.closest("details").id')).toBe(
      fragmentOf(failed).slice(1),
    )
    expect((await about.boundingBox())?.y).toBeLessThan(100)
  })

  test.each([
    ['a cell that passed', (cell: RecordedCell) => cell.verdict === 'pass' && cell.scope === 'scope_9'],
    ['a cell with an id of its own', ({ id }: RecordedCell) => id.startsWith('odd id')],
  ])('%s is shown with its evidence and focused', async (_, holds) => {
    const { id = '', operation = '' } = record.cells.find(holds) ?? {}
    const page = await open(fragmentOf(id))
    const shown = await textOf(page.locator('#selected'))
    expect(shown).toContain(id)
    expect(shown).toContain(operation)
    expect(await page.evaluate('document.activeElement.id')).toBe('selected')
  })

  test('an unknown cell is said to be unknown', async () => {
    const page = await open('#cell=nothing%ZZ')
    expect(await textOf(page.locator('#selected'))).toContain('This page lists no cell nothing%ZZ')
  })

  test('a link is followed on the page that is open', async () => {
    const page = await open()
    await placeOf(page, OVER_GRANTED.operation, OVER_GRANTED.scope).hover()
    await panelOf(page).getByRole('link', { name: 'the finding' }).click()
    await expect
      .poll(() => page.evaluate('document.activeElement.closest("details")?.id'))
      .toBe(fragmentOf(failed).slice(1))
  })
})

describe('the matrix', () => {
  test.each(['hover', 'focus'] as const)('shows the evidence behind a mark on %s', async (way) => {
    const page = await open()
    await placeOf(page, OVER_GRANTED.operation, OVER_GRANTED.scope)[way]()
    const told = await textOf(panelOf(page))
    for (const text of [
      OPERATIONS[OVER_GRANTED.operation] ?? '',
      'key [scope_5]',
      '403: list_functions opens it',
      '✗ failed',
      '200, 12.5 ms',
      'key alive before and after; control with key [scope_1]: 200',
    ])
      expect(told).toContain(text)
    expect(await textOf(page.locator('.heads .pointed'))).toBe('scope_5')
  })

  test('is walked with the keyboard alone', async () => {
    const page = await open()
    expect(await page.locator('table.marks').first().getAttribute('role')).toBe('grid')
    for (const table of await page.locator('table.marks').all())
      expect(await table.locator('td[tabindex="0"]').count()).toBe(1)
    await page.locator('details.api-set[open] summary').first().focus()
    await page.keyboard.press('Tab')
    expect(await focused(page)).toEqual({ row: 7, column: 0 })
    const walk: [key: string, row: number, column: number][] = [
      ['ArrowRight', 7, 1],
      ['ArrowDown', 8, 1],
      ['ArrowLeft', 8, 0],
      ['ArrowLeft', 8, 0],
      ['End', 8, 10],
      ['ArrowRight', 8, 10],
      ['Control+End', 13, 10],
      // On into the next open table, and back.
      ['ArrowDown', 14, 10],
      ['ArrowUp', 13, 10],
      ['Home', 13, 0],
      ['Control+Home', 7, 0],
      // The table above is folded.
      ['ArrowUp', 7, 0],
    ]
    for (const [key, row, column] of walk) {
      await page.keyboard.press(key)
      expect(await focused(page), key).toEqual({ row, column })
    }
    expect(await textOf(panelOf(page))).toContain(OPERATIONS[7])
    await page.keyboard.press('Escape')
    expect(await textOf(panelOf(page))).toContain('arrow keys')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('selected')
  })

  test('a place is announced with its mark', async () => {
    const page = await open()
    const place = placeOf(page, OVER_GRANTED.operation, OVER_GRANTED.scope)
    expect(await place.getByRole('img').getAttribute('aria-label')).toBe('over-granted')
    expect(await page.getByRole('columnheader', { name: 'scope_5' }).count()).toBeGreaterThan(0)
    expect(await page.getByRole('gridcell', { name: 'over-granted', exact: true }).count()).toBe(1)
  })

  test('a click keeps what is shown, until Escape', async () => {
    const page = await open()
    await placeOf(page, OVER_GRANTED.operation, OVER_GRANTED.scope).click()
    await placeOf(page, 12, 2).hover()
    expect(await textOf(panelOf(page))).toContain('key [scope_5]')
    await page.keyboard.press('Escape')
    await placeOf(page, 12, 3).hover()
    expect(await textOf(panelOf(page))).toContain('key [scope_3]')
  })

  test('a pointer that rests does not take the panel from the keyboard', async () => {
    const page = await open('', shared, 1280)
    await unfoldAll(page)
    await placeOf(page, 2, 1).hover()
    await placeOf(page, 2, 4).focus()
    for (let step = 0; step < 15; step++) {
      await page.keyboard.press('ArrowDown')
      const { row } = Object(await focused(page))
      expect(await textOf(panelOf(page))).toContain(`/parts/${row}Credential`)
      expect(await textOf(page.locator('.heads .pointed'))).toBe('scope_4')
    }
  })

  test('says that the documents say nothing', async () => {
    const page = await open()
    await unfoldAll(page)
    await placeOf(page, 5, SCOPES.length).hover()
    expect(await textOf(panelOf(page))).toContain('with no credential: the documents say nothing')
  })
})

test('the copy button copies the command, and says so', async () => {
  const page = await open(fragmentOf(failed))
  const button = page
    .locator('details.finding[open]')
    .getByRole('button', { name: 'Copy the command' })
    .first()
  await button.click()
  await expect.poll(() => textOf(button)).toBe('Copied')
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(finding?.finding?.replay)
  expect(await page.getByRole('status').allTextContents()).toContain('Copied the command')
})

test('what the target worded is text', async () => {
  const page = await open(fragmentOf(failed))
  await unfoldAll(page)
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  expect(await page.locator('img, iframe').count()).toBe(0)
  expect(await page.locator('script').count()).toBe(2)
  expect(await page.locator('.finding pre').allTextContents()).toContainEqual(
    expect.stringContaining(`{"said":"${NASTY}"}`),
  )
})

test('prints unfolded, without controls, and of what stands around an answer the name', async () => {
  const page = await open()
  await page.evaluate('document.querySelector("details.finding").open = false')
  const answer = page.locator('details.exchange[open] pre').first()
  const around = page.locator('details.exchange.around').first()
  expect(await answer.isVisible()).toBe(false)
  await page.emulateMedia({ media: 'print' })
  expect(await answer.isVisible()).toBe(true)
  expect(await around.locator('summary').isVisible()).toBe(true)
  expect(await around.locator('pre').first().isVisible()).toBe(false)
  expect(await page.locator('table.marks thead th span', { hasText: 'scope_5' }).first().isVisible()).toBe(
    true,
  )
  for (const control of ['nav', '#explorer', '.panel', 'button', '.skip'])
    expect(await page.locator(control).first().isVisible(), control).toBe(false)
})

test('the skip link leads to the report', async () => {
  const page = await open()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the report')
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')
})

test('tells everything but the search without its script', async () => {
  const page = await open('', await pageWith({ javaScriptEnabled: false }))
  expect(await textOf(page.locator('h1'))).toContain('nonconformant')
  const first = page.locator('details.finding').first()
  expect(await textOf(first.locator('dl'))).toContain('403: list_functions opens it')
  expect(await first.locator('pre').first().isVisible()).toBe(false)
  await first.locator('details.exchange summary').first().click()
  expect(await first.locator('pre').first().isVisible()).toBe(true)
  await page.locator('details.api-set summary').first().click()
  expect(await placeOf(page, 0, 0).isVisible()).toBe(true)
  expect(await textOf(page.locator('#coverage'))).toContain('operations')
  expect(await textOf(page.locator('#cells'))).toContain('Without its script')
  for (const control of ['#explorer', '.panel', 'button'])
    expect(await page.locator(`${control}:visible`).count(), control).toBe(0)
})

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test('no one is kept out', async () => {
    // The policy of the page keeps out what examines it, too.
    const page = await open('#verdict=fail', await pageWith({ bypassCSP: true, colorScheme }))
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(ground).toBe(colorScheme === 'dark' ? 'rgb(17, 22, 27)' : 'rgb(255, 255, 255)')
    await unfoldAll(page)
    await rowsOf(page).first().locator('button').click()
    await placeOf(page, OVER_GRANTED.operation, OVER_GRANTED.scope).focus()
    await page.evaluate(axe.source)
    const violations =
      await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ passes, violations }) => ({
      passes: passes.length,
      grave: violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' ')),
    }))`)
    expect(violations).toEqual({ passes: expect.any(Number), grave: [] })
    expect(violations).toMatchObject({ passes: expect.toSatisfy((count: number) => count > 20) })
  })
})
