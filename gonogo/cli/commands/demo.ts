import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { EXIT } from '#engine/exit-codes.ts'
import { action } from '../command.ts'
import { DEMO_TARGETS, type DemoTarget, runDemo } from '../demo/run-demo.ts'
import { interrupted } from '../interrupted.ts'

export function registerDemo(root: Command): void {
  const command = root
    .command('demo')
    .description(
      'ClawdBot 1.2.3 goes to production by the whole checklist, then a bad 1.2.4 is caught and rolled back',
    )
    .addOption(
      new Option(
        '--target <kind>',
        'where it runs; kubernetes starts a cluster on this machine (root, Linux)',
      )
        .choices(DEMO_TARGETS)
        .default('processes'),
    )
    .addHelpText('after', '\nExample: gonogo demo --json')
  action<{ target: DemoTarget }>(command, async ({ target }, _args, _globals, output) => {
    const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
    const result = await runDemo(repository, target, output, interrupted())
    output.result(result.text, { deployments: result.deployments, users: result.users })
    return result.ok ? EXIT.good : EXIT.notGood
  })
}
