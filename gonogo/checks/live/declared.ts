import { type CheckContext, CheckProblem } from '../check.ts'

/** A part of the check's block that it cannot do without. Throws a CheckProblem with the line to add where it is not there. */
export function declared<T>(ctx: CheckContext, value: T | undefined, line: string): T {
  if (value !== undefined) return value
  const [key = ''] = line.split(':')
  throw new CheckProblem(`checks: { "${ctx.item}": … } declares no ${key}; add ${line}`)
}
