import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonical, replaceAt, select } from './json.js'
import { readYaml } from './yaml.js'

const DOCUMENT = { list: [{ id: 1, tags: ['a', 'b'] }, { id: 2, tags: [] }, {}], 'a/b': { '~': 0 } }

test.each([
  ['/list/*/id', [1, 2]],
  ['/list/*/tags/*', ['a', 'b']],
  ['/list/1/id', [2]],
  ['/a~1b/~0', [0]],
  ['/list/9/id', []],
  ['/nothing/here', []],
  ['', [DOCUMENT]],
])('%s reaches what stands there', (pointer, values) => {
  expect(select(DOCUMENT, pointer)).toEqual(values)
})

test('a value is replaced in a copy, and only where one stands', () => {
  expect(replaceAt(DOCUMENT, '/list/0/tags/1', 'c')).toMatchObject({ list: [{ tags: ['a', 'c'] }, {}, {}] })
  expect(DOCUMENT.list[0]).toEqual({ id: 1, tags: ['a', 'b'] })
  expect(() => replaceAt(DOCUMENT, '/list/0/name', 'x')).toThrow('Nothing stands at /list/0/name')
  expect(() => replaceAt(DOCUMENT, '/list/7', 'x')).toThrow(RangeError)
})

test('equal JSON is the same text, whatever the order of its members', () => {
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, inner]) => [name, reversed(inner)]),
          )
        : value
  fc.assert(fc.property(fc.jsonValue(), (value) => canonical(reversed(value)) === canonical(value)))
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvcf-yaml-'))
})
afterAll(() => rm(folder, { recursive: true }))

const bomb = [
  'a: &a [x, x]',
  ...Array.from('bcdefghij', (name, i) => `${name}: &${name} [*${'abcdefghi'[i]}, *${'abcdefghi'[i]}]`),
]

test.each([
  ['a mistake', 'a: [1', /is not valid YAML: .*line 1/],
  ['a bomb of aliases', bomb.join('\n'), /is not valid YAML: .*alias/i],
])('YAML with %s is refused by name', async (name, text, message) => {
  const file = join(folder, `${name}.yaml`)
  await writeFile(file, text)
  await expect(readYaml(file)).rejects.toThrow(message)
  await expect(readYaml(file)).rejects.toThrow(file)
})

test('a file that is not there is named', async () => {
  await expect(readYaml(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml cannot be read \(ENOENT\)/)
})
