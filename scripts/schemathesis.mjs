// Runs Schemathesis, from PyPI, against the reference gateway with the bundled documents and a credential that
// opens what each describes. Needs python3 with venv and pip, and a build (npm run build). Reports server errors
// and answers that the documents do not allow; exits 1 when there are any, 2 when it could not run.
//
//   node scripts/schemathesis.mjs [document…]      SCHEMATHESIS_MAX_EXAMPLES=25, for each operation
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'

const VERSION = '4.32.5'
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
const EXAMPLES = process.env.SCHEMATHESIS_MAX_EXAMPLES ?? '25'

/** Most values are those of something that exists, the rest are made up. */
const PROBABILITY = 0.8

/**
 * The Host that serves each document, where FUNCTION and VERSION stand for a function's, and the one that serves
 * what goes straight to the function; and the release whose gateway is asked: the admin token of `initial` opens
 * whatever admits it, and tasks came later.
 */
const DOCUMENTS = {
  'api-keys.yaml': { host: 'api-keys', release: 'initial' },
  'control-plane.yaml': { host: 'api', release: 'initial' },
  'super-admin.yaml': { host: 'api', release: 'initial' },
  'invocation.yaml': { host: 'invocation', release: 'initial', direct: 'FUNCTION.invocation' },
  'direct-invocation.yaml': { host: 'VERSION.FUNCTION.invocation', release: 'initial' },
  'invocation-by-header.yaml': { host: 'invocation', release: 'initial' },
  'tasks.yaml': { host: 'tasks', release: 'current' },
  'clusters.yaml': { host: 'sis', release: 'initial' },
}

/** The services that keys are issued for: what a policy has to name to count there, and scopes. */
const FUNCTIONS = {
  issuer: 'nvidia-cloud-functions-ncp-service-id-aketm',
  product: 'nv-cloud-functions',
  type: 'account-functions',
  scopes: ['list_functions'],
}
const TASKS = {
  issuer: 'nvidia-cloud-tasks-ncp-service-id-nvcttasks',
  product: 'nv-cloud-tasks',
  type: 'account-tasks',
  scopes: [
    'launch_task',
    'list_tasks',
    'task_details',
    'cancel_task',
    'delete_task',
    'list_events',
    'list_results',
    'update_secrets',
  ],
}

const OWNERS = ['schemathesis', 'another']
const ACCOUNT = 'schemathesis'
const GPU = { gpu: 'H100', instanceType: 'NCP.GPU.H100_1x' }
const IMAGE = 'registry.example.com/echo:1'
const SECRET = { name: 'schemathesis', value: 'schemathesis' }

const only = process.argv.slice(2)
const unknown = only.filter((name) => !Object.hasOwn(DOCUMENTS, name))
if (unknown.length > 0) stop(`no such document: ${unknown}; known: ${Object.keys(DOCUMENTS)}`)

const { startGateway } = await import('../dist/fixtures/gateway/server.js').catch(() =>
  stop('there is no build: run npm run build'),
)
const folder = mkdtempSync(join(tmpdir(), 'nvcf-schemathesis-'))
const gateways = []

/** Ends what cannot be run, in words. */
function stop(why) {
  process.stderr.write(`schemathesis: ${why}\n`)
  process.exit(2)
}

/** Runs a step of the installation, or says what is missing. */
function install(command, args, missing) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(missing)
}

function installed() {
  const bin = join(folder, 'venv', 'bin')
  install('python3', ['--version'], 'python3 is missing: install Python 3.10 or newer')
  install('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')], 'python3 has no venv: install it')
  install('python3', ['-m', 'ensurepip', '--version'], 'python3 has no pip: install it (and python3-venv)')
  install(join(bin, 'python'), ['-m', 'ensurepip'], 'pip could not be set up')
  install(
    join(bin, 'python'),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`],
    `pip could not install schemathesis ${VERSION}: it needs a package index`,
  )
  return join(bin, 'schemathesis')
}

/** A client of a gateway: the body of its answer, which has to be a success. */
const client =
  (gateway) =>
  async (service, method, path, { token, body, headers = {} } = {}) => {
    const answer = await request(`${gateway.url}${path}`, {
      method,
      headers: {
        host: `${service}.${gateway.domain}`,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}`)
    return { ...(await answer.body.json()), headers: answer.headers }
  }

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()

