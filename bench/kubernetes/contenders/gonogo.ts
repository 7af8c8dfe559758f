import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DeploymentEvent } from '../../../gonogo/core/events.ts'
import { makeDemoKey } from '../../../gonogo/evidence/signatures.ts'
import { mustDo } from '../../../gonogo/targets/contract/world.ts'
import { openTarget } from '../../../gonogo/targets/open-target.ts'
import { kubeconfig, ROUTER_PORT } from '../../../testing/kubernetes/places.ts'
import { applyAll, CANARY, containerSpec, IMAGE, type Place, REPLICAS, routeOf, STABLE } from '../place.ts'
import { PROMETHEUS_URL } from '../prometheus.ts'
import { type Behaviour, GOOD } from '../scenarios.ts'
import type { Contender, Decision, Options } from './contender.ts'

const PROCESS = fileURLToPath(new URL('../deploying/main.ts', import.meta.url))
const CHECKLIST = fileURLToPath(new URL('../../../testing/crash/small-checklist.yaml', import.meta.url))
const PEOPLE = { ada: 'deployment-lead', cy: 'security-lead', eve: 'engineering-lead', bo: 'sre-on-call' }
const LIMIT_MS = 480_000
/** A hold that ends by itself before is none: nobody had to be asked. */
const HELD_MS = 90_000
const ENDING_MS = 20_000
const MISSING = `sha256:${'1'.repeat(64)}`

/**
 * `policy.rollback` is the default; only the waits are shorter than anybody's, as they are for the rivals. At its fastest
 * a step ends as soon as its evidence is there.
 */
export const gonogo: Contender = {
  name: 'gonogo',
  limitMs: { documented: LIMIT_MS, fastest: LIMIT_MS },
  build: async () => undefined,
  prepare: async () => undefined,
  open: async (place, options) => {
    const root = mkdtempSync(join(tmpdir(), 'gonogo-bench-deploy-'))
    const environment = await writeService(root, place, options)
    await applyAll([routeOf(place, [{ name: 'web', port: 80 }])])
    await deployStable(root, environment, place)
    const { promise: decided, resolve: decide } = Promise.withResolvers<Decision>()
    let ended: Promise<void> = Promise.resolve()
    let end = () => {}
    return {
      decided,
      deploy: async (behaviour) => {
        writeRelease(root, place, CANARY, behaviour)
        const child = spawn(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', PROCESS, root, CANARY],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        end = () => void child.kill('SIGTERM')
        ended = new Promise((resolve) => child.once('exit', () => resolve()))
        let holding: NodeJS.Timeout | undefined
        createInterface({ input: child.stdout }).on('line', (line) => {
          appendFileSync(place.logFile, `${line}\n`)
          const decision = decisionIn(JSON.parse(line))
          if (decision?.outcome === 'held') holding = setTimeout(() => decide(decision), HELD_MS)
          else if (decision) decide(decision)
          if (isReleased(line)) clearTimeout(holding)
        })
      },
      close: async () => {
        const giveUp = setTimeout(end, ENDING_MS)
        await ended
        clearTimeout(giveUp)
        rmSync(root, { recursive: true, force: true })
      },
    }
  },
}

const isReleased = (line: string): boolean => JSON.parse(line).event.type === 'released'

function decisionIn({ at, event }: { at: number; event: DeploymentEvent }): Decision | null {
  if (event.type === 'rollbackDecided') return { outcome: 'rolled back', atMs: at, reason: event.reason }
  if (event.type === 'held') return { outcome: 'held', atMs: at, reason: event.reason }
  if (event.type === 'closed' && event.status.startsWith('success'))
    return { outcome: 'promoted', atMs: at, reason: event.status }
  return null
}

async function writeService(root: string, place: Place, options: Options) {
  mkdirSync(join(root, 'keys'))
  mkdirSync(join(root, 'releases'))
  writeFileSync(join(root, 'web.yaml'), manifest(place))
  const people = Object.fromEntries(
    Object.entries(PEOPLE).map(([id, role]) => {
      const { publicKeyLine, privateKeyPem } = makeDemoKey(id)
      writeFileSync(join(root, 'keys', `${id}.pem`), privateKeyPem)
      return [id, { name: id, contact: `${id}@bench.example`, roles: [role], keys: [publicKeyLine] }]
    }),
  )
  const target = {
    kind: 'kubernetes' as const,
    kubeconfig: kubeconfig('admin'),
    namespace: place.namespace,
    routes: [{ kind: 'HTTPRoute' as const, name: 'web' }],
    url: `http://127.0.0.1:${ROUTER_PORT}`,
    router: { kind: 'traefik' as const, metrics: 'http://127.0.0.1:8081/metrics' },
    components: { web: { manifest: 'web.yaml', public: true } },
  }
  const labels = { job: 'pods' }
  const metrics = options.needsPrometheus
    ? { metrics: { source: 'prometheus', url: PROMETHEUS_URL, scrapeInterval: '1s', labels } }
    : {}
  const service = {
    gonogo: 1,
    service: 'web',
    checklist: CHECKLIST,
    environments: { production: { target, ...metrics } },
    people,
    policy: {
      steps: [
        { weight: options.firstWeight, wait: '40s' },
        ...(options.firstWeight < 50 ? [{ weight: 50, wait: '20s' }] : []),
        { weight: 100, wait: '10s' },
      ],
      watch: '5s',
      firstHour: '2s',
      ...(options.setting === 'fastest' ? { rollback: { earlyProceed: true } } : {}),
    },
  }
  writeFileSync(join(root, 'gonogo.yaml'), JSON.stringify(service))
  return { target }
}

/** The pods that everybody deploys, with what the release's configuration says of them. */
function manifest(place: Place): string {
  const labels = { app: 'web' }
  const told = (name: string, key: string) => ({
    name,
    valueFrom: { configMapKeyRef: { name: '${config}', key } },
  })
  const spec = containerSpec('${image}', [
    { name: 'VERSION', value: '${version}' },
    { name: 'UPSTREAM', value: place.upstreamUrl },
    told('ERRORS', 'errors'),
    told('DELAY_MS', 'delayMs'),
    told('CRASH', 'crash'),
  ])
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
  }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
  return `${JSON.stringify(service)}\n---\n${JSON.stringify(deployment)}\n`
}

