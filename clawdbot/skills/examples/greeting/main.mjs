import { z } from 'zod'
// Where the kit lies when the skill runs: beside the skill's own folder.
import { serveSkill, tool } from '../kit/serve-skill.ts'

// The smallest skill: what an author starts from, and what is added and removed to see that discovery works.
serveSkill(import.meta.dirname, {
  greet: tool({ input: z.object({ name: z.string().max(100) }), run: ({ name }) => `hello ${name}` }),
})
