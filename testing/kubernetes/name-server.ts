// The cluster's name server: knows the Services of every namespace and nothing else. `main.ts up` starts it.
import { createSocket } from 'node:dgram'
import packet from 'dns-packet'
import { z } from 'zod'
import { openCluster } from '../../gonogo/connectors/kubernetes/index.ts'
import { CLUSTER_DOMAIN, HOME, kubeconfig, NODE_ADDRESS } from './places.ts'

const KEPT_MS = 500
const TTL_S = 1
const NXDOMAIN = 3

const serviceSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ clusterIP: z.string().optional() }),
})

const cluster = openCluster({ root: HOME, kubeconfig: kubeconfig('admin') })
let known: Promise<Map<string, string>> = Promise.resolve(new Map())
let askedAt = Number.NEGATIVE_INFINITY

async function listServices(): Promise<Map<string, string>> {
  const services = await cluster.list('/api/v1/services', serviceSchema)
  return new Map(
    services.map(({ metadata: { name, namespace }, spec: { clusterIP = 'None' } }) => [
      `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`,
      clusterIP,
    ]),
  )
}

function services(): Promise<Map<string, string>> {
  if (performance.now() - askedAt > KEPT_MS) {
    askedAt = performance.now()
    const before = known
    // While the API is away, what was known goes on.
    known = listServices().catch(() => before)
  }
  return known
}

const socket = createSocket('udp4')
socket.on('message', async (message, { port, address }) => {
  const query = packet.decode(message)
  const [question] = query.questions ?? []
  if (!question) return
  const found = (await services()).get(question.name.toLowerCase())
  const isWanted = question.type === 'A' && found !== undefined && found !== 'None'
  const answer = packet.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: packet.AUTHORITATIVE_ANSWER | (found === undefined ? NXDOMAIN : 0),
    questions: [question],
    answers: isWanted ? [{ type: 'A', name: question.name, ttl: TTL_S, data: found }] : [],
  })
  socket.send(answer, port, address)
})
socket.bind(53, NODE_ADDRESS)