const issue = (ask, { issuer, product, type, scopes }, owner) =>
  ask('api-keys', 'POST', '/v1/keys', {
    headers: { 'key-issuer-id': issuer, 'key-owner-id': owner },
    body: {
      description: 'schemathesis',
      expires_at: tomorrow(),
      authorizations: { policies: [{ aud: issuer, product, resources: [{ id: '*', type }], scopes }] },
    },
  })

/** Makes one of everything, and gives the values by which requests name it: parameter → values. */
async function subjects(ask, token, release) {
  const body = { name: 'echo', inferenceUrl: '/echo', containerImage: IMAGE }
  const { function: made } = await ask('api', 'POST', '/v2/nvcf/functions', { token, body })
  const { function: second } = await ask('api', 'POST', `/v2/nvcf/functions/${made.id}/versions`, {
    token,
    body,
  })
  const version = `functions/${made.id}/versions/${made.versionId}`
  const { deployment } = await ask('api', 'POST', `/v2/nvcf/deployments/${version}`, {
    token,
    body: { deploymentSpecifications: [{ ...GPU, minInstances: 1, maxInstances: 1 }] },
  })
  for (let status = ''; status !== 'ACTIVE'; ) {
    status = (await ask('api', 'GET', `/v2/nvcf/${version}`, { token })).function.status
  }
  const { telemetry } = await ask('api', 'POST', '/v2/nvcf/telemetries', {
    token,
    body: {
      endpoint: 'https://telemetry.example.com',
      protocol: 'HTTP',
      provider: 'OTEL_COLLECTOR',
      types: ['LOGS'],
      secret: SECRET,
    },
  })
  const { registryCredential } = await ask('api', 'POST', '/v2/nvcf/registry-credentials', {
    token,
    body: { registryHostname: 'registry.example.com', secret: SECRET, artifactTypes: ['CONTAINER'] },
  })
  const { clusterId } = await ask('sis', 'POST', `/v1/accounts/${ACCOUNT}/clusters`, {
    token,
    body: {
      clusterName: 'one',
      ncaId: ACCOUNT,
      clusterGroupName: 'group',
      cloudProvider: 'ON-PREM',
      nvcaVersion: '1',
      region: 'us-west-2',
      capabilities: ['DynamicGPUDiscovery'],
    },
  })
  const keys = await Promise.all(OWNERS.map((owner) => issue(ask, FUNCTIONS, owner)))
  const values = {
    'path.functionId': [made.id],
    'path.functionVersionId': [made.versionId, second.versionId],
    'path.versionId': [made.versionId],
    'path.deploymentId': [deployment.deploymentId],
    'path.gpuSpecId': [deployment.deploymentSpecifications[0].gpuSpecificationId],
    'path.telemetryId': [telemetry.telemetryId],
    'path.registryCredentialId': [registryCredential.registryCredentialId],
    'path.ncaId': [ACCOUNT],
    'path.clusterId': [clusterId],
    'path.service-id': [FUNCTIONS.issuer],
    'path.policy-name': ['apikey.allow'],
    'path.key-id': keys.map(({ id }) => id),
    // Not the one whose keys are issued: to be suspended is among what happens to it.
    'path.user-id': [OWNERS[1]],
    'header.Key-Owner-Id': [OWNERS[0]],
    'header.Key-Issuer-Id': [FUNCTIONS.issuer],
    'body.key': keys.map(({ value }) => value),
    'body.input.apiKey': keys.map(({ value }) => value),
    'body.expires_at': [tomorrow()],
    'body.ncaId': [ACCOUNT],
    'body.clusterName': ['two', 'three', 'four'],
    'body.capabilities[*]': ['DynamicGPUDiscovery'],
    'body.authorizedParty.ncaId': [ACCOUNT],
    'body.deploymentSpecifications[*].gpu': [GPU.gpu],
    'body.deploymentSpecifications[*].instanceType': [GPU.instanceType],
    'body.deploymentSpecifications[*].minInstances': [1],
    'body.deploymentSpecifications[*].maxInstances': [2],
    'body.containerImage': [IMAGE],
    'body.gpuSpecification.gpu': [GPU.gpu],
    'body.gpuSpecification.instanceType': [GPU.instanceType],
  }
  if (release === 'initial') {
    // Tokens of later releases open neither of these.
    const { headers } = await ask('invocation', 'POST', `/v2/nvcf/pexec/functions/${made.id}`, {
      token,
      body: { respondWith: 202 },
    })
    const asset = await ask('api', 'POST', '/v2/nvcf/assets', {
      token,
      body: { contentType: 'text/plain', description: 'schemathesis' },
    })
    return {
      made,
      credential: token,
      values: { ...values, 'path.requestId': [headers['nvcf-reqid']], 'path.assetId': [asset.assetId] },
    }
  }
  const { value: credential } = await issue(ask, TASKS, OWNERS[0])
  const { task } = await ask('tasks', 'POST', '/v1/nvct/tasks', {
    token: credential,
    body: { name: 'task', gpuSpecification: GPU, containerImage: IMAGE },
  })
  return { made, credential, values: { ...values, 'path.taskId': [task.id] } }
}

