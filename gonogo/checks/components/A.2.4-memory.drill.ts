import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Target } from '#targets/target.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillService, observedInstances } from '../drill-situation.ts'
import { DRILL_ACCESS } from '../live/drill-access.ts'
import { startDrillService } from '../live/drill-service.ts'

const config = { ask: { path: '/v1/agent' }, restart: ['agent'], within: 5, forget: '/v1/agent' }
const { restart: _restart, ...withoutRestart } = config

/** An agent that keeps what it is told: `file` in a file, `process` in memory, `shared` for everybody, `none` nowhere; `keeper` ends nothing. */
const SERVER = `
import { createServer } from 'node:http'
import { readFileSync, writeFileSync } from 'node:fs'
const [file, kind, port] = process.argv.slice(2)
let kept = {}
const load = () => { try { return JSON.parse(readFileSync(file, 'utf8')) } catch { return {} } }
const save = (all) => writeFileSync(file, JSON.stringify(all))
createServer(async (req, res) => {
  let body = ''
  for await (const chunk of req) body += chunk
  const { text = '' } = body ? JSON.parse(body) : {}
  const who = kind === 'shared' ? 'all' : req.headers.authorization
  const all = kind === 'process' ? kept : load()
  if (req.method === 'DELETE' && kind === 'keeper') return res.writeHead(405).end()
  if (req.method === 'DELETE') delete all[who]
  if (text.startsWith('Remember that') && kind !== 'none') all[who] = text
  if (kind === 'process') kept = all
  else save(all)
  res.writeHead(200, { 'content-type': 'application/json' })
  res.end(JSON.stringify({ reply: kind === 'all-knowing' ? text : (all[who] ?? 'Nothing.'), fallback: false }))
}).listen(Number(port), '127.0.0.1', function () { console.log(this.address().port) })
`

type Kind = 'file' | 'process' | 'shared' | 'none' | 'keeper'

/** The agent as a process of its own, started again on the same port when it ends, unless it is to stay down. */
async function start(scratch: DrillScratch, kind: Kind, staysDown = false) {
  const script = await scratch.write('agent.mjs', SERVER)
  const file = join(scratch.folder, `kept-${Math.random().toString(36).slice(2)}.json`)
  let child: ChildProcess
  let isClosed = false
  const launch = async (port: number): Promise<number> => {
    child = spawn(process.execPath, [script, file, kind, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
    child.once('exit', () => {
      isReady = false
      if (!isClosed && !staysDown) void launch(Number(said))
    })
    isReady = true
    return Number(said)
  }
  let isReady = false
  const port = await launch(0)
  const instances = () =>
    ['agent', 'gateway'].map((component) =>
      drillInstance({
        id: `${component}-1`,
        component,
        isPublic: component === 'gateway',
        url: `http://127.0.0.1:${port}`,
        pid: component === 'agent' ? (child.pid ?? null) : null,
        ready: isReady,
      }),
    )
  const context = contextOf(instances)
  const close = async () => {
    isClosed = true
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
  }
  return { context, close }
}

function contextOf(instances: () => ReturnType<typeof drillInstance>[]) {
  const target = { observe: async () => observedInstances(instances()) } as unknown as Target
  const access = async (key: string) => DRILL_ACCESS[key] ?? ''
  const staging = drillEnvironment({ name: 'staging', target, candidates: async () => instances(), access })
  return { environmentNamed: () => staging, service: drillService({ staging: 'production' }) }
}

const keeping = (name: string, kind: Kind): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: (_ground, scratch) => start(scratch, kind),
})

export const drill = defineDrill<null>({
  item: 'A.2.4',
  ground: async (scratch) => ({ config, ground: null, ...(await start(scratch, 'file')) }),
  faults: [
    keeping('memory in process', 'process'),
    keeping('one memory for all users', 'shared'),
    keeping('no memory', 'none'),
    {
      name: 'an agent that does not come back',
      expect: 'unknown',
      plant: (_ground, scratch) => start(scratch, 'file', true),
    },
    {
      name: 'an agent that ends nothing',
      expect: 'unknown',
      plant: (_ground, scratch) => start(scratch, 'keeper'),
    },
    { name: 'no restart declared', expect: 'unknown', plant: async () => ({ config: withoutRestart }) },
    {
      name: 'one token for both users',
      expect: 'unknown',
      plant: async () => ({ config: { ...config, other: 'userToken' } }),
    },
    {
      name: 'a page for every path',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        const service = await startDrillService(scratch, () => ({ status: 200, body: '<html>' }))
        const page = () => [
          drillInstance({ url: service.url }),
          drillInstance({ id: 'agent-1', component: 'agent', isPublic: false, url: service.url }),
        ]
        return { context: contextOf(page), close: () => service.close() }
      },
    },
    {
      name: 'a closed port',
      expect: 'unknown',
      plant: async () => ({ context: contextOf(() => [drillInstance()]) }),
    },
  ],
})
