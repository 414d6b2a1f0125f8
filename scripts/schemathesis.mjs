// Runs Schemathesis, from PyPI, against the reference gateway with the bundled documents and an admin token.
// Needs python3 with venv, and a build (npm run build). Reports server errors and answers that the documents
// do not allow; exits 1 when there are any.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway } from '../dist/fixtures/gateway/server.js'

const VERSION = '4.32.5'
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
const EXAMPLES = process.env.SCHEMATHESIS_MAX_EXAMPLES ?? '25'

/** Document → the Host that serves it; a function is put in the place of `FUNCTION` and `VERSION`. */
const DOCUMENTS = {
  'api-keys.yaml': 'api-keys',
  'control-plane.yaml': 'api',
  'super-admin.yaml': 'api',
  'invocation.yaml': 'invocation',
  'direct-invocation.yaml': 'VERSION.FUNCTION.invocation',
  'tasks.yaml': 'tasks',
  'clusters.yaml': 'sis',
}

const folder = mkdtempSync(join(tmpdir(), 'nvcf-schemathesis-'))
const schemathesis = join(folder, 'venv', 'bin', 'schemathesis')
// The admin token of `initial` opens everything that admits it.
const gateway = await startGateway({ release: 'initial' })

/** A request to the control plane, with the token where there is one. */
async function ask(service, method, path, token, body) {
  const { request } = await import('undici')
  const answer = await request(`${gateway.url}${path}`, {
    method,
    headers: {
      host: `${service}.${gateway.domain}`,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return answer.body.json()
}

/** A function to call, deployed. */
async function deployed(token) {
  const { function: made } = await ask('api', 'POST', '/v2/nvcf/functions', token, {
    name: 'echo',
    inferenceUrl: '/echo',
    containerImage: 'registry.example.com/echo:1',
  })
  await ask('api', 'POST', `/v2/nvcf/deployments/functions/${made.id}/versions/${made.versionId}`, token, {
    deploymentSpecifications: [
      { gpu: 'H100', instanceType: 'NCP.GPU.H100_1x', minInstances: 1, maxInstances: 1 },
    ],
  })
  return made
}

let failed = false
try {
  execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'inherit' })
  execFileSync(join(folder, 'venv', 'bin', 'pip'), ['install', '-q', `schemathesis==${VERSION}`], {
    stdio: 'inherit',
  })
  if (!existsSync(schemathesis)) throw new Error('pip installed no schemathesis')
  const { value: token } = await ask('api-keys', 'POST', '/v1/admin/keys', undefined, {})
  const { id, versionId } = await deployed(token)
  const only = process.argv.slice(2)
  for (const [document, pattern] of Object.entries(DOCUMENTS)) {
    if (only.length > 0 && !only.includes(document)) continue
    const host = pattern.replace('VERSION', versionId).replace('FUNCTION', id)
    // The token travels in the environment: a command line is there for all to read.
    writeFileSync(
      join(folder, 'schemathesis.toml'),
      `[headers]\nHost = "${host}.${gateway.domain}"\nAuthorization = "Bearer \${NVCF_TOKEN}"\n`,
    )
    process.stdout.write(`\n${document} as ${pattern}\n`)
    // The gateway lives in this process, which must not wait with its hands full.
    const child = spawn(
      schemathesis,
      [
        ...['--config-file', join(folder, 'schemathesis.toml'), 'run'],
        join(process.cwd(), 'openapi', 'documents', document),
        ...['--url', gateway.url, '--checks', CHECKS.join(','), '--max-examples', EXAMPLES],
        ...['--phases', 'examples,coverage,fuzzing', '--seed', '42', '--continue-on-failure', '--no-color'],
      ],
      { cwd: folder, env: { ...process.env, NVCF_TOKEN: token }, stdio: 'inherit' },
    )
    const [code] = await once(child, 'close')
    failed ||= code !== 0
  }
} finally {
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0
