import { runProcess } from '../runtime/run.ts'
import { startSkills } from './skills.ts'

await runProcess('skills', () => startSkills({ environment: process.env }))
