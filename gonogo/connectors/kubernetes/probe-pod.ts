import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { ReadingProblem } from '../reading-problem.ts'
import type { Cluster } from './cluster.ts'
import { podSchema } from './schema.ts'

/** On everything that a check makes for a moment. */
export const PROBE = 'gonogo.dev/probe'
const LOOK_EVERY_MS = 300
const LIMIT_MS = 90_000
const TRIES = 3

export type Address = { readonly host: string; readonly port: number }

export type ProbePod = {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** Has `node` on its path. */
  readonly image: string
  /** Network plugins take a moment until a new pod's rules are in force. */
  readonly settleMs: number
  readonly addresses: readonly Address[]
}

const triedSchema = z.array(
  z.object({ tries: z.number().int(), connected: z.number().int(), refusal: z.string() }),
)
/** For each address how many of the tries connected, and how the last other one ended. */
export type Tried = z.infer<typeof triedSchema>

/** Connects to each address from within a pod of its own, which is gone afterwards. Throws a ReadingProblem. */
export async function tryFromPod(cluster: Cluster, probe: ProbePod, signal: AbortSignal): Promise<Tried> {
  const pods = `/api/v1/namespaces/${probe.namespace}/pods`
  const own = `${pods}/${probe.name}`
  await cluster.create(pods, manifestOf(probe), z.unknown())
  try {
    const said = await whatItSaid(cluster, own, probe, signal)
    const tried = triedSchema.safeParse(jsonOf(said))
    if (tried.success && tried.data.length === probe.addresses.length) return tried.data
    throw new ReadingProblem('wrong-format', `pod ${probe.name}`, 'did not tell what it tried')
  } finally {
    await cluster.remove(`${own}?gracePeriodSeconds=0`)
  }
}

/** The pod's last message, which stands in its status: nobody needs to be let read logs for it. */
async function whatItSaid(
  cluster: Cluster,
  own: string,
  probe: ProbePod,
  signal: AbortSignal,
): Promise<string> {
  const deadline = performance.now() + LIMIT_MS
  for (;;) {
    const { status } = await cluster.get(own, podSchema)
    const said = status.containerStatuses[0]?.state.terminated?.message ?? ''
    if (status.phase === 'Succeeded') return said
    if (status.phase === 'Failed' || performance.now() > deadline)
      throw new ReadingProblem(
        'unreachable',
        `pod ${probe.name}`,
        `is ${status.phase || 'not started'} ${said}; does ${probe.image} have node, and is there room for it?`,
      )
    await wait(LOOK_EVERY_MS, undefined, { signal })
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Each address a few times, one after the other, so that a rule which is late is not taken for one that is missing. */
const SCRIPT = `
const { connect } = require('node:net')
const [settle, tries, addresses] = JSON.parse(process.argv[1])
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const once = ({ host, port }) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 2000 })
  const end = (said) => { socket.destroy(); resolve(said) }
  socket.on('connect', () => end('connected')).on('timeout', () => end('ETIMEDOUT')).on('error', (error) => end(error.code))
})
;(async () => {
  await wait(settle)
  const all = addresses.map(() => ({ tries: 0, connected: 0, refusal: '' }))
  for (let n = 0; n < tries; n++) {
    for (const [i, address] of addresses.entries()) {
      const said = await once(address)
      all[i].tries++
      if (said === 'connected') all[i].connected++
      else all[i].refusal = said
    }
    await wait(500)
  }
  require('node:fs').writeFileSync('/dev/termination-log', JSON.stringify(all))
})()`

/** As narrow as a pod can be; its gate is never opened, so that no Service leads a user to it. */
function manifestOf({ name, namespace, labels, image, settleMs, addresses }: ProbePod): object {
  const argument = JSON.stringify([settleMs, TRIES, addresses])
  const resources = { cpu: '10m', memory: '64Mi' }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { ...labels, [PROBE]: 'true' } },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: LIMIT_MS / 1000,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      readinessGates: [{ conditionType: 'gonogo.dev/never-ready' }],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65534,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'probe',
          image,
          command: ['node', '-e', SCRIPT, argument],
          resources: { requests: resources, limits: { ...resources, cpu: '200m' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  }
}
