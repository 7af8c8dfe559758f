import { createHash } from 'node:crypto'
import type { RecordedResult } from '../check.ts'
import { clusterDrill, clusterWorld, container, NAMESPACE } from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'

const DAY_MS = 86_400_000
const NOW = Date.now()
const ANNOTATION = 'vault.internal/version'
const config = { kubeconfig: 'backup.kubeconfig', annotation: ANNOTATION }

const secret = (
  ageDays: number,
  annotations: Record<string, string> = { [ANNOTATION]: '7' },
): DrillObject => ({
  kind: 'Secret',
  metadata: {
    name: 'database',
    namespace: NAMESPACE,
    annotations,
    creationTimestamp: new Date(NOW - ageDays * DAY_MS).toISOString(),
  } as DrillObject['metadata'],
})
const manifest = { containers: [{ ...container, envFrom: [{ secretRef: { name: 'database' } }] }] }
const good = { world: clusterWorld([secret(10)]), manifest }

/** The last deployment saw this version, and knew it to be so old then. */
function seen(version: string, ageDays: number) {
  const digest = createHash('sha256').update(`database ${version}`).digest('hex').slice(0, 16)
  const secrets = [{ name: 'database', version: digest, sinceMs: NOW - ageDays * DAY_MS }]
  const result: RecordedResult = {
    verdict: 'pass',
    claim: { secrets },
    summary: '',
    evidence: [],
    atMs: NOW - 30 * DAY_MS,
  }
  return { context: { previousResultOf: () => result } }
}

export const drill = clusterDrill('1.2.3', config, good, [
  {
    name: 'a value older than the policy lets it be',
    expect: 'fail',
    situation: { world: clusterWorld([secret(91)]) },
  },
  { name: 'a Secret made anew with the value of before', expect: 'fail', situation: seen('7', 100) },
  {
    name: 'metadata touched yesterday, the value a hundred days old',
    expect: 'fail',
    situation: {
      world: clusterWorld([secret(100, { [ANNOTATION]: '7', 'touched.internal/at': 'yesterday' })]),
    },
  },
  {
    name: 'another value, a month ago at the latest, with a limit of a week',
    expect: 'fail',
    config: { ...config, maxAge: '7d' },
    situation: { ...seen('6', 100), world: clusterWorld([secret(100)]) },
  },
  {
    name: 'named in a leak report',
    expect: 'fail',
    config: { ...config, leaked: 'leaks.txt' },
    situation: { files: { 'leaks.txt': 'other\ndatabase\n' } },
  },
  {
    name: 'a leak report that is not there',
    expect: 'unknown',
    config: { ...config, leaked: 'none.txt' },
  },
  {
    name: 'no annotation by which a new value is told',
    expect: 'unknown',
    situation: { world: clusterWorld([secret(1, {})]) },
  },
  { name: 'a Secret that is not there', expect: 'unknown', situation: { world: clusterWorld() } },
  { name: 'no Secret in the manifests', expect: 'unknown', situation: { manifest: {} } },
])