function configOf({ errors, delayMs, crash }: Behaviour) {
  return { errors: String(errors), delayMs: String(delayMs), crash: crash ? 'yes' : 'no' }
}

function writeRelease(root: string, place: Place, version: string, behaviour: Behaviour): void {
  const release = {
    release: 1,
    version,
    commit: 'c'.repeat(40),
    type: 'feature',
    risk: 'low',
    strategy: 'canary',
    components: ['gateway'],
    window: { start: '2020-01-01T00:00:00Z', end: '2040-01-01T00:00:00Z', timeZone: 'Etc/UTC' },
    artifact: behaviour.noImage ? `${IMAGE}-none@${MISSING}` : `${IMAGE}@${place.digest}`,
    digest: behaviour.noImage ? MISSING : place.digest,
    config: configOf(behaviour),
  }
  writeFileSync(join(root, 'releases', `${version}.yaml`), JSON.stringify(release))
}

async function deployStable(
  root: string,
  environment: Awaited<ReturnType<typeof writeService>>,
  place: Place,
): Promise<void> {
  writeRelease(root, place, STABLE, GOOD)
  const folder = join(root, '.gonogo/environments/production')
  const target = await openTarget('production', environment, folder, root)
  try {
    const { digest } = place
    const artifact = `${IMAGE}@${digest}`
    const workload = { version: STABLE, artifact, digest, replicas: REPLICAS, config: configOf(GOOD) }
    await mustDo(target.deploy(workload, 'first'))
    await mustDo(target.setWeights({ [STABLE]: 100 }, 'first-weight'))
    await mustDo(target.promote(STABLE, 'first-stable'))
  } finally {
    await target.close?.()
  }
}
