import type { Command } from 'commander'
import { EXIT } from '#engine/exit-codes.ts'
import { verifyBundle } from '#evidence/verify-bundle.ts'
import { action } from '../command.ts'

export function registerVerify(root: Command): void {
  const command = root
    .command('verify')
    .description("recompute a bundle's chain, signatures and digests from its files alone")
    .argument('<bundle>', "a deployment's bundle folder")
    .option(
      '--digest <sha256>',
      'what gonogo printed when the bundle was written: finds one that was written anew',
    )
    .addHelpText('after', '\nExample: gonogo verify .gonogo/deployments/d-7f3a/bundle')
  action<{ digest?: string }>(command, async (options, [folder = ''], _globals, output) => {
    const result = await verifyBundle(folder, options)
    const { checked } = result
    const counted = `${checked.records} records, ${checked.signatures} signatures, ${checked.evidence} pieces of evidence, ${checked.files} files`
    const text = result.ok
      ? `✓ ${folder} holds: ${counted}`
      : [
          `✗ ${folder} does not hold:`,
          ...result.problems.map((p) => `  ${p.file}${p.place ? ` ${p.place}` : ''}: ${p.problem}`),
        ].join('\n')
    output.result(text, result)
    return result.ok ? EXIT.good : EXIT.notGood
  })
}
