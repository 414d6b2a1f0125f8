/** The examples are valid, and what they would run runs: on loopback, in a scratch folder, with the same commands. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validateWorkflow } from '@action-validator/core'
import { Job } from 'kubernetes-models/batch/v1'
import { ConfigMap } from 'kubernetes-models/v1'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask, filesUnder, nvcf, readRecord, remaining, scratch } from '../cli/testing.js'
import { type RunningGateway, startGateway } from '../fixtures/gateway/server.js'
import { isRecord, type JsonRecord, records, replaceAt, select, strings, text } from '../openapi/json.js'
import { parseForeign } from '../openapi/yaml.js'
import manifest from '../package.json' with { type: 'json' }

const example = (name: string): string =>
  readFileSync(new URL(`../examples/${name}`, import.meta.url), 'utf8')

const dist = fileURLToPath(new URL('../dist', import.meta.url))

const REMOVE = 'DELETE /v2/nvcf/functions/{functionId}/versions/{functionVersionId}'
/** What keeps a run short; everything else is as the examples say. */
const NARROW = { NVCF_CONFORMANCE_CHECK: 'scope-denies', NVCF_CONFORMANCE_OPERATION: REMOVE }

async function started(...faults: readonly string[]): Promise<RunningGateway & { readonly token: string }> {
  const gateway = await startGateway({ faults })
  onTestFinished(async () => {
    expect(remaining(gateway.census())).toEqual({})
    await gateway.close()
  })
  const token = text((await ask(gateway.url, 'api-keys', 'POST /v1/admin/keys')).value) ?? ''
  return { ...gateway, token }
}

const mapping = (value: unknown): JsonRecord => {
  if (!isRecord(value)) throw new TypeError('it is no mapping')
  return value
}

