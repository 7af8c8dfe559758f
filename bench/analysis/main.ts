// `npm run bench:analysis [-- --seed N] [--deployments N]`: the figures the analysis has to reach, measured.
import { parseArgs } from 'node:util'
import { type Figure, figures } from './figures.ts'
import { FAULTS, RIVALS, rival } from './rivals.ts'
import { stepCost } from './step-cost.ts'

const MOST_MICROSECONDS = 50
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    deployments: { type: 'string', default: '10000' },
  },
})
const run = { seed: Number(values.seed), deployments: Number(values.deployments) }
if (!Number.isSafeInteger(run.seed) || !Number.isSafeInteger(run.deployments) || run.deployments < 1) {
  console.error('--seed and --deployments take whole numbers, for example --seed 7 --deployments 2000')
  process.exit(2)
}

console.log(
  `analysis: seed ${run.seed}, ${run.deployments} deployments a row, α = 0.001, 1 s, 5 % weight, baseline 0.1 %`,
)
const rows: Figure[] = []
for (const figure of figures(run)) tell(figure)

const cost = stepCost(cpuMs)
tell({
  name: 'one analysis step (observe and judge, 6 instances, 20 buckets), of a core',
  goal: `< ${MOST_MICROSECONDS} µs`,
  measured: `${cost.microseconds.toFixed(1)} µs`,
  met: cost.microseconds < MOST_MICROSECONDS,
})
tell({
  name: 'numbers in the state after a day, and after an hour',
  goal: 'no more',
  measured: `${cost.numbersAfterDay} and ${cost.numbersAfterHour} (${Math.round(cost.bytes / 1024)} KiB)`,
  met: cost.numbersAfterDay <= cost.numbersAfterHour,
})

const few = { ...run, deployments: Math.ceil(run.deployments / 10) }
console.log(
  `\nbeside other rules, same traffic, ${few.deployments} deployments a cell; false rollbacks per healthy hour`,
)
console.log(
  `${'rule'.padEnd(62)} false 100/s  1000/s   median s at ${FAULTS.map((f) => `${f * 100} %`).join(', ')}`,
)
for (const rule of RIVALS) {
  const { falseRollbacks, medians } = rival(rule, few)
  const shares = falseRollbacks.map((share) => `${(share * 100).toFixed(1)} %`.padStart(8)).join('  ')
  const times = medians.map((s) => (Number.isFinite(s) ? String(s) : 'never')).join(', ')
  console.log(`${rule.name.padEnd(62)}   ${shares}   ${times}`)
}

const missed = rows.filter((row) => row.met === false)
console.log(`\nmissed: ${missed.length === 0 ? 'none' : missed.map((row) => row.name).join(' · ')}`)
process.exitCode = missed.length === 0 ? 0 : 1

/** What this process had of a core: others run on it, too. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function tell(figure: Figure): void {
  rows.push(figure)
  const mark = figure.met === null ? '    ' : figure.met ? 'ok  ' : 'MISS'
  console.log(`${mark} ${figure.name.padEnd(86)} ${figure.measured.padEnd(24)} goal ${figure.goal}`)
}
