import type { Command } from 'commander'
import type { CheckSettled } from '#core/events.ts'
import { checkNow } from '#engine/check-now.ts'
import { EXIT } from '#engine/exit-codes.ts'
import { action } from '../command.ts'
import { interrupted } from '../interrupted.ts'
import { loadReleaseOf, loadWorkspace } from '../load.ts'
import { newestRelease } from '../newest-release.ts'

export function registerCheck(root: Command): void {
  const command = root
    .command('check')
    .description('run proofs now, without a deployment')
    .argument('[items...]', 'item ids; every bound one of phases 1 and 2 without')
    .option('--release <version>', 'the release that the proofs are about; the newest without one')
    .option('--environment <name>', 'the environment', 'production')
    .addHelpText('after', '\nExample: gonogo check 1.3.6 2.1.1')
  action<{ release?: string; environment: string }>(command, async (options, items, globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const version = options.release ?? newestRelease(workspace)
    const release = loadReleaseOf(workspace, version, null)
    const results = await checkNow({
      workspace,
      environment: options.environment,
      release,
      releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
      items,
      started: (id) => output.say(`  … ${id}`),
      trouble: (words) => output.say(`  ! ${words}`),
      stop: interrupted(),
    })
    output.result(results.map(resultLine).join('\n'), { version: 1, release: version, results })
    return results.every((r) => r.verdict === 'pass') ? EXIT.good : EXIT.notGood
  })
}

const GLYPH = { pass: '✓', fail: '✗', unknown: '?' } as const

const resultLine = (r: CheckSettled): string =>
  `${GLYPH[r.verdict]} ${r.item.padEnd(8)} ${r.verdict.padEnd(8)} ${r.summary} (${r.source})`
