// `npm run bench:gateway [-- --json]`: what ClawdBot's gateway costs beside Portkey's and beside none, in one run. Exit
// code 1 where it serves less than twice what Portkey serves, whole or streamed.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { KINDS, type Kind, startContenders } from './contenders.ts'
import { type Figures, measureGateways } from './measure.ts'

const GOAL = 2
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
  },
})
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) }
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
const contenders = await startContenders()
const { direct, portkey, clawdbot } = contenders
const all = (kind: Kind) => [direct, portkey[kind], clawdbot]
const found: Record<string, Figures[]> = {}
try {
  for (const kind of KINDS) found[kind] = await measureGateways(all(kind), kind, effort)
} finally {
  contenders.end()
}
const ratios = KINDS.map((kind) => {
  const [, rival, own] = found[kind] ?? []
  return (own?.requestsPerSecond ?? Number.NaN) / (rival?.requestsPerSecond ?? Number.NaN)
})
const failed = Object.values(found).flatMap((figures) => figures.map((one) => one.failed))
// A figure of nothing, and one with failed requests in it, is no figure.
const isGood = ratios.every((ratio) => ratio >= GOAL) && failed.every((count) => count === 0)
if (values.json) console.log(JSON.stringify({ machine, found, ratios, goal: GOAL, isGood }, null, 2))
else {
  console.log(`${machine}; medians of ${effort.rounds} interleaved rounds, 32 connections\n`)
  for (const kind of KINDS) {
    const [none] = found[kind] ?? []
    const rows = all(kind).map(({ name }, n) => rowOf(name, found[kind]?.[n], none))
    console.log(`${kind} completions`)
    console.table(rows)
  }
  const [whole = Number.NaN, streamed = Number.NaN] = ratios
  console.log(`ClawdBot ÷ Portkey: ${whole.toFixed(2)} whole, ${streamed.toFixed(2)} streamed (goal ${GOAL})`)
}
process.exit(isGood ? 0 : 1)

function rowOf(name: string, figures: Figures | undefined, none: Figures | undefined) {
  const added = (key: 'p50Ms' | 'p99Ms') =>
    Math.round(((figures?.[key] ?? Number.NaN) - (none?.[key] ?? Number.NaN)) * 100) / 100
  return {
    '': name,
    'requests/s': figures?.requestsPerSecond,
    'added p50, ms': added('p50Ms'),
    'added p99, ms': added('p99Ms'),
    failed: figures?.failed,
  }
}
