// `npm run soak:clawdbot [-- --minutes 30 --rate 36 --samples FILE --json]`: ClawdBot under a light load of everything it does, and what
// each process holds meanwhile. Exit code 1 where memory, handles or processes grow faster than the bounds, where a request
// ends otherwise than it should, or where a process ended.
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { applySoak } from './load.ts'
import { type Sample, sample, slopeOf } from './samples.ts'
import { startSoakStack } from './stack.ts'

const SAMPLE_EVERY_MS = 10_000
/** What a process may gain in an hour, beyond the error of the slope. */
const BOUNDS = { heap: 4, rss: 30, handles: 6, descendants: 2 } as const
const KEYS = Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '36' },
    samples: { type: 'string' },
  },
})
const [minutes, rate] = [Number(values.minutes), Number(values.rate)]
if (!(minutes > 0 && rate > 0 && rate <= 500)) {
  console.error('--minutes is a number above 0, and --rate one up to 500')
  process.exit(2)
}
const stack = await startSoakStack()
const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ending.abort())
const samples = new Map<string, Sample[]>(stack.parts.map(({ name }) => [name, []]))
const problems: string[] = []
const startedCpu = process.cpuUsage()
const load = applySoak(stack, rate, ending.signal)
const until = performance.now() + minutes * 60_000
while (performance.now() < until && !ending.signal.aborted && problems.length === 0) {
  const next = performance.now() + SAMPLE_EVERY_MS
  problems.push(...stack.ended().map((name) => `${name} ended by itself`))
  for (const part of stack.parts) {
    const one = await sample(part).catch(
      (error: Error) => void problems.push(`${part.name}: ${error.message}`),
    )
    if (!one) continue
    samples.get(part.name)?.push(one)
    if (values.samples) appendFileSync(values.samples, `${JSON.stringify({ name: part.name, ...one })}\n`)
  }
  while (performance.now() < Math.min(next, until) && !ending.signal.aborted)
    await new Promise((resolve) => setTimeout(resolve, 100))
}
ending.abort()
const served = await load
await stack.stop()

const rows = stack.parts.map(({ name }) => {
  const taken = samples.get(name) ?? []
  const slopes = Object.fromEntries(KEYS.map((key) => [key, slopeOf(taken, key)]))
  const last = taken.at(-1)
  for (const key of KEYS) {
    const slope = slopes[key]
    if (!slope) problems.push(`${name}: too few samples for a slope of ${key}`)
    else if (slope.perHour - slope.error > BOUNDS[key])
      problems.push(`${name}: ${key} grows by ${words(slope)} an hour, more than ${BOUNDS[key]}`)
  }
  return { name, samples: taken.length, last, slopes }
})
problems.push(...[...served.unexpected].map(([what, count]) => `${count} × ${what}`))
const requests = Object.fromEntries(served.counts)
const total = [...served.counts.values()].reduce((sum, count) => sum + count, 0)
if (total === 0) problems.push('no request was served')
if (values.json)
  console.log(
    JSON.stringify(
      { minutes, rate, bounds: BOUNDS, rows, requests, served: { ...served }, problems },
      null,
      2,
    ),
  )
else {
  const seconds = (process.cpuUsage(startedCpu).user + process.cpuUsage(startedCpu).system) / 1e6
  console.log(
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}; ${minutes} min, ${total} requests, ${served.skills} changes of skills, ${served.skipped} left out; the load itself took ${seconds.toFixed(0)} s of processor`,
  )
  for (const { name, last, slopes } of rows)
    console.log(
      `${name.padEnd(11)} ${KEYS.map((key) => `${key} ${last?.[key].toFixed(key === 'heap' || key === 'rss' ? 1 : 0)} (${words(slopes[key] ?? null)}/h, bound ${BOUNDS[key]})`).join('; ')}`,
    )
  for (const problem of problems) console.log(`✗ ${problem}`)
}
process.exit(problems.length === 0 ? 0 : 1)

function words(slope: { perHour: number; error: number } | null): string {
  if (slope === null) return 'unknown'
  const sign = slope.perHour < 0 ? '−' : '+'
  return `${sign}${Math.abs(slope.perHour).toFixed(1)} ± ${slope.error.toFixed(1)}`
}
