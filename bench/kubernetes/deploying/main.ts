// One gonogo that deploys a release, with people who sign, in a process of its own. Each event of the log is a line of JSON
// on stdout: `{ at, event }`.
import { systemClock } from '../../../gonogo/engine/clock.ts'
import { deployAsTeam } from '../../../testing/crash/team.ts'

const [root = '', version = ''] = process.argv.slice(2)
const { deployed } = deployAsTeam(root, version, {
  clock: systemClock,
  listener: {
    event: ({ at, event }) => void process.stdout.write(`${JSON.stringify({ at, event })}\n`),
  },
})
await deployed