/** Whether the answers of a gateway of its own are those that a document allows. */
async function conforms(schemathesis, document) {
  const { host, release, direct } = DOCUMENTS[document]
  const gateway = await startGateway({ release })
  gateways.push(gateway)
  const ask = client(gateway)
  const { value: token } = await ask('api-keys', 'POST', '/v1/admin/keys')
  const { made, credential, values } = await subjects(ask, token, release)
  const served = (template) =>
    `${template.replace('VERSION', made.versionId).replace('FUNCTION', made.id)}.${gateway.domain}`
  // The credential travels in the environment: a command line is there for all to read.
  writeFileSync(
    join(folder, 'schemathesis.toml'),
    [
      '[headers]',
      `Host = "${served(host)}"`,
      `Authorization = "Bearer \${NVCF_TOKEN}"`,
      '[dictionaries]',
      ...Object.entries(values).map(([name, some]) => `"${name}" = { values = ${JSON.stringify(some)} }`),
      // What is deleted is always made up, lest all that follows meet nothing.
      '[[operations]]',
      'exclude-method = "DELETE"',
      '[operations.parameters]',
      ...Object.keys(values).map(
        (name) => `"${name}" = { dictionary = "${name}", probability = ${PROBABILITY} }`,
      ),
      ...(direct === undefined
        ? []
        : [
            '[[operations]]',
            'include-path = "/{inferencePath}"',
            `headers = { Host = "${served(direct)}", Authorization = "Bearer \${NVCF_TOKEN}" }`,
          ]),
      '',
    ].join('\n'),
  )
  process.stdout.write(`\n${document} as ${host}, release ${release}\n`)
  // The gateway lives in this process, which must not wait with its hands full.
  const child = spawn(
    schemathesis,
    [
      ...['--config-file', join(folder, 'schemathesis.toml'), 'run'],
      join(process.cwd(), 'openapi', 'documents', document),
      ...['--url', gateway.url, '--checks', CHECKS.join(','), '--max-examples', EXAMPLES],
      ...['--phases', 'examples,coverage,fuzzing', '--seed', '42', '--continue-on-failure', '--no-color'],
    ],
    {
      cwd: folder,
      env: { ...process.env, NVCF_TOKEN: credential },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const [code] = await once(child, 'close')
  return code === 0
}

try {
  const schemathesis = installed()
  const failed = []
  for (const document of only.length > 0 ? only : Object.keys(DOCUMENTS)) {
    if (!(await conforms(schemathesis, document))) failed.push(document)
  }
  process.stdout.write(failed.length > 0 ? `\nfailures in ${failed.join(', ')}\n` : '\nno failures\n')
  process.exitCode = failed.length > 0 ? 1 : 0
} catch (error) {
  process.stderr.write(`schemathesis: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 2
} finally {
  for (const gateway of gateways) await gateway.close()
  rmSync(folder, { recursive: true, force: true })
}
