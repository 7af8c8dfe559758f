import { runProcess } from '../runtime/run.ts'
import { startSkills } from '../skills/skills.ts'

// The fault: the folder is looked into once, at the start.
await runProcess('skills', () =>
  startSkills({ environment: { ...process.env, SKILLS_RESCAN_MS: '86400000' } }),
)
