import type { Command } from 'commander'
import { examine } from '#engine/examine.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import type { Finding } from '#targets/kubernetes/examine.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'

export function registerDoctor(root: Command): void {
  const command = root
    .command('doctor')
    .description(
      'what gonogo needs here and does not have: programs, permissions, objects; a remedy for each',
    )
    .option('--kubernetes', 'only what a Kubernetes environment needs of its cluster', false)
    .option('--environment <name>', 'the environment', 'production')
    .addHelpText('after', '\nExample: gonogo doctor --kubernetes')
  action<{ kubernetes: boolean; environment: string }>(command, async (options, _args, globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const declared = workspace.service.environments[options.environment]
    if (!declared)
      throw new Refusal(
        'no-environment',
        `environments: there is no ${options.environment} in ${globals.file}`,
      )
    if (options.kubernetes && declared.target.kind !== 'kubernetes')
      throw new Refusal(
        'not-kubernetes',
        `environments.${options.environment}.target.kind is ${declared.target.kind}; leave --kubernetes out`,
      )
    const findings = await examine(workspace, options.environment, options.kubernetes)
    output.result(findings.map(line).join('\n'), { version: 1, environment: options.environment, findings })
    return findings.every(({ ok }) => ok) ? EXIT.good : EXIT.notGood
  })
}

const line = ({ what, ok, detail, remedy }: Finding): string =>
  `${ok ? '✓' : '✗'} ${what}: ${detail}${remedy === null ? '' : ` → ${remedy}`}`
