import { type ChildProcess, spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { kubectl } from '../../testing/kubernetes/commands.ts'
import { startLoad } from './load.ts'
import {
  applyAll,
  CANARY,
  makePlace,
  type Place,
  podTemplate,
  REPLICAS,
  rolledOut,
  routeOf,
  STABLE,
  serviceOf,
} from './place.ts'
import type { FloorResult } from './result.ts'
import { GOOD } from './scenarios.ts'
import { startUpstream } from './upstream.ts'

const PATCHES = 10
const SETTLE_MS = 1500

/** What nobody can be quicker than: half of the traffic on a second version, taken away by `kubectl patch`, again and again. */
export async function measureFloor(digest: string): Promise<FloorResult[]> {
  const upstream = await startUpstream()
  const place = await makePlace({ digest, upstreamUrl: upstream.url, prometheusUrl: '' })
  try {
    await applyAll([
      ...both(place, 'web', STABLE),
      ...both(place, 'web-canary', CANARY),
      routeOf(place, shares(50)),
    ])
    await rolledOut(place, 'web')
    await rolledOut(place, 'web-canary')
    const quiet = await patches(place)
    const burners = cpus().map(burn)
    const busy = await patches(place).finally(() => {
      for (const burner of burners) burner.kill('SIGKILL')
    })
    return [
      { kind: 'floor', machine: 'quiet', zeroAfterMs: quiet },
      { kind: 'floor', machine: 'under load', zeroAfterMs: busy },
    ]
  } finally {
    await place.end()
    upstream.close()
  }
}

const both = (place: Place, name: string, version: string) => [
  serviceOf(place, name, { app: name }),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: place.namespace },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: name } },
      template: podTemplate(place, { app: name }, version, GOOD),
    },
  },
]

const shares = (canary: number) => [
  { name: 'web', port: 80, weight: 100 - canary },
  { name: 'web-canary', port: 80, weight: canary },
]

async function patches(place: Place): Promise<number[]> {
  const load = startLoad(place.host)
  const found: number[] = []
  try {
    for (let n = 0; n < PATCHES; n++) {
      await patch(place, 50)
      await wait(SETTLE_MS)
      load.begin(CANARY)
      const startedAt = Date.now()
      await patch(place, 0)
      await wait(SETTLE_MS)
      const { lastCanaryAtMs } = load.seen
      if (lastCanaryAtMs === null)
        throw new Error('the canary had no request before its traffic was taken away')
      found.push(Math.max(0, lastCanaryAtMs - startedAt))
    }
    return found
  } finally {
    await load.stop()
  }
}

function patch({ namespace }: Place, canary: number): Promise<string> {
  const change = JSON.stringify({ spec: { rules: [{ backendRefs: shares(canary) }] } })
  return kubectl(['patch', 'httproute', 'web', '-n', namespace, '--type=merge', '-p', change])
}

/** Keeps a core busy. */
const burn = (): ChildProcess => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
