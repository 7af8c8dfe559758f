import { runProcess } from '../runtime/run.ts'
import { startSkills } from '../skills/skills.ts'

const NONE = 2 ** 34
// The fault: a sandbox with limits that nothing reaches.
const limits = {
  ...{ memoryBytes: NONE, dataBytes: NONE, tasks: 4_000, diskBytes: 2 ** 30 },
  ...{ outputBytes: 2 ** 30, cpuSeconds: 1_000, callMs: 60_000 },
}
await runProcess('skills', () =>
  startSkills({ environment: process.env, change: (host) => ({ ...host, limits }) }),
)
