// `npm run bench:deployments [-- --counts 50,100,200 --seconds 30]`: that many deployments at once in one gonogo, against a
// real API server, their pods a labelled stand-in. Prints CPU and memory per deployment; exit code 1 where they grow faster
// than the number of deployments, or where a sample is more than the hold late or reads nothing.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { up } from '../../testing/kubernetes/cluster.ts'
import { makeService, writeRelease } from '../kubernetes/gonogo-service.ts'
import { CANARY, makePlace, removeOldPlaces } from '../kubernetes/place.ts'
import { GOOD } from '../kubernetes/scenarios.ts'
import { ON_STAND_IN, startStandIn } from './stand-in-node.ts'
import { startStandInRouter } from './stand-in-router.ts'

const ENGINE = fileURLToPath(new URL('./engine/main.ts', import.meta.url))
const DIGEST = `sha256:${'2'.repeat(64)}`
const INTERVAL_MS = 1000
const HOLD_MS = 1000
/** More than this times the cost of each deployment before is no longer linear. */
const LINEAR = 1.25
const AT_A_TIME = 8
const POLICY = {
  steps: [
    { weight: 5, wait: '2h' },
    { weight: 100, wait: '1h' },
  ],
}
const say = (line: string): void => void process.stderr.write(`· ${line}\n`)

const { values } = parseArgs({
  options: {
    counts: { type: 'string', default: '50,100,200' },
    seconds: { type: 'string', default: '30' },
  },
})
const counts = values.counts.split(',').map(Number)
if ([...counts, Number(values.seconds)].some((one) => !(Number.isInteger(one) && one > 0))) {
  console.error('--counts is whole numbers above 0, as 50,100,200, and --seconds one')
  process.exit(2)
}
type Service = { readonly root: string }
type Measured = {
  readonly cpuMs: number
  readonly memoryBytes: number
  readonly gapsMs: readonly number[]
  readonly verdicts: number
}

await up(say)
const standIn = await startStandIn()
// Pods on a stand-in whose bench was killed end only once there is one again.
await removeOldPlaces()
const router = await startStandInRouter()
const rows: ReturnType<typeof rowOf>[] = []
try {
  for (const count of counts) {
    const row = rowOf(count, await measure(count))
    say(JSON.stringify(row))
    rows.push(row)
  }
} finally {
  await standIn.end()
  router.close()
}
console.table(rows)
const problems = rows.flatMap((row, n) => problemsOf(row, rows[n - 1]))
if (rows.length < 2) console.log('not measured: linear growth, which wants two counts')
console.log(`goals missed: ${problems.join('; ') || 'none'}`)
process.exit(problems.length > 0 ? 1 : 0)

async function measure(count: number): Promise<Measured> {
  say(`${count} services`)
  const services: Service[] = []
  let begun = 0
  const make = async () => {
    while (begun++ < count) services.push(await makeOne())
  }
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, make))
    say(`${count} deployments`)
    const seconds = String(Number(values.seconds) * 1000)
    const roots = services.map(({ root }) => root)
    const args = ['--disable-warning=ExperimentalWarning', ENGINE, seconds, CANARY, ...roots]
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 27 })
    return JSON.parse(stdout) as Measured
  } finally {
    for (const { root } of services) rmSync(root, { recursive: true, force: true })
    await removeOldPlaces()
  }
}

async function makeOne(): Promise<Service> {
  const place = await makePlace({ digest: DIGEST, upstreamUrl: '', prometheusUrl: '' })
  const root = mkdtempSync(join(tmpdir(), 'gonogo-bench-many-'))
  const routerMetrics = `${router.url}/${place.namespace}`
  await makeService(root, place, { replicas: 1, policy: POLICY, routerMetrics, pod: ON_STAND_IN })
  writeRelease(root, place, CANARY, GOOD)
  return { root }
}

function rowOf(deployments: number, { cpuMs, memoryBytes, gapsMs, verdicts }: Measured) {
  const sorted = [...gapsMs].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN)
  return {
    deployments,
    'CPU, ms/s each': round(cpuMs / Number(values.seconds) / deployments),
    'memory, MiB each': round(memoryBytes / 2 ** 20 / deployments),
    'CPU, cores': round(cpuMs / Number(values.seconds) / 1000),
    'memory, MiB': Math.round(memoryBytes / 2 ** 20),
    'between samples, ms (median)': at(0.5),
    p99: at(0.99),
    worst: at(1),
    samples: gapsMs.length,
    verdicts,
  }
}

type Row = ReturnType<typeof rowOf>

function problemsOf(row: Row, before: Row | undefined): string[] {
  const name = `${row.deployments} deployments`
  const grows = (key: 'CPU, ms/s each' | 'memory, MiB each') =>
    before && row[key] > before[key] * LINEAR
      ? [`${name}: ${key} grows from ${before[key]} to ${row[key]}`]
      : []
  const late = row.p99 <= INTERVAL_MS + HOLD_MS ? [] : [`${name}: a sample after ${row.p99} ms (p99)`]
  // Without a verdict nothing was read: such samples are quick for nothing.
  const idle =
    row.verdicts < row.samples / 2 ? [`${name}: ${row.verdicts} verdicts of ${row.samples} samples`] : []
  return [...grows('CPU, ms/s each'), ...grows('memory, MiB each'), ...late, ...idle]
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
