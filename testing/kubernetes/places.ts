import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readGivenCluster } from './given-cluster.ts'

/** Somebody else's cluster, by the file that GONOGO_CLUSTER names; null where the tests start one of their own. */
export const GIVEN = readGivenCluster(process.env.GONOGO_CLUSTER)

/** Sources of what is built: Go modules of our own that pin others. */
export const MODULES = fileURLToPath(new URL('./modules', import.meta.url))
/** Built binaries, by version; kept between clusters and between checkouts. */
export const CACHE = process.env.GONOGO_CLUSTER_CACHE ?? join(homedir(), '.cache', 'gonogo-cluster')
/** All that one cluster writes; gone when it is down. */
export const HOME = process.env.GONOGO_CLUSTER_HOME ?? '/var/tmp/gonogo-cluster'

export const KUBERNETES_VERSION = '1.34.4'
export const TRAEFIK_VERSION = '3.7.9'
export const COREDNS_VERSION = '1.14.1'
export const GATEWAY_API = 'sigs.k8s.io/gateway-api@v1.5.1'

export const BRIDGE = 'cni-gonogo'
export const NODE_NAME = 'node1'
/** The node on the bridge: pods reach the API server and the kubelet there. */
export const NODE_ADDRESS = '10.244.0.1'
export const POD_RANGE = '10.244.0.0/24'
export const CLUSTER_RANGE = '10.244.0.0/16'
export const SERVICE_RANGE = '10.96.0.0/16'
export const CLUSTER_DOMAIN = 'cluster.local'
export const API_SERVICE = '10.96.0.1'
export const API_PORT = 6443
/** Where users reach the routes, on 127.0.0.1. */
export const ROUTER_PORT = 8000
export const ROUTER_PORTS = [ROUTER_PORT, 8001]
/** What runs side by side has one each. */
export const ROUTER_URLS = GIVEN?.routes ?? ROUTER_PORTS.map((port) => `http://127.0.0.1:${port}`)
export const ROUTER_METRICS = GIVEN?.routerMetrics ?? 'http://127.0.0.1:8081/metrics'
export const GATEWAY_CLASS = GIVEN?.gatewayClass ?? 'traefik'
export const ETCD_PORT = 2379

export const inHome = (...parts: readonly string[]): string => join(HOME, ...parts)
export const binary = (name: string): string => join(CACHE, 'bin', name)
export const kubeconfig = (user: string): string =>
  GIVEN && user === 'admin' ? GIVEN.kubeconfig : inHome(`${user}.kubeconfig`)
export const CONTAINERD_SOCKET = inHome('containerd.sock')
