import { z } from 'zod'
import type { SkillTool } from '../skill.ts'

const input = z.object({ text: z.string().max(20_000) })

/** Counts and turns text; needs nothing but its input. */
export const textTools: readonly SkillTool[] = [
  {
    name: 'count_words',
    description: 'Counts the words in a text',
    input,
    allowedBy: ['count', 'how many words'],
    run: (given) => String((input.parse(given).text.match(/\S+/g) ?? []).length),
  },
  {
    name: 'reverse',
    description: 'Turns a text around',
    input,
    allowedBy: ['reverse', 'backwards'],
    run: (given) => [...input.parse(given).text].reverse().join(''),
  },
]
