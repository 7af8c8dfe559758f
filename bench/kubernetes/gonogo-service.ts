import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mustDo } from '../../gonogo/targets/contract/world.ts'
import { openTarget } from '../../gonogo/targets/open-target.ts'
import { makeRelease, makeTeam } from '../../testing/crash/team.ts'
import { kubeconfig, ROUTER_PORT } from '../../testing/kubernetes/places.ts'
import { applyAll, containerSpec, IMAGE, type Place, routeOf, STABLE } from './place.ts'
import { type Behaviour, GOOD } from './scenarios.ts'

const CHECKLIST = fileURLToPath(new URL('../../testing/crash/small-checklist.yaml', import.meta.url))
const MISSING = `sha256:${'1'.repeat(64)}`

export type ServiceOptions = {
  readonly replicas: number
  readonly policy: object
  /** Where the router tells its counters. */
  readonly routerMetrics: string
  /** The environment's `metrics`, where it is not the router. */
  readonly metrics?: object
  /** What else a pod's specification says. */
  readonly pod?: object
}

/** A folder with a service file, keys and releases, and its stable version in the place, all traffic on it. */
export async function makeService(root: string, place: Place, options: ServiceOptions): Promise<void> {
  writeFileSync(join(root, 'web.yaml'), manifest(place, options.pod))
  const target = {
    kind: 'kubernetes',
    kubeconfig: kubeconfig('admin'),
    namespace: place.namespace,
    routes: [{ kind: 'HTTPRoute', name: 'web' }],
    url: `http://127.0.0.1:${ROUTER_PORT}`,
    router: { kind: 'traefik', metrics: options.routerMetrics },
    replicas: options.replicas,
    components: { web: { manifest: 'web.yaml', public: true } },
  }
  const metrics = options.metrics ? { metrics: options.metrics } : {}
  const service = {
    gonogo: 1,
    service: 'web',
    checklist: CHECKLIST,
    environments: { production: { target, ...metrics } },
    people: makeTeam(root),
    policy: options.policy,
  }
  writeFileSync(join(root, 'gonogo.yaml'), JSON.stringify(service))
  writeRelease(root, place, STABLE, GOOD)
  await applyAll([routeOf(place, [{ name: 'web', port: 80 }])])
  await deployStable(root, { target }, place, options.replicas)
}

/** The pods that everybody deploys, with what the release's configuration says of them. */
function manifest(place: Place, pod: object = {}): string {
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
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...spec, ...pod } },
    },
  }
  return `${JSON.stringify(service)}\n---\n${JSON.stringify(deployment)}\n`
}

const configOf = ({ errors, delayMs, crash }: Behaviour) => ({
  errors: String(errors),
  delayMs: String(delayMs),
  crash: crash ? 'yes' : 'no',
})

export function writeRelease(root: string, place: Place, version: string, behaviour: Behaviour): void {
  const [image, digest] = behaviour.noImage ? [`${IMAGE}-none`, MISSING] : [IMAGE, place.digest]
  makeRelease(root, version, { artifact: `${image}@${digest}`, digest, config: configOf(behaviour) })
}

async function deployStable(
  root: string,
  environment: Parameters<typeof openTarget>[1],
  place: Place,
  replicas: number,
): Promise<void> {
  const folder = join(root, '.gonogo/environments/production')
  const target = await openTarget('production', environment, folder, root)
  try {
    const { digest } = place
    const artifact = `${IMAGE}@${digest}`
    const workload = { version: STABLE, artifact, digest, replicas, config: configOf(GOOD) }
    await mustDo(target.deploy(workload, 'first'))
    await mustDo(target.setWeights({ [STABLE]: 100 }, 'first-weight'))
    await mustDo(target.promote(STABLE, 'first-stable'))
  } finally {
    await target.close?.()
  }
}
