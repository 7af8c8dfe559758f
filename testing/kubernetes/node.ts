import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'
import { pki } from './credentials.ts'
import {
  BRIDGE,
  CLUSTER_DOMAIN,
  CLUSTER_RANGE,
  CONTAINERD_SOCKET,
  HOME,
  inHome,
  kubeconfig,
  NODE_ADDRESS,
  NODE_NAME,
  POD_RANGE,
} from './places.ts'

export const PAUSE_IMAGE = 'gonogo.test/pause:1'

/** The bridge with the node's address must be there before the kubelet is. */
export async function makeBridge(): Promise<void> {
  if (!existsSync(`/sys/class/net/${BRIDGE}`)) {
    await run('ip', ['link', 'add', BRIDGE, 'type', 'bridge'])
    await run('ip', ['addr', 'add', `${NODE_ADDRESS}/24`, 'dev', BRIDGE])
  }
  await run('ip', ['link', 'set', BRIDGE, 'up'])
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
}

/** What containerd, the kubelet, the proxy and the network plugins are told; their folders are this cluster's own. */
export function writeSettings(): void {
  mkdirSync(inHome('cni'), { recursive: true })
  writeFileSync(inHome('cni', '10-bridge.conflist'), JSON.stringify(NETWORK, null, 2))
  writeFileSync(inHome('containerd.toml'), CONTAINERD)
  writeFileSync(inHome('kubelet.yaml'), JSON.stringify(KUBELET, null, 2))
  writeFileSync(inHome('proxy.yaml'), JSON.stringify(PROXY, null, 2))
}

const NETWORK = {
  cniVersion: '1.0.0',
  name: 'gonogo',
  plugins: [
    {
      type: 'bridge',
      bridge: BRIDGE,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: POD_RANGE }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: inHome('cni', 'addresses'),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

/** Without CAP_SYS_RESOURCE runc cannot lower an OOM score, and dies of it. */
const CONTAINERD = `version = 2
root = "${inHome('containerd', 'root')}"
state = "${inHome('containerd', 'state')}"
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${inHome('cni')}"
`

const KUBELET = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: pki('ca.crt') },
  },
  authorization: { mode: 'AlwaysAllow' },
  cgroupDriver: 'cgroupfs',
  failSwapOn: false,
  failCgroupV1: false,
  containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
  clusterDomain: CLUSTER_DOMAIN,
  clusterDNS: [NODE_ADDRESS],
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
  resolvConf: '',
  address: NODE_ADDRESS,
}

const PROXY = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  clientConnection: { kubeconfig: kubeconfig('proxy') },
  hostnameOverride: NODE_NAME,
  clusterCIDR: CLUSTER_RANGE,
}

/** The arguments of the kubelet. */
export const kubeletArguments = (): string[] => [
  `--config=${inHome('kubelet.yaml')}`,
  `--kubeconfig=${kubeconfig('kubelet')}`,
  `--hostname-override=${NODE_NAME}`,
  `--node-ip=${NODE_ADDRESS}`,
  `--root-dir=${join(HOME, 'kubelet')}`,
]
