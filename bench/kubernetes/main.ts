// `npm run bench:kubernetes`: gonogo beside Argo Rollouts and Flagger on one cluster, behind one router, at 100 requests a
// second. `-- --contender gonogo,argo:fastest --scenario latency,half --runs 5 --at-once 3 --json FILE`; `--table` only prints
// what FILE holds. Exit code 1 where a goal is missed with what was measured, or a run could not be.
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { closeCluster, openCluster } from './bench-cluster.ts'
import { argo } from './contenders/argo.ts'
import { type Contender, SETTINGS, type Setting } from './contenders/contender.ts'
import { flagger } from './contenders/flagger.ts'
import { gonogo } from './contenders/gonogo.ts'
import { measureFloor } from './floor.ts'
import { goalsOf } from './goals.ts'
import { FOLDER } from './place.ts'
import { startPrometheus } from './prometheus.ts'
import { keepResult, readResults } from './result.ts'
import { type Bench, runOnce } from './run-once.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { goalLines, tableOf } from './table.ts'

const CONTENDERS: Readonly<Record<string, Contender>> = { gonogo, argo, flagger }
const FLOOR = 'floor'
/** Between two beginnings: what starts a version's pods would otherwise be felt by the users of every other run. */
const APART_MS = 15_000
const say = (line: string): void => void process.stderr.write(`· ${line}\n`)

const { values } = parseArgs({
  options: {
    /** Names, each with `:documented` or `:fastest` where only that setting is wanted; `floor` is one of them. */
    contender: { type: 'string', default: [...Object.keys(CONTENDERS), FLOOR].join(',') },
    scenario: { type: 'string', default: SCENARIOS.map(({ id }) => id).join(',') },
    runs: { type: 'string', default: '1' },
    /** So many runs side by side, each with its own namespace and its own 100 requests a second. */
    'at-once': { type: 'string', default: '1' },
    json: { type: 'string', default: `${FOLDER}/results.jsonl` },
    table: { type: 'boolean', default: false },
  },
})
type Wanted = { readonly contender: Contender; readonly setting: Setting }
type Run = Wanted & { readonly scenario: Scenario; readonly round: number }
const names = values.contender.split(',')
const wanted = names.filter((name) => name !== FLOOR).flatMap(wantedBy)
const scenarios = values.scenario.split(',').map((id) => SCENARIOS.find((one) => one.id === id) ?? misuse(id))
const [runs, atOnce] = [countOf(values.runs), countOf(values['at-once'])]

let failures = 0
if (!values.table) await measure()
const results = readResults(values.json)
const goals = goalsOf(results, SCENARIOS)
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, one node, 100 requests/s\n`)
console.log(`${tableOf(results)}\n\n${goalLines(goals)}`)
if (failures > 0) console.log(`runs that could not be measured: ${failures}`)
process.exit(failures > 0 || goals.some(({ state }) => state === 'missed') ? 1 : 0)

/** What the file has already is not measured again, so that a bench that was interrupted goes on. */
async function measure(): Promise<void> {
  for (const contender of new Set(wanted.map((one) => one.contender))) await contender.build(say)
  const digest = await openCluster(say)
  const prometheus = await startPrometheus()
  try {
    for (const contender of new Set(wanted.map((one) => one.contender))) await contender.prepare()
    if (names.includes(FLOOR) && !readResults(values.json).some(({ kind }) => kind === 'floor'))
      for (const result of await measureFloor(digest)) keepResult(values.json, result)
    const open = runsToMeasure()
    const turn = turns(APART_MS)
    const next = async () => {
      for (let run = open.shift(); run; run = open.shift()) {
        await turn()
        await measureOne({ digest, prometheus }, run)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, next))
  } finally {
    await prometheus.end()
    await closeCluster()
  }
}

/** Lets callers pass one by one, so far apart. */
function turns(apartMs: number): () => Promise<void> {
  let nextAt = 0
  return async () => {
    const at = Math.max(performance.now(), nextAt)
    nextAt = at + apartMs
    await wait(Math.max(0, at - performance.now()))
  }
}

/** One run of each before the next of any, without those that the file has. */
function runsToMeasure(): Run[] {
  const kept = readResults(values.json).filter((one) => one.kind === 'run')
  const rounds = Array.from({ length: runs }, (_, index) => index + 1)
  return rounds.flatMap((round) =>
    scenarios.flatMap((scenario) =>
      wanted
        .filter(({ contender, setting }) => {
          const have = kept.filter(
            (one) =>
              one.contender === contender.name && one.setting === setting && one.scenario === scenario.id,
          )
          return have.length < round
        })
        .map((one) => ({ ...one, scenario, round })),
    ),
  )
}

async function measureOne(bench: Bench, { contender, setting, scenario, round }: Run): Promise<void> {
  const name = `${contender.name} (${setting}), ${scenario.title}`
  say(`${name}, run ${round}`)
  try {
    const result = await runOnce(bench, contender, setting, scenario)
    keepResult(values.json, result)
    const { outcome, decidedAfterMs, zeroAfterMs, failed, slow, why } = result
    say(
      `${name}, run ${round}: ${outcome} after ${decidedAfterMs} ms, zero ${zeroAfterMs} ms, ${failed} failed, ${slow} slow ${JSON.stringify(why)}`,
    )
  } catch (error) {
    failures++
    say(`${name}, run ${round}: not measured: ${describe(error)}`)
  }
}

/** An error with what caused it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.message}${error.cause ? `: ${describe(error.cause)}` : ''}`
}

function wantedBy(name: string): Wanted[] {
  const [id = '', only] = name.split(':')
  const contender = CONTENDERS[id] ?? misuse(name)
  const settings = SETTINGS.filter((setting) => only === undefined || setting === only)
  return settings.length > 0 ? settings.map((setting) => ({ contender, setting })) : misuse(name)
}

function countOf(text: string): number {
  const count = Number(text)
  return Number.isInteger(count) && count > 0 ? count : misuse(text)
}

function misuse(what: string): never {
  console.error(`bench:kubernetes knows no ${what}`)
  process.exit(2)
}
