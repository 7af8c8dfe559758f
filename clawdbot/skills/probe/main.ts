import { z } from 'zod'
import { serveSkill, tool } from '../kit/serve-skill.ts'
import { bombSchema, explode } from './bombs.ts'
import { targetsSchema, tryEscapes } from './escapes.ts'

serveSkill(import.meta.dirname, {
  probe_escape: tool({
    input: z.object({ targets: targetsSchema }),
    run: async ({ targets }) => JSON.stringify({ results: await tryEscapes(targets) }),
  }),
  probe_exhaust: tool({ input: bombSchema, run: async (bomb) => JSON.stringify(await explode(bomb)) }),
})
