// The place of `gonogo demo --target kubernetes`: the test cluster with a namespace for production and one for staging, a
// PostgreSQL on the node, and gonogo's own accounts. Started by the demo with a folder; it answers with one line of JSON
// when the place is there, and with another for each line that it is sent (`images`: ClawdBot's). When its input ends,
// whatever ended the demo, it takes all of it away.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startPostgres } from '../../clawdbot/testing/postgres-cluster.ts'
import { importBase } from './built-image.ts'
import { importClawdbot } from './clawdbot-image.ts'
import { down, status, up } from './cluster.ts'
import { apply, kubectl, run } from './commands.ts'
import { removeLeftovers } from './contract-world.ts'
import {
  type DemoEnvironment,
  namespaceOf,
  placeObjects,
  readerObjects,
  secretObjects,
} from './demo-objects.ts'
import { BRIDGE, CLUSTER_RANGE, NODE_ADDRESS, NODE_NAME, ROUTER_PORT } from './places.ts'
import { enforcePolicies } from './policy-enforcer.ts'

const [, , folder = ''] = process.argv
const say = (line: string): void => void process.stderr.write(`· ${line}\n`)
const answer = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

const READER = 'gonogo-demo-reader'
const REGION = 'topology.kubernetes.io/region'
/** An address of the node that no policy lets pods reach: it stands for the world outside. */
const OUTSIDE = '10.245.0.1'
const ENVIRONMENTS: Readonly<Record<string, DemoEnvironment>> = {
  production: { namespace: 'clawdbot-demo', host: null },
  staging: { namespace: 'clawdbot-demo-staging', host: 'localhost' },
}
const namespaces = Object.values(ENVIRONMENTS).map(({ namespace }) => namespace)
const ends: (() => Promise<unknown>)[] = []

async function removePlace(): Promise<void> {
  const known = (await kubectl(['get', 'namespaces', '-o', 'name'])).split('\n')
  const left = namespaces.filter((one) => known.includes(`namespace/${one}`))
  // A route that outlived its Service would answer with errors for whoever has the address next.
  for (const one of left) await kubectl(['delete', 'httproute,gateway', '--all', '-n', one])
  await kubectl(['delete', 'namespace', '--ignore-not-found', '--timeout=120s', ...namespaces])
  await kubectl(['delete', 'clusterrole,clusterrolebinding', '--ignore-not-found', READER])
}

async function makePlace(): Promise<object> {
  const wasUp = await status().then(
    ({ ready }) => ready,
    () => false,
  )
  await up(say)
  if (!wasUp) ends.push(down)
  await removeLeftovers()
  await removePlace()
  ends.push(removePlace)
  say('preparing the namespaces of production and staging, and a PostgreSQL for both')
  await kubectl(['label', 'node', NODE_NAME, '--overwrite', `${REGION}=this-machine`])
  await run('ip', ['address', 'replace', `${OUTSIDE}/32`, 'dev', BRIDGE])
  ends.push(() => run('ip', ['address', 'delete', `${OUTSIDE}/32`, 'dev', BRIDGE]))
  for (const environment of Object.values(ENVIRONMENTS)) await makeNamespace(environment)
  await apply(list(readerObjects(READER, namespaces)))
  const enforcer = enforcePolicies(ENVIRONMENTS.production?.namespace ?? '')
  ends.push(() => enforcer.stop())
  const postgres = await startPostgres({ address: NODE_ADDRESS, network: CLUSTER_RANGE })
  ends.push(() => postgres.stop())
  for (const name of Object.keys(ENVIRONMENTS)) await postgres.execute(`CREATE DATABASE ${name}`)
  databases = (name) => postgres.url(name)
  return {
    cluster: await kubectl(['get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}']),
    outside: { host: OUTSIDE, port: await listenOutside() },
    inside: { host: NODE_ADDRESS, port: Number(new URL(postgres.url()).port) },
    image: await importBase(),
    environments: Object.fromEntries(
      Object.entries(ENVIRONMENTS).map(([name, { namespace, host }]) => [
        name,
        { namespace, url: `http://${host ?? '127.0.0.1'}:${ROUTER_PORT}` },
      ]),
    ),
  }
}

let databases = (_name: string): string => ''
const list = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })

async function makeNamespace(environment: DemoEnvironment): Promise<void> {
  const { namespace } = environment
  await apply(JSON.stringify(namespaceOf(namespace)))
  await applyIn(namespace, placeObjects(environment))
  for (const account of ['gonogo', 'gonogo-backup']) {
    const token = await kubectl(['create', 'token', account, '--duration=8h', '-n', namespace])
    const admin = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']))
    const config = { ...admin, users: [{ name: admin.users[0].name, user: { token: token.trim() } }] }
    mkdirSync(join(folder, 'kubernetes'), { recursive: true })
    const file = join(folder, 'kubernetes', `${account}.${namespace}.kubeconfig`)
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  }
}

const applyIn = (namespace: string, objects: readonly object[]): Promise<string> =>
  kubectl(['apply', '--server-side', '--force-conflicts', '-n', namespace, '-f', '-'], list(objects))

/** Something that listens where pods must not come. */
async function listenOutside(): Promise<number> {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, OUTSIDE, resolve))
  ends.push(async () => server.close())
  return (server.address() as { port: number }).port
}

/** ClawdBot's images, and the Secrets that its pods mount, from what the demo has made in its folder meanwhile. */
async function makeImages(): Promise<object> {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8')
  const artifacts = join(folder, 'artifacts')
  const version = new Date().toISOString()
  mkdirSync(join(folder, 'database'), { recursive: true })
  for (const [name, { namespace }] of Object.entries(ENVIRONMENTS)) {
    writeFileSync(join(folder, 'database', name), databases(name), { mode: 0o600 })
    const secrets = {
      'clawdbot-database': { url: databases(name) },
      'clawdbot-tokens': { 'tokens.json': read('tokens', 'tokens.json') },
      'clawdbot-model': { key: read('model-keys', 'current') },
      'clawdbot-model-accepts': { 'accepted.json': read('model-keys', 'accepted.json') },
    }
    await applyIn(namespace, secretObjects(secrets, version))
  }
  const versions = readdirSync(artifacts)
  return importClawdbot(Object.fromEntries(versions.map((one) => [one, join(artifacts, one)])))
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
// Ctrl-C is the demo's to answer.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
try {
  answer(await makePlace())
  for (let line = await lines.next(); !line.done; line = await lines.next())
    if (line.value === 'images') answer(await makeImages())
} catch (error) {
  process.stderr.write(`the demo's cluster: ${(error as Error).message}\n`)
  process.exitCode = 3
} finally {
  for (const end of ends.reverse()) await end().catch((error: Error) => say(error.message))
}
process.exit()
