// `npm run bench:bombs [-- --rounds 5 --json]`: how long users wait while a skill in the sandbox uses up memory, processes,
// processor, disk and output, beside how long they wait when nothing is going on. Exit code 1 where the median round is above
// the goal, or a bomb was not stopped.
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bombUnderLoad, check, type LimitsConfig } from '../../gonogo/checks/components/A.3.4-limits.ts'
import { drillContext } from '../../gonogo/checks/try-drill.ts'
import { startClawdBot } from '../../testing/clawdbot/environment.ts'

/** How many times slower the slowest hundredth of the users' requests may become. */
const GOAL = 2
/** As many requests in ten seconds as make a hundredth of them ten. */
const USERS = { rate: 100, window: '10s', ratio: GOAL, slackMs: 0 }

type Round = { readonly idleMs: number; readonly meanwhileMs: number; readonly requests: number }

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error('--rounds is a whole number above 0')
  process.exit(2)
}
const folder = await mkdtemp(join(tmpdir(), 'gonogo-bench-bombs-'))
// One caller asks for all users here.
const running = await startClawdBot(folder, { gateway: { env: { RATE_LIMIT_PER_MINUTE: '60000' } } })
const done: Round[] = []
const broken: string[] = []
try {
  const declared = running.context.service?.checks['A.3.4'] as unknown as LimitsConfig
  const config = check.config.parse({ ...declared, users: { ...declared.users, ...USERS } }) as LimitsConfig
  const context = { ...drillContext(folder, check.id), ...running.context }
  for (let round = 1; round <= rounds; round++) {
    const bombed = await bombUnderLoad(context, config)
    if (!('meanwhile' in bombed)) throw new Error(bombed.problem)
    const { idle, meanwhile, result } = bombed
    const failed = result ?? meanwhile.firstFailure
    if (failed !== null) broken.push(failed)
    done.push({ idleMs: idle.p99Ms, meanwhileMs: meanwhile.p99Ms, requests: meanwhile.sent })
    if (!values.json)
      console.log(
        `round ${round} of ${rounds}: ${told(done.at(-1) as Round)}${failed === null ? '' : `; ${failed}`}`,
      )
  }
} finally {
  await running.stop()
  await rm(folder, { recursive: true, force: true })
}

function told({ idleMs, meanwhileMs, requests }: Round): string {
  return `users’ p99 ${idleMs.toFixed(1)} ms idle, ${meanwhileMs.toFixed(1)} ms under five bombs (${requests} requests): ${(meanwhileMs / idleMs).toFixed(2)} ×`
}

const ratios = done.map(({ idleMs, meanwhileMs }) => meanwhileMs / idleMs).sort((a, b) => a - b)
const median = ratios[Math.floor(ratios.length / 2)] ?? Number.POSITIVE_INFINITY
const met = median <= GOAL && broken.length === 0
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
if (values.json)
  console.log(JSON.stringify({ machine, rounds: done, median, goal: GOAL, broken, met }, null, 2))
else
  console.log(`${machine}\nmedian ${median.toFixed(2)} × idle, goal ≤ ${GOAL} ×: ${met ? 'met' : 'missed'}`)
process.exitCode = met ? 0 : 1
