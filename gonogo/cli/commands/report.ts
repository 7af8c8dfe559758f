import type { Command } from 'commander'
import { EXIT } from '#engine/exit-codes.ts'
import { openLog } from '#engine/workspace.ts'
import { writeReport } from '#engine/write-report.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'
import { pick } from './status.ts'

export function registerReport(root: Command): void {
  const command = root
    .command('report')
    .description('write the report: the document with every blank filled (HTML, Markdown, JSON)')
    .argument('[deployment]', 'its id; the newest without one')
    .addHelpText('after', '\nExample: gonogo report d-7f3a1b2c')
  action(command, async (_options, [id], globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const store = openLog(workspace.root)
    const state = pick(store, workspace, id)
    const written = await writeReport(workspace, store, state, 'report', Date.now())
    store.close()
    output.result(written.path, { deployment: state.id, ...written })
    return EXIT.good
  })
}
