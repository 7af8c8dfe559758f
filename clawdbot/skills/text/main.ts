import { z } from 'zod'
import { serveSkill, tool } from '../kit/serve-skill.ts'

const input = z.object({ text: z.string().max(20_000) })

serveSkill(import.meta.dirname, {
  count_words: tool({ input, run: ({ text }) => String((text.match(/\S+/g) ?? []).length) }),
  reverse: tool({ input, run: ({ text }) => [...text].reverse().join('') }),
})
