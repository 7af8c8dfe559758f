import type { Command } from 'commander'
import { type DrillResult, drill } from '#engine/drill.ts'
import { rememberDrills } from '#engine/drill-record.ts'
import { EXIT } from '#engine/exit-codes.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'

export function registerDrill(root: Command): void {
  const command = root
    .command('drill')
    .description('plant faults and prove that each check turns red for them, and is green without')
    .argument('[items...]', 'item ids; every drill without')
    .addHelpText('after', '\nExample: gonogo drill A.1.1 1.1.4')
  action(command, async (_options, items, globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const results = await drill(workspace, items, (result) => output.say(drillLine(result)))
    rememberDrills(workspace.root, results, Date.now())
    const red = results.filter((r) => r.ok).length
    const fooled = results.filter((r) => !r.ok)
    const text = [
      `${red} of ${results.length} planted faults were found`,
      ...fooled.map((r) => `fooled: ${r.item} by “${r.fault}”`),
    ].join('\n')
    output.result(text, { version: 1, found: red, planted: results.length, results })
    return fooled.length === 0 && results.length > 0 ? EXIT.good : EXIT.notGood
  })
}

const drillLine = (r: DrillResult): string =>
  `${r.ok ? '✓' : '✗'} ${r.item.padEnd(8)} ${r.fault.padEnd(44)} without: ${r.without.padEnd(8)} with: ${r.with.padEnd(8)} ${r.summary}`