describe('the workflow for GitHub Actions', () => {
  const source = example('github-actions.yml')
  const workflow = mapping(parseForeign(source, 'github-actions.yml'))
  const job = mapping(select(workflow, '/jobs/staging')[0])
  const steps = records(job.steps)

  test('is valid', () => {
    expect(validateWorkflow(source)).toEqual({ actionType: 'workflow', errors: [] })
    expect(validateWorkflow(source.replace('timeout-minutes', 'timeout')).errors).not.toEqual([])
    expect(validateWorkflow(source.replace('cron:', 'daily:')).errors).not.toEqual([])
  })

  test('runs at night and by hand, alone, not for ever, and may only read', () => {
    expect(Object.keys(mapping(workflow.on))).toEqual(['schedule', 'workflow_dispatch'])
    expect(workflow.permissions).toEqual({ contents: 'read' })
    expect(job.permissions).toBeUndefined()
    expect(workflow.concurrency).toMatchObject({ group: expect.any(String) })
    expect(job['timeout-minutes']).toBeGreaterThan(5)
  })

  test('uses actions of a known version, as it does Node', () => {
    const used = steps.flatMap(({ uses }) => text(uses) ?? [])
    expect(used.length).toBeGreaterThan(3)
    for (const action of used) expect(action).toMatch(/^actions\/[\w/-]+@v\d+\.\d+\.\d+$/)
    expect(select(job, '/steps/1/with/node-version')[0]).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('gives secrets to the environment of the run alone', () => {
    const lines = source.split('\n').filter((line) => line.includes('secrets.'))
    expect(lines).toEqual([expect.stringMatching(/^ +NVCF_TOKEN: \$\{\{ secrets\.NVCF_TOKEN \}\}$/)])
    for (const { run } of steps) expect(run ?? '').not.toContain('${{')
  })

  /** What a runner gives a job. */
  interface Runner {
    readonly vars: Readonly<Record<string, string>>
    readonly secrets: Readonly<Record<string, string>>
    readonly keepAsBaseline: boolean
    /** What caches keep from one night to the next. */
    readonly cache: string
  }

  /** A condition of a step, given whether all before it succeeded. */
  const CONDITIONS: Readonly<Record<string, (succeeded: boolean, runner: Runner) => boolean>> = {
    '': (succeeded) => succeeded,
    'always()': () => true,
    'always() && inputs.keep-as-baseline': (_, { keepAsBaseline }) => keepAsBaseline,
  }

  const copied = (from: string, to: string) => {
    if (existsSync(from)) cpSync(from, to, { recursive: true })
  }

  /** In the place of actions: what they do with the files of the job. */
  const ACTIONS: Readonly<Record<string, (cwd: string, path: string, runner: Runner) => void>> = {
    'actions/checkout': (cwd) => symlinkSync(dist, join(cwd, 'dist')),
    'actions/setup-node': () => undefined,
    'actions/cache/restore': (cwd, path, { cache }) => copied(join(cache, path), join(cwd, path)),
    'actions/cache/save': (cwd, path, { cache }) => copied(join(cwd, path), join(cache, path)),
    'actions/upload-artifact': (cwd, path) => copied(join(cwd, path), join(cwd, '..', 'artifacts')),
  }

  interface Outcome {
    readonly code: number
    readonly said: string
  }

  function bash(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
    // As a runner calls it where no shell is named.
    const child = spawn('bash', ['-e', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
      })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ code: code ?? -1, said }))
    })
  }

  const filledIn = (template: unknown, { secrets, vars }: Runner): string =>
    String(template).replaceAll(
      /\$\{\{ (vars|secrets)\.(\w+) \}\}/g,
      (_, kind: string, name: string) => (kind === 'vars' ? vars : secrets)[name] ?? '',
    )

  /** Plays the job; npm alone is a stand-in, for what it would install is there. */
  async function night(runner: Runner) {
    const home = scratch()
    const cwd = join(home, 'work')
    mkdirSync(cwd)
    mkdirSync(join(home, 'bin'))
    writeFileSync(join(home, 'bin', 'npm'), `#!/bin/sh\necho "npm $*" >> '${home}/npm.log'\n`, {
      mode: 0o755,
    })
    const summary = join(home, 'summary.md')
    writeFileSync(summary, '')
    const outcomes = new Map<string, Outcome>()
    let succeeded = true
    for (const step of steps) {
      const isDue = CONDITIONS[text(step.if) ?? '']
      if (isDue === undefined) throw new Error(`no such condition is played: ${step.if}`)
      if (!isDue(succeeded, runner)) continue
      const [action = ''] = (text(step.uses) ?? '').split('@')
      if (action !== '') {
        ACTIONS[action]?.(cwd, text(select(step, '/with/path')[0]) ?? '', runner)
        expect(Object.keys(ACTIONS)).toContain(action)
        continue
      }
      const own = Object.entries(isRecord(step.env) ? step.env : {}).map(([name, value]) => [
        name,
        filledIn(value, runner),
      ])
      const outcome = await bash(text(step.run) ?? '', cwd, {
        PATH: `${join(home, 'bin')}:${process.env.PATH}`,
        GITHUB_STEP_SUMMARY: summary,
        ...NARROW,
        ...Object.fromEntries(own),
      })
      outcomes.set(text(step.name) ?? '', outcome)
      succeeded &&= outcome.code === 0
    }
    return {
      succeeded,
      outcomes,
      cwd,
      summary: readFileSync(summary, 'utf8'),
      artifacts: join(home, 'artifacts'),
      home,
    }
  }

  test('fails with the findings of a first night, keeps its reports, and is told only what is new in the next', async () => {
    const gateway = await started('one-cell-over-grant')
    const runner: Runner = {
      vars: { NVCF_GATEWAY: gateway.url },
      secrets: { NVCF_TOKEN: gateway.token },
      keepAsBaseline: true,
      cache: scratch(),
    }
    const first = await night(runner)
    const run = first.outcomes.get('Run')
    expect({ code: run?.code, succeeded: first.succeeded }, run?.said).toEqual({ code: 1, succeeded: false })
    expect(readFileSync(join(first.home, 'npm.log'), 'utf8')).toBe('npm ci\n')
    expect(first.summary).toContain('nonconformant')
    expect(filesUnder(first.artifacts)).toEqual(
      expect.arrayContaining(['junit.xml', 'record.json', 'report.html', 'summary.md']),
    )
    expect(readRecord(first.artifacts).json.target).toMatchObject({ gateway: gateway.url, embedded: false })
    expect(run?.said).not.toContain(gateway.token)

    const next = await night({ ...runner, keepAsBaseline: false })
    const again = next.outcomes.get('Run')
    expect({ code: again?.code, succeeded: next.succeeded }, again?.said).toEqual({
      code: 0,
      succeeded: true,
    })
    const { json } = readRecord(next.artifacts)
    expect(json).toMatchObject({
      verdict: 'nonconformant',
      baseline: { run: readRecord(first.artifacts).run.id },
    })
    expect([...next.outcomes.keys()]).toEqual(['Install and build', 'Run', 'Show the summary'])
  })

  test('does not take the embedded gateway for staging where no gateway is named', async () => {
    const { artifacts, outcomes, succeeded, summary } = await night({
      ...{ vars: {}, secrets: {}, keepAsBaseline: false, cache: scratch() },
    })
    expect(succeeded).toBe(false)
    expect(outcomes.get('Run')?.said).toContain('Set the variable NVCF_GATEWAY')
    expect(outcomes.get('Show the summary')?.code).toBe(0)
    expect({ summary, files: filesUnder(artifacts) }).toEqual({ summary: '', files: [] })
  })
})

