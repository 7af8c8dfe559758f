import { runProcess } from '../runtime/run.ts'
import { runSkillsCommand } from './command.ts'
import { startSkills } from './skills.ts'

const args = process.argv.slice(2)
if (args.length === 0) await runProcess('skills', () => startSkills({ environment: process.env }))
else runSkillsCommand(args, process.env)
