import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { buildBinaries, gatewayDefinitions } from './binaries.ts'
import { apply, ctr, kubectl, run } from './commands.ts'
import { makeCredentials, pki } from './credentials.ts'
import { daemons, isRunning, startDaemon, stopDaemon, waitFor } from './daemons.ts'
import { importPause } from './images.ts'
import { removeCgroups, removeFiles, removeNetwork } from './leftovers.ts'
import { kubeletArguments, makeBridge, writeSettings } from './node.ts'
import {
  API_PORT,
  binary,
  CLUSTER_DOMAIN,
  CLUSTER_RANGE,
  ETCD_PORT,
  GIVEN,
  HOME,
  inHome,
  kubeconfig,
  NODE_ADDRESS,
  ROUTER_PORTS,
  SERVICE_RANGE,
} from './places.ts'

type Say = (line: string) => void

/** A Kubernetes of one node as processes of this machine, with a router for Gateway API routes. Idempotent. */
export async function up(say: Say): Promise<void> {
  refuseGiven()
  if (process.getuid?.() !== 0 || process.platform !== 'linux')
    throw new Error(
      'a cluster needs root on Linux; give another one by GONOGO_CLUSTER instead (docs/kubernetes.md)',
    )
  await buildBinaries(say)
  mkdirSync(HOME, { recursive: true })
  await makeCredentials()
  await makeBridge()
  writeSettings()
  say('starting etcd and the API server')
  await startControlPlane()
  say('starting containerd and the kubelet')
  await startNode()
  say('starting the router and the name server')
  await startNameServer()
  await startRouter()
}

/** Whoever gives a cluster keeps it: nothing of it is started, ended or written over. */
function refuseGiven(): void {
  if (GIVEN) throw new Error('GONOGO_CLUSTER gives a cluster; unset it for one on this machine')
}

