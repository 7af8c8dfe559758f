import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check, CheckContext, CheckResult } from '../../gonogo/checks/check.ts'
import { drillEnvironment, drillRelease, drillService } from '../../gonogo/checks/drill-situation.ts'
import { CHECKS } from '../../gonogo/checks/registry.ts'
import { tryCheck } from '../../gonogo/checks/try-drill.ts'
import type { Json } from '../../gonogo/core/json.ts'
import { kubectl } from './commands.ts'
import { kubeconfig } from './places.ts'
import { IMAGE, testImage } from './test-image.ts'

/** A namespace with the test service in it, and a service file's folder that speaks of it: what checks are run against. */
export type CheckWorld = {
  readonly namespace: string
  readonly folder: string
  /** The image by its digest; it has `node`. */
  readonly image: string
  readonly digest: string
  /** Runs a check as a deployment would, on what stands in the cluster now. */
  try(item: string, config: Json, overrides?: Partial<CheckContext>): Promise<CheckResult>
  write(path: string, text: string): Promise<void>
  kubectl(args: readonly string[]): Promise<string>
  apply(...objects: readonly object[]): Promise<string>
  /** A kubeconfig in the folder for a service account of the namespace. */
  kubeconfigOf(account: string): Promise<string>
  end(): Promise<void>
}

export type CheckWorldOptions = {
  readonly namespace: string
  /** Added to the container. */
  readonly container?: object
  /** Added to the pods' specification. */
  readonly pod?: object
  /** What the service file's target has besides. */
  readonly target?: Readonly<Record<string, Json>>
}

export async function makeCheckWorld({
  namespace,
  container = {},
  pod = {},
  target = {},
}: CheckWorldOptions): Promise<CheckWorld> {
  const digest = testImage()
  const image = `${IMAGE}@${digest}`
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-checks-'))
  const write = (path: string, text: string) => writeFile(join(folder, path), text)
  const within = (args: readonly string[]) => kubectl(['-n', namespace, ...args])
  await kubectl(['create', 'namespace', namespace])
  const objects = [serviceOf(), deploymentOf(image, container, pod)]
  await write('web.yaml', objects.map((one) => JSON.stringify(one)).join('\n---\n'))
  const applyHere = (...all: readonly object[]) =>
    kubectl(
      ['-n', namespace, 'apply', '--server-side', '--force-conflicts', '-f', '-'],
      all.map((one) => JSON.stringify(one)).join('\n---\n'),
    )
  const service = drillService({
    environments: {
      production: {
        region: 'here',
        target: {
          kind: 'kubernetes',
          kubeconfig: kubeconfig('admin'),
          namespace,
          routes: [{ name: 'web' }],
          url: 'http://web.invalid',
          replicas: 2,
          components: { web: { manifest: 'web.yaml', public: true } },
          ...target,
        },
      },
    },
  })
  await applyHere(...objects)
  return {
    namespace,
    folder,
    image,
    digest,
    write,
    kubectl: within,
    apply: applyHere,
    try: (item, config, overrides = {}) =>
      tryCheck(
        CHECKS.get(item) as unknown as Check<never>,
        config,
        { folder },
        {
          service,
          release: drillRelease({ artifact: IMAGE, digest }),
          environment: drillEnvironment(),
          ...overrides,
        },
      ),
    kubeconfigOf: (account) => writeAccount(within, write, account),
    end: async () => {
      await kubectl(['delete', 'namespace', namespace, '--wait=false'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function writeAccount(
  within: CheckWorld['kubectl'],
  write: CheckWorld['write'],
  account: string,
): Promise<string> {
  const token = (await within(['create', 'token', account])).trim()
  const admin = JSON.parse(await within(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']))
  const name = `${account}.kubeconfig`
  await write(name, JSON.stringify({ ...admin, users: [{ name: admin.users[0].name, user: { token } }] }))
  return name
}

const labels = { app: 'web' }

const serviceOf = () => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
})

const deploymentOf = (image: string, container: object, pod: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        ...pod,
        containers: [
          {
            name: 'web',
            image,
            imagePullPolicy: 'IfNotPresent',
            env: Object.entries({ PORT: '8080', HOST: '0.0.0.0', VERSION: '1.0.0' }).map(([name, value]) => ({
              name,
              value,
            })),
            readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
            resources: { requests: { cpu: '20m', memory: '64Mi' } },
            ...container,
          },
        ],
      },
    },
  },
})
