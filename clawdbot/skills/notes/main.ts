import { z } from 'zod'
import { serveSkill, tool } from '../kit/serve-skill.ts'

// Whose notes they are is the call's ticket, which the host made; neither the model nor this skill can name a user.
serveSkill(import.meta.dirname, {
  notes_add: tool({
    input: z.object({ text: z.string().min(1).max(8_000) }),
    run: ({ text }, ask) => ask('notes/add', { text }),
  }),
  notes_list: tool({ input: z.object({}), run: (_input, ask) => ask('notes/list', {}) }),
})
