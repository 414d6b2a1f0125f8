import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack, unpack } from './packed.js'

test.each([
  ['a text', 'text'],
  ['nothing', null],
  ['an empty list', []],
  ['an empty object', {}],
  ['texts that look like rows', ['[0,1]', '[-1]', [-1], { '[-1]': '[-1]' }]],
  [
    'the same names in another order',
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
  ],
  ['numbers beside their texts', [1, '1', 1.5, -1, true, 'true', null, 'null']],
])('%s comes back as it was', (_, value) => {
  expect(unpack(pack(value))).toStrictEqual(value)
})

test('any JSON comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => JSON.stringify(unpack(pack(value))) === JSON.stringify(value)),
  )
})

test('what is equal is the same when it is read', () => {
  const [one, other] = unpack(pack([{ a: ['text'] }, { a: ['text'] }]))
  expect(one).toBe(other)
})

test('members without a value are left out, as JSON does', () => {
  expect(unpack(pack({ a: undefined, b: 1 }))).toStrictEqual({ b: 1 })
})
