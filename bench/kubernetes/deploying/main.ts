// One gonogo that deploys a release, with people who sign, in a process of its own. Each event of the log that the bench
// reads is a line of JSON on stdout: `{ at, event }`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCast } from '../../../gonogo/cli/demo/cast.ts'
import { loadReleaseOf, loadWorkspace } from '../../../gonogo/cli/load.ts'
import { systemClock } from '../../../gonogo/engine/clock.ts'
import { deploy } from '../../../gonogo/engine/deploy.ts'
import { openLog } from '../../../gonogo/engine/workspace.ts'
import { pemSigner } from '../../../gonogo/evidence/signatures.ts'

const [root = '', version = ''] = process.argv.slice(2)
const workspace = loadWorkspace(join(root, 'gonogo.yaml'))
const signers = new Map(
  Object.keys(workspace.service.people).map((id) => [
    id,
    pemSigner(readFileSync(join(root, 'keys', `${id}.pem`), 'utf8')),
  ]),
)
const store = openLog(root)
let id: string | null = null
const stopCast = startCast(store, () => id, signers)
await deploy({
  workspace,
  store,
  environment: 'production',
  release: loadReleaseOf(workspace, version, null),
  releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
  clock: systemClock,
  listener: {
    event: ({ at, event }) => void process.stdout.write(`${JSON.stringify({ at, event })}\n`),
  },
  stop: new AbortController().signal,
  opened: (opened) => {
    id = opened
  },
})
stopCast()
store.close()
