import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillService, drillStable, observing } from '../drill-situation.ts'
import {
  type ClusterFault,
  type ClusterSituation,
  clusterFaults,
  clusterWorld,
  container,
  deployment,
  NAMESPACE,
  namespaces,
} from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'

const SECRET = 'drill-user-token-000000000001'
const config = { folder: 'backups', keyFile: 'backup.key' }
const { version, digest } = drillStable()
const workload = { version, digest, artifact: '.', replicas: 1, config: { LEVEL: 'info' } }

function context(stableWorkload: typeof workload | null) {
  const target = observing([], { stableWorkload })
  return {
    environment: drillEnvironment({ target, access: async () => SECRET }),
    service: drillService({
      environments: {
        production: { target: { kind: 'processes' }, access: { userToken: '${env:DRILL_TOKEN}' } },
      },
    }),
  }
}

async function key(scratch: DrillScratch, bytes: number, mode = 0o600) {
  await chmod(await scratch.write('backup.key', 'k'.repeat(bytes)), mode)
}

const VALUE = 'a-password-of-the-drill'
const data = (kind: string, name: string, text: string): DrillObject => ({
  kind,
  metadata: { name, namespace: NAMESPACE },
  data: { password: kind === 'Secret' ? Buffer.from(text).toString('base64') : text },
})
const takes = {
  containers: [{ ...container, envFrom: [{ secretRef: { name: 'db' } }, { configMapRef: { name: 'web' } }] }],
}
const objects = [...namespaces, deployment(takes)]
const [secret, map] = [data('Secret', 'db', VALUE), data('ConfigMap', 'web', 'info')]
const onCluster = (overrides: object = {}, files = {}): ClusterSituation => ({
  world: { ...clusterWorld(), objects: [...objects, secret, map], ...overrides },
  environment: { target: observing([], { stableWorkload: workload }) },
  files,
})
const backupConfig = { ...config, kubeconfig: 'backup.kubeconfig' }
const clusterSituations: readonly ClusterFault[] = [
  {
    name: 'a Secret in clear text',
    expect: 'fail',
    situation: onCluster({}, { 'backups/dump.yaml': `p: ${VALUE}` }),
  },
  {
    name: 'a Secret as the API writes it, which is clear text',
    expect: 'fail',
    situation: onCluster({}, { 'backups/dump.yaml': Buffer.from(VALUE).toString('base64') }),
  },
  { name: 'the identity that deploys', expect: 'fail', situation: onCluster({ names: {} }) },
  { name: 'no identity of its own', expect: 'unknown', config },
  {
    name: 'a Secret that is not there',
    expect: 'unknown',
    situation: onCluster({ objects: [...objects, map] }),
  },
]

export const drill = defineDrill<null>({
  item: '2.1.2',
  ground: async (scratch) => {
    await key(scratch, 32)
    await scratch.write('backups/older.config', 'nothing of note')
    return { config, ground: null, context: context(workload) }
  },
  faults: [
    {
      name: 'a copy in clear text beside it',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        await scratch.write('backups/older.config', `userToken: ${SECRET}`)
        return {}
      },
    },
    {
      name: 'a key that can be guessed',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await key(scratch, 8)
        return {}
      },
    },
    {
      name: 'a key that others may read',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await key(scratch, 32, 0o644)
        return {}
      },
    },
    {
      name: 'the key beside what it encrypts',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        const file = await scratch.write(join('backups', 'the.key'), 'k'.repeat(32))
        await chmod(file, 0o600)
        return { config: { ...config, keyFile: 'backups/the.key' } }
      },
    },
    ...clusterFaults(onCluster(), clusterSituations, backupConfig),
    { name: 'nothing deployed', expect: 'unknown', plant: async () => ({ context: context(null) }) },
  ],
})
