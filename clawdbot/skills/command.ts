import { writeApproval } from './host/approvals.ts'
import { digestOf, SkillError } from './manifest.ts'
import { approvalsFile } from './skills.ts'

const USAGE = 'usage: skills [approve NAME SURFACE | digest FOLDER]'

/**
 * What operators and authors of skills do by hand: approve a skill as it is now, and the digest a manifest must carry.
 * Exit codes: 0 done, 1 the folder is no skill's, 2 wrong use.
 */
export function runSkillsCommand(args: readonly string[], environment: NodeJS.ProcessEnv): void {
  const [command, first, surface, ...rest] = args
  try {
    if (command === 'digest' && first !== undefined && surface === undefined) say(digestOf(first))
    else if (command === 'approve' && first !== undefined && isSurface(surface) && rest.length === 0) {
      const file = approvalsFile(environment)
      if (file === undefined) complain('SKILLS_FOLDER is not set; it says whose approvals these are', 2)
      else writeApproval(file, first, surface)
    } else complain(USAGE, 2)
  } catch (error) {
    complain((error as Error).message, error instanceof SkillError ? 1 : 3)
  }
}

const isSurface = (text: string | undefined): text is string => /^sha256:[0-9a-f]{64}$/.test(text ?? '')

const say = (line: string) => void process.stdout.write(`${line}\n`)

function complain(what: string, exitCode: number): void {
  process.stderr.write(`skills: ${what}\n`)
  process.exitCode = exitCode
}