async function startControlPlane(): Promise<void> {
  const etcd = `http://127.0.0.1:${ETCD_PORT}`
  startDaemon('etcd', 'etcd', [
    `--data-dir=${inHome('etcd')}`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    '--listen-peer-urls=http://127.0.0.1:2380',
  ])
  startDaemon('kube-apiserver', binary('kube-apiserver'), [
    `--etcd-servers=${etcd}`,
    `--service-cluster-ip-range=${SERVICE_RANGE}`,
    `--secure-port=${API_PORT}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${NODE_ADDRESS}`,
    `--tls-cert-file=${pki('server.crt')}`,
    `--tls-private-key-file=${pki('server.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--service-account-key-file=${pki('accounts.pub')}`,
    `--service-account-signing-key-file=${pki('accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--authorization-mode=Node,RBAC',
    `--kubelet-client-certificate=${pki('admin.crt')}`,
    `--kubelet-client-key=${pki('admin.key')}`,
    // The node's name is known to no name server.
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
  ])
  await waitFor(
    'the API',
    'kube-apiserver',
    async () => (await kubectl(['get', '--raw', '/readyz'])) === 'ok',
  )
  startControllers()
  startDaemon('kube-scheduler', binary('kube-scheduler'), [
    `--kubeconfig=${kubeconfig('scheduler')}`,
    '--leader-elect=false',
  ])
}

/** Also with other arguments than all other tests need. */
export function startControllers(more: readonly string[] = []): void {
  startDaemon('kube-controller-manager', binary('kube-controller-manager'), [
    `--kubeconfig=${kubeconfig('controller-manager')}`,
    `--service-account-private-key-file=${pki('accounts.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
    '--use-service-account-credentials',
    // A node that an API which was away has not heard of is not gone.
    '--node-monitor-grace-period=120s',
    '--leader-elect=false',
    `--cluster-cidr=${CLUSTER_RANGE}`,
    ...more,
  ])
}

async function startNode(): Promise<void> {
  startDaemon('containerd', 'containerd', ['--config', inHome('containerd.toml')])
  await waitFor('containerd', 'containerd', async () => (await ctr(['version'])).includes('Server'))
  if (!(await ctr(['images', 'ls', '-q'])).includes('pause')) await importPause()
  startDaemon('kubelet', binary('kubelet'), kubeletArguments())
  startDaemon('kube-proxy', binary('kube-proxy'), [`--config=${inHome('proxy.yaml')}`])
  await waitFor('the node', 'kubelet', async () => (await readyNodes()).includes('True'))
}

const readyNodes = (): Promise<string> =>
  kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'])

/** Names of the cluster's own zone, and of no other: what a pod asks beyond it is not there. */
const COREFILE = `${CLUSTER_DOMAIN}:53 {
    bind ${NODE_ADDRESS}
    errors
    ready 127.0.0.1:8181
    kubernetes ${CLUSTER_DOMAIN} {
        kubeconfig ${kubeconfig('admin')}
        ttl 1
    }
}
.:53 {
    bind ${NODE_ADDRESS}
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`

async function startNameServer(): Promise<void> {
  writeFileSync(inHome('Corefile'), COREFILE)
  startDaemon('coredns', binary('coredns'), ['-conf', inHome('Corefile')])
  const isReady = async () => (await fetch('http://127.0.0.1:8181/ready')).ok
  await waitFor('the name server', 'coredns', isReady)
}

/** Also with more arguments than the tests need. */
export async function startRouter(more: readonly string[] = []): Promise<void> {
  const folder = await gatewayDefinitions()
  const files = readdirSync(folder).filter((name) => /^gateway.*\.yaml$/.test(name))
  for (const name of files) await kubectl(['apply', '--server-side', '-f', join(folder, name)])
  await apply(GATEWAY_CLASS)
  startDaemon(
    'traefik',
    binary('traefik'),
    [
      ...ROUTER_PORTS.map((port) => `--entryPoints.web-${port}.address=127.0.0.1:${port}`),
      '--providers.kubernetesGateway=true',
      '--providers.kubernetesGateway.throttleDuration=0s',
      '--providers.providersThrottleDuration=0s',
      '--ping=true',
      '--entryPoints.traefik.address=127.0.0.1:8081',
      '--metrics.prometheus=true',
      // Each less than ∛3 times the one before, so that three times a p95 can be told from it.
      '--metrics.prometheus.buckets=0.004,0.0055,0.0075,0.01,0.014,0.02,0.028,0.04,0.055,0.075,0.1,0.14,0.2,0.28,0.4,0.5,0.7,1,1.4,2,2.8,4,5.6,8,10',
      ...more,
    ],
    { KUBECONFIG: kubeconfig('admin') },
  )
  await waitFor('the router', 'traefik', async () => (await fetch('http://127.0.0.1:8081/ping')).ok)
}

const GATEWAY_CLASS = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: traefik }
spec: { controllerName: traefik.io/gateway-controller }
`

/** Ends every process and container of the cluster, and takes away its network, mounts and files. */
export async function down(): Promise<void> {
  refuseGiven()
  await stopDaemon('kubelet')
  await stopDaemon('traefik')
  if (isRunning('containerd')) await endContainers()
  if (isRunning('kube-proxy')) {
    await stopDaemon('kube-proxy')
    await run(binary('kube-proxy'), ['--cleanup'])
  }
  for (const name of daemons()) await stopDaemon(name)
  await removeNetwork()
  removeCgroups()
  await removeFiles()
}

async function endContainers(): Promise<void> {
  const ids = (await ctr(['tasks', 'ls', '-q'])).split('\n').filter(Boolean)
  await Promise.all(ids.map((id) => ctr(['tasks', 'kill', '--signal', 'SIGKILL', id]).catch(() => '')))
  await wait(ids.length > 0 ? 500 : 0)
  await Promise.all(ids.map((id) => ctr(['tasks', 'delete', '--force', id]).catch(() => '')))
}

/** Each part with whether it runs, and the node with whether it is ready. */
export async function status(): Promise<{
  readonly parts: Readonly<Record<string, boolean>>
  readonly ready: boolean
}> {
  const parts = Object.fromEntries(daemons().map((name) => [name, isRunning(name)]))
  const isReady = await readyNodes().then(
    (text) => text.includes('True'),
    () => false,
  )
  return { parts, ready: isReady && Object.values(parts).every(Boolean) }
}