describe('the Kubernetes Job', () => {
  const source = example('kubernetes-job.yaml')
  const documents = source.split(/^---$/m).map((part) => mapping(parseForeign(part, 'kubernetes-job.yaml')))
  const find = (kind: string): JsonRecord => mapping(documents.find((one) => one.kind === kind))
  const [config, job] = [find('ConfigMap'), find('Job')]
  const pod = mapping(select(job, '/spec/template/spec')[0])
  const container = mapping(records(pod.containers)[0])

  test('is valid, as is its ConfigMap', () => {
    expect(documents).toHaveLength(2)
    const validated = (document: JsonRecord): string => {
      if (Job.is(document)) new Job(document).validate()
      else if (ConfigMap.is(document)) new ConfigMap(document).validate()
      else return 'of no kind that is expected'
      return 'valid'
    }
    expect(documents.map(validated)).toEqual(['valid', 'valid'])
    expect(validated({ ...job, apiVersion: 'batch/v0' })).toBe('of no kind that is expected')
    const wrongly = (pointer: string, value: unknown) => mapping(replaceAt(job, pointer, value))
    expect(() => validated(wrongly('/spec/backoffLimit', 'none'))).toThrow('backoffLimit')
    expect(() => validated(wrongly('/spec/template/spec/containers/0/name', undefined))).toThrow('name')
    expect(() => validated({ ...config, data: { 'nvcf-conformance.yaml': 1 } })).toThrow('data')
  })

  test('is tried once, ends in time, and has the time to clean up', () => {
    expect(job.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 3600 })
    expect(pod).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false })
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(120)
    expect(container.resources).toMatchObject({ requests: { memory: '512Mi' }, limits: { memory: '1Gi' } })
  })

  test('runs as nobody, on a file system that it cannot write but for the reports', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    const volumes = new Map(records(pod.volumes).map((volume) => [volume.name, volume]))
    const writable = records(container.volumeMounts).filter(({ readOnly }) => readOnly !== true)
    expect(writable.map(({ mountPath }) => mountPath)).toEqual(['/reports'])
    expect(volumes.get(writable[0]?.name)).toHaveProperty('emptyDir')
    expect(volumes.get('config')).toMatchObject({ configMap: { name: mapping(config.metadata).name } })
  })

  test('holds no secret, but the name of one', () => {
    for (const entry of records(container.env))
      expect(entry).toEqual({
        name: 'NVCF_TOKEN',
        valueFrom: { secretKeyRef: { name: 'nvcf-conformance', key: 'token' } },
      })
    expect(records(container.env)).toHaveLength(1)
    expect(JSON.stringify(config.data)).not.toMatch(/token|password/i)
  })

  test('runs with its own arguments and settings', async () => {
    const gateway = await started()
    const root = scratch()
    const inside = (path: string): string => join(root, path)
    for (const { mountPath } of records(container.volumeMounts))
      mkdirSync(inside(text(mountPath) ?? ''), { recursive: true })
    for (const [file, content] of Object.entries(mapping(config.data)))
      writeFileSync(join(inside('/etc/nvcf-conformance'), file), String(content))
    const args = strings(container.args).map((arg) => (arg.startsWith('/') ? inside(arg) : arg))
    const { code, stderr } = await nvcf(args, {
      cwd: scratch(),
      env: { ...NARROW, NVCF_CONFORMANCE_GATEWAY: gateway.url, NVCF_TOKEN: gateway.token },
    })
    expect(code, stderr).toBe(0)
    const { json } = readRecord(inside('/reports'))
    const sheet = parseForeign(String(mapping(config.data)['nvcf-product.yaml']), 'the sheet')
    expect(json.target).toMatchObject({ gateway: gateway.url, domain: 'nvcf.example', product: sheet })
    expect(filesUnder(root).filter((file) => !file.startsWith('reports/'))).toEqual([
      'etc/nvcf-conformance/nvcf-conformance.yaml',
      'etc/nvcf-conformance/nvcf-product.yaml',
    ])
  })

  describe('in the image', () => {
    const instructions = example('Dockerfile')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const)
    const of = (wanted: string): string[] =>
      instructions.flatMap(([name, rest]) => (name === wanted ? [rest] : []))

    test('is the user that the image has, and no other', () => {
      const { runAsGroup, runAsUser } = mapping(pod.securityContext)
      expect(of('USER')).toEqual([`${runAsUser}:${runAsGroup}`])
      expect(runAsUser).toBeGreaterThan(0)
    })

    test('is the program of the package', () => {
      const [program] = Object.keys(manifest.bin)
      expect(of('ENTRYPOINT')).toEqual([JSON.stringify([program])])
      expect(of('RUN').at(-1)).toContain(
        `ln -s /suite/${manifest.bin['nvcf-conformance']} /usr/local/bin/${program}`,
      )
      const copied = of('COPY')
        .filter((line) => line.startsWith('--from=build'))
        .join(' ')
      for (const file of ['package.json', 'node_modules', ...manifest.files])
        expect(copied).toContain(`/suite/${file}`)
    })

    test('is installed from the lock file, on the Node of the workflow', () => {
      expect(of('RUN')[0]).toMatch(/^npm ci && npm ci --omit=dev --ignore-scripts$/)
      const node = /node-version: (\S+)/.exec(example('github-actions.yml'))?.[1]
      expect(of('FROM')).toEqual([`node:${node}-bookworm AS build`, `node:${node}-bookworm-slim`])
    })
  })
})
