import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Instance, Target } from '#targets/target.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillService, observedInstances } from '../drill-situation.ts'

const PROBE_MS = 150
const config = { within: 2 }
const SERVER = (catchAll: boolean) => `
import { createServer } from 'node:http'
const server = createServer((req, res) => {
  const known = ${catchAll} || req.url === '/ready' || req.url === '/health'
  res.writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
  res.end('{"status":"ready"}')
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

type Look = (instance: Instance) => Promise<boolean>

/** What a target does to know: ask the instance itself, and wait only so long. */
const asking: Look = async ({ url }) =>
  fetch(`${url}/ready`, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )

/** A process of its own that answers probes, and a target that looks at it in its way. */
async function start(
  scratch: DrillScratch,
  overrides: Partial<Instance> = {},
  look: Look = asking,
  catchAll = false,
) {
  const file = await scratch.write(`server-${catchAll}.mjs`, SERVER(catchAll))
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  const instance = drillInstance({
    url: `http://127.0.0.1:${String(port).trim()}`,
    pid: child.pid ?? null,
    ...overrides,
  })
  const target = {
    observe: async () => observedInstances([{ ...instance, ready: await look(instance) }]),
  } as unknown as Target
  const staging = drillEnvironment({ name: 'staging', target, candidates: async () => [instance] })
  return {
    context: { environmentNamed: () => staging, service: drillService({ staging: 'production' }) },
    close: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

const starting = (
  name: string,
  expect: 'fail' | 'unknown',
  overrides: Partial<Instance>,
  look?: Look,
  catchAll?: boolean,
): DrillFault<null> => ({
  name,
  expect,
  plant: (_ground, scratch) => start(scratch, overrides, look, catchAll),
})

export const drill = defineDrill<null>({
  item: '1.3.8',
  ground: async (scratch) => ({ config, ground: null, ...(await start(scratch)) }),
  faults: [
    starting('no readiness probe', 'fail', { readyPath: null }),
    starting('no liveness probe', 'fail', { healthPath: null }),
    starting('one probe for both', 'fail', { healthPath: '/ready' }),
    starting('a probe on a path that always answers 200', 'fail', {}, asking, true),
    starting('a stopped instance stays in the routing', 'fail', {}, async () => true),
    starting('a process that cannot be stopped', 'unknown', { pid: null }),
    starting('a closed port', 'unknown', { url: 'http://127.0.0.1:1' }),
  ],
})
