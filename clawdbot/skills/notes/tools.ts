import { z } from 'zod'
import type { NoteStore } from '../../database/notes.ts'
import type { SkillTool } from '../skill.ts'

const added = z.object({ text: z.string().min(1).max(8_000) })

/** The notes of the user who asks; the user comes from the agent, never from the model. */
export function notesTools(notes: () => NoteStore): readonly SkillTool[] {
  return [
    {
      name: 'notes_add',
      description: 'Saves a note of the user',
      input: added,
      allowedBy: ['add a note', 'save a note', 'take a note'],
      run: (given, user) => {
        const { text } = added.parse(given)
        const title = text.split('\n', 1)[0]?.slice(0, 80) ?? ''
        return `saved note ${notes().add(user, { title, text }).id}`
      },
    },
    {
      name: 'notes_list',
      description: 'Lists the notes of the user',
      input: z.object({}),
      allowedBy: ['my notes'],
      run: (_given, user) => {
        const lines = notes()
          .list(user, 50)
          .map((note) => `- ${note.text}`)
        return lines.length === 0 ? 'no notes' : lines.join('\n')
      },
    },
  ]
}
