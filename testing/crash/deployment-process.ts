// One gonogo that deploys in a process of its own and kills itself (SIGKILL) at the boundary it is told. At its end it
// prints how many boundaries it met and the deployment's status.
import { scaledClock } from './scaled-clock.ts'
import { deployAsTeam } from './team.ts'

const [, , root = '', version = '', killAtText = '', sinceText = '', factorText = ''] = process.argv
const killAt = Number(killAtText)
const names: string[] = []
const { deployed } = deployAsTeam(root, version, {
  clock: scaledClock(Number(sinceText), Number(factorText)),
  listener: {},
  boundary: (name) => {
    if (names.push(name) === killAt) process.kill(process.pid, 'SIGKILL')
  },
})
const { state } = await deployed
process.stdout.write(
  `${JSON.stringify({ boundaries: names.length, names, id: state.id, status: state.closed?.status })}\n`,
)
