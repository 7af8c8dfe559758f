// One gonogo that deploys in a process of its own and kills itself (SIGKILL) at the boundary it is told. At its end it
// prints how many boundaries it met and the deployment's status.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCast } from '../../gonogo/cli/demo/cast.ts'
import { loadReleaseOf, loadWorkspace } from '../../gonogo/cli/load.ts'
import { deploy } from '../../gonogo/engine/deploy.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'
import { pemSigner } from '../../gonogo/evidence/signatures.ts'
import { scaledClock } from './scaled-clock.ts'

const [, , root = '', version = '', killAtText = '', sinceText = '', factorText = ''] = process.argv
const killAt = Number(killAtText)
const workspace = loadWorkspace(join(root, 'gonogo.yaml'))
const people = Object.keys(workspace.service.people)
const signers = new Map(
  people.map((id) => [id, pemSigner(readFileSync(join(root, 'keys', `${id}.pem`), 'utf8'))]),
)
const store = openLog(root)
let boundaries = 0
let id: string | null = null
const names: string[] = []
const stopCast = startCast(store, () => id, signers)
const deployed = await deploy({
  workspace,
  store,
  environment: 'production',
  release: loadReleaseOf(workspace, version, null),
  releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
  clock: scaledClock(Number(sinceText), Number(factorText)),
  listener: {
    event: (_recorded, state) => {
      id = state.id
    },
  },
  stop: new AbortController().signal,
  opened: (opened) => {
    id = opened
  },
  boundary: (name) => {
    names.push(name)
    if (++boundaries === killAt) process.kill(process.pid, 'SIGKILL')
  },
})
stopCast()
store.close()
process.stdout.write(
  `${JSON.stringify({ boundaries, names, id: deployed.state.id, status: deployed.state.closed?.status })}\n`,
)
