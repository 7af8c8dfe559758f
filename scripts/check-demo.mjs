// Reads what `npm run --silent demo -- --json` printed and holds it against what the demo promises.
import { readFileSync } from 'node:fs'

const { deployments } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const states = ['passed', 'failed', 'unknown', 'attested', 'waived', 'notApplicable', 'notReached']
const problems = []
const [good, bad] = deployments
if (deployments.length !== 2) problems.push(`${deployments.length} deployments instead of 2`)
if (good?.release !== '1.2.3' || good?.status !== 'success')
  problems.push(`the good release: ${good?.release} ${good?.status}`)
if (bad?.release !== '1.2.4' || bad?.status !== 'rolled-back')
  problems.push(`the bad release: ${bad?.release} ${bad?.status}`)
if (good?.rollback !== null) problems.push('the good release was rolled back')
for (const key of ['criterion', 'detectedAfterMs', 'trafficZeroAfterMs', 'failedRequests'])
  if (bad?.rollback?.[key] === undefined || bad.rollback[key] === null)
    problems.push(`rollback.${key} is missing`)
for (const one of deployments) {
  const counted = states.reduce((sum, state) => sum + (one.items[state] ?? Number.NaN), 0)
  if (counted !== 139) problems.push(`${one.release}: ${counted} items instead of 139`)
}
for (const problem of problems) console.error(`demo: ${problem}`)
process.exitCode = problems.length > 0 ? 1 : 0
