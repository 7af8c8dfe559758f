import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { DeploymentState } from '#core/state.ts'
import { systemClock } from '#engine/clock.ts'
import { deploy } from '#engine/deploy.ts'
import { EXIT } from '#engine/exit-codes.ts'
import { readState } from '#engine/journal.ts'
import { deploymentFolder, openLog, stateFolder, type Workspace } from '#engine/workspace.ts'
import { action } from '../command.ts'
import { deploymentJson, exitSummary } from '../exit-summary.ts'
import { interrupted } from '../interrupted.ts'
import { LiveKeys } from '../live-keys.ts'
import { LiveView } from '../live-view.ts'
import { loadReleaseOf, loadWorkspace } from '../load.ts'
import { DEFAULT_KEY, signerFor } from '../signer.ts'
import { markSeen, sinceYouLeft } from '../since-left.ts'

type Options = { readonly environment: string; readonly as?: string; readonly key: string }

export function registerDeploy(root: Command): void {
  const command = root
    .command('deploy')
    .description('open a deployment of a release (or take up the one under way) and show it live')
    .argument('<release>', 'a version in the releases folder')
    .option('--environment <name>', 'where to', 'production')
    .option('--as <person>', 'your id in the roster, for pausing and rolling back by a key')
    .option('--key <file>', 'your SSH key', DEFAULT_KEY)
    .addHelpText('after', '\nExample: gonogo deploy v1.2.3 --as ada')
  action<Options>(command, async (options, [version = ''], globals, output) => {
    const workspace = loadWorkspace(globals.file)
    // What is under way is taken up when its window has ended, too; where nothing ever was, nothing is written for it.
    const isFirst = !existsSync(stateFolder(workspace.root))
    const release = loadReleaseOf(workspace, version, isFirst ? Date.now() : null)
    const store = openLog(workspace.root)
    const view = new LiveView(output)
    const author = options.as ? { person: options.as, signer: signerFor(options.key) } : null
    const keys = new LiveKeys(store, view, author)
    try {
      const deployed = await deploy({
        workspace,
        store,
        environment: options.environment,
        release,
        releaseOf: (named, now) => loadReleaseOf(workspace, named, now),
        clock: systemClock,
        listener: view,
        opened: (id) => {
          const state = readState(store, id)
          if (state) view.attach(state, sinceYouLeft(workspace.root, store, state, Date.now()))
          keys.listen(id)
        },
        stop: AbortSignal.any([interrupted(), keys.detached]),
      })
      keys.close()
      view.close()
      markSeen(workspace.root, deployed.state)
      if (!deployed.state.closed && keys.detached.aborted) {
        const text = goOnInBackground(workspace, deployed.state, globals.file)
        output.result(text, deploymentJson(deployed))
        return EXIT.good
      }
      output.result(exitSummary(deployed), deploymentJson(deployed))
      if (!deployed.state.closed) return EXIT.interrupted
      return deployed.state.closed.status.startsWith('success') ? EXIT.good : EXIT.notGood
    } finally {
      keys.close()
      view.close()
      store.close()
    }
  })
}

/** The same deployment, taken up by a process that no terminal belongs to. */
function goOnInBackground(workspace: Workspace, { id, opened }: DeploymentState, file: string): string {
  const folder = deploymentFolder(workspace.root, id)
  mkdirSync(folder, { recursive: true })
  const log = join(folder, 'deploy.log')
  const out = openSync(log, 'a')
  const { version } = opened.release
  const args = [ENTRY, '--file', file, 'deploy', version, '--environment', opened.environment]
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', out, out] })
  child.unref()
  closeSync(out)
  return `${id} goes on as process ${child.pid}\nwatch   tail -f ${log}\nback    gonogo status, or to end it: gonogo abort --as YOU`
}

const ENTRY = fileURLToPath(new URL('../gonogo.mjs', import.meta.url))
