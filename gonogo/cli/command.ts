import type { Command } from 'commander'
import { EXIT } from '#engine/exit-codes.ts'
import { makeOutput, type Output } from './output.ts'

export type Globals = { readonly file: string; readonly json: boolean }

/** What a verb is given: the global options and where to speak. Answers with an exit code. */
export type Run<O> = (
  options: O,
  args: readonly string[],
  globals: Globals,
  output: Output,
) => Promise<number>

let exitCode: number = EXIT.good
export const exitCodeSoFar = (): number => exitCode

/** Binds a verb to its work: reads the globals, makes the output, keeps the exit code. */
export function action<O>(command: Command, run: Run<O>): void {
  command.action(async (...all: unknown[]) => {
    const args = all
      .slice(0, -2)
      .flat()
      .filter((a): a is string => typeof a === 'string')
    const globals = command.optsWithGlobals<Globals>()
    exitCode = await run(command.opts<O & object>() as O, args, globals, makeOutput(globals.json))
  })
}
