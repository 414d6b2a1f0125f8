import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scopesInProse } from './prose.js'

// biome-ignore format: a table
const FORMS: readonly (readonly [prose: string, scopes: readonly string[]])[] = [
  // Forms that gateways are known to use.
  ["Requires a bearer token with 'a' scope", ['a']],
  ["Requires a bearer token with 'a' or 'b' scopes.", ['a', 'b']],
  ["Requires either a bearer token or an api-key with 'a' scope in the HTTP Authorization header.", ['a']],
  ["Requires either a bearer token or an api-key with 'a' or 'b' scopes", ['a', 'b']],
  ["A bearer token in the HTTP Authorization header with 'a' scope is needed", ['a']],
  ["This endpoint mandates inclusion of a bearer token with 'a' scope", ['a']],
  ["mandates the inclusion of a bearer token with the 'a' scope", ['a']],
  ["with 'admin:a' scope", ['admin:a']],
  ["with 'cluster-management' scope", ['cluster-management']],
  // Line breaks and doubled spaces anywhere.
  ["with\n  'a'\n  or\n  'b'\n  scope", ['a', 'b']],
  ["with  'a'  or  'b'   scopes", ['a', 'b']],
  ["with 'a'\r\nscope", ['a']],
  // Forms that nobody has seen.
  ["with 'a', 'b' or 'c' scope", ['a', 'b', 'c']],
  ["with 'a', 'b', or 'c' scope", ['a', 'b', 'c']],
  ["with 'a,' 'b' scope", ['a', 'b']],
  ["with 'a' / 'b' scope", ['a', 'b']],
  ["with 'a' and 'b' scopes", ['a', 'b']],
  ["with 'a' and/or 'b' scope", ['a', 'b']],
  ["with 'a' scope or the 'b' scope", ['a', 'b']],
  ["with 'a' scope; admins need the 'admin:a' scope", ['a', 'admin:a']],
  ["with 'a' 'b' Scope", ['a', 'b']],
  ['with "a" or "b" scope', ['a', 'b']],
  ['with `a` or `b` scope', ['a', 'b']],
  ['with ‘a’ or “b” scope', ['a', 'b']],
  ['with **`a`** or *"b"* scope', ['a', 'b']],
  ['with <code>a</code> or <code>b</code> scope', ['a', 'b']],
  ['with &#39;a&#39; or &quot;b&quot; scope', ['a', 'b']],
  [String.raw`with \'a\' scope`, ['a']],
  ["with 'a' scope(s)", ['a']],
  ["the caller's 'a' scope", ['a']],
  ["the functions' 'a' scope", ['a']],
  ["with 'a' or 'a' scope", ['a']],
  // Other quoted words are none.
  ["A function in status 'ACTIVE'. Requires a bearer token with 'a' scope", ['a']],
  ["with 'a' scope. The status becomes 'DEPLOYING'.", ['a']],
  ["The 'id' of the account, and a key with 'a' scope", ['a']],
  ["'a' is a word, and its scope is wide", []],
  ["'a' scoped keys", []],
  ["'function' scope-limited", []],
  ["a key without the right scope", []],
  ["the scope 'a'", []],
  ["'two words' scope", []],
  ["'{scope}' scope", []],
  ["'' scope", []],
  ['', []],
]

describe('scopes in prose', () => {
  test.each(FORMS)('%j names %j', (prose, scopes) => {
    expect(scopesInProse(prose).scopes).toEqual(scopes)
  })

  test.each([
    ["with 'a' or 'b' scope", false],
    ["with 'a' and/or 'b' scope", false],
    ["with 'a' and 'b' scopes", true],
    ["with 'a', and 'b' scopes", true],
    ["'ACTIVE' and 'IDLE'; with 'a' scope", false],
  ])('%j joins scopes: %s', (prose, joined) => {
    expect(scopesInProse(prose).joined).toBe(joined)
  })

  test.each([
    ["the scope 'a'", true],
    ['no word of it, scoped as it may be', false],
  ])('%j mentions scopes: %s', (prose, mentioned) => {
    expect(scopesInProse(prose)).toMatchObject({ scopes: [], mentioned })
  })

  test('any names in any number, however they are laid out', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}([:-][a-z0-9_]{1,8})?$/)
    const gap = fc.constantFrom(' ', '  ', '\n', ' \n  ', '\t')
    const joint = fc.constantFrom(',', ' or', ', or', '')
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), gap, joint, (names, space, word) => {
        const prose = `Needs 'x y' and a key with${space}${names.map((one) => `'${one}'`).join(`${word}${space}`)}${space}scope.`
        expect(scopesInProse(prose).scopes).toEqual(names)
      }),
    )
  })

  test('text of any length in no time', () => {
    const started = performance.now()
    for (const part of ["'a' ", "'a', ", "'a' or ", "'", ' ', "'a'"]) scopesInProse(part.repeat(50_000))
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
