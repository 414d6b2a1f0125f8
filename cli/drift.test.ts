import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startGateway } from '../fixtures/gateway/server.js'
import { isRecord, records } from '../openapi/json.js'
import { nvcf, scratch } from './testing.js'

/** A document of one operation, with these scopes in its prose. */
const naming = (scope: string, more: object = {}) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Registries', version: '2' },
    paths: {
      '/v2/nvcf/recognized-registries': {
        get: {
          description: `A key with '${scope}' scope`,
          responses: { 200: { description: 'All' } },
          ...more,
        },
      },
    },
  })

function place(): string {
  const cwd = scratch()
  writeFileSync(join(cwd, 'one.json'), naming('manage_registry_credentials'))
  writeFileSync(join(cwd, 'same.json'), naming('manage_registry_credentials', { summary: 'In other words' }))
  writeFileSync(join(cwd, 'other.json'), naming('manage_registries'))
  writeFileSync(
    join(cwd, 'more.json'),
    naming('manage_registry_credentials', { parameters: [{ name: 'q', in: 'query' }] }),
  )
  return cwd
}

const drifted = (args: readonly string[]) => nvcf(['drift', ...args], { cwd: place() })

describe.concurrent('drift', () => {
  test('of nothing but words: exit 0', async () => {
    const { code, stderr, stdout } = await drifted(['same.json', '--against', 'one.json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/No difference\.\n$/)
  })

  test('of what is compatible: exit 0', async () => {
    const { code, stdout } = await drifted(['more.json', '--against', 'one.json'])
    expect(code).toBe(0)
    expect(stdout).toContain(
      'Compatible (1)\n  GET /v2/nvcf/recognized-registries  query parameter q  one.json: -; more.json: optional\n',
    )
    expect(stdout).toMatch(/0 breaking, 0 conflicts, 1 compatible\.\n$/)
  })

  test('of what breaks: exit 1', async () => {
    const { code, stdout } = await drifted(['one.json', '--against', 'more.json'])
    expect(code).toBe(1)
    expect(stdout).toContain(
      '  GET /v2/nvcf/recognized-registries  query parameter q  more.json: optional; one.json: -\n',
    )
  })

  test('of the prose on registries from the scope table: a conflict, both sources named, exit 1', async () => {
    const { code, stdout } = await drifted(['other.json'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^First: {2}release current\nSecond: other\.json \(Registries 2\)\n/)
    expect(stdout).toContain(
      'Documentation conflicts: not both can be right (1)\n  GET /v2/nvcf/recognized-registries  scopes  release current: manage_registry_credentials; other.json: manage_registries\n',
    )
  })

  test('of the same, as JSON', async () => {
    const { code, stdout } = await drifted(['other.json', '--json'])
    const result: unknown = JSON.parse(stdout)
    if (!isRecord(result)) throw new Error('no result')
    expect(code).toBe(1)
    expect(result).toMatchObject({
      first: { source: 'release current', version: 'current' },
      second: { source: 'other.json', title: 'Registries', version: '2' },
      counts: { conflict: 1 },
    })
    expect(records(result.differences).filter((one) => one.class === 'conflict')).toEqual([
      {
        class: 'conflict',
        subject: 'scopes',
        operation: 'GET /v2/nvcf/recognized-registries',
        what: 'scopes',
        first: 'manage_registry_credentials',
        second: 'manage_registries',
      },
    ])
  })

  test('of the gateway, which is asked where no document is named', async () => {
    const gateway = await startGateway({ domain: 'nvcf.example' })
    const asked = await drifted(['--gateway', gateway.url, '--domain', 'nvcf.example'])
    await gateway.close()
    const embedded = await drifted([])
    for (const { code, stdout } of [asked, embedded]) {
      expect(code).toBe(1)
      expect(stdout).toMatch(/^Second: target \(/m)
      expect(
        stdout.match(/release current: manage_registry_credentials; target: manage_registries$/gm),
      ).toHaveLength(6)
    }
  })

  test('of releases from one another', async () => {
    const { code, stdout } = await drifted(['release:initial', '--against', 'release:current'])
    expect(code).toBe(1)
    expect(stdout).toContain(
      '  POST /v1/nvct/tasks  the operation  release current: present; release initial: -\n',
    )
    const same = await drifted(['release:v0.5', '--release', 'v0.5'])
    expect(same).toEqual({
      code: 0,
      stderr: '',
      stdout: 'First:  release v0.5\nSecond: release v0.5\n\nNo difference.\n',
    })
  })

  test.each([
    { what: 'an unknown release', args: ['release:99.9'], says: '99.9', mend: 'initial' },
    {
      what: 'an unknown release to compare with',
      args: ['one.json', '--against', 'release:99.9'],
      says: '99.9',
      mend: 'initial',
    },
    {
      what: 'a document to compare with that is not there',
      args: ['one.json', '--against', 'absent.json'],
      says: 'absent.json',
      mend: 'Check the path',
    },
    { what: 'two documents', args: ['one.json', 'other.json'], says: 'drift', mend: '--help' },
  ])('that cannot be told, for $what: exit 2', async ({ args, mend, says }) => {
    const { code, stderr, stdout } = await drifted(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^error: /m)
    expect(stderr).toContain(says)
    expect(stderr).toContain(mend)
  })
})
