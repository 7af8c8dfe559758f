import { createRoute, z } from '@hono/zod-openapi'
import type { App } from '../admission.ts'
import { doorProblems, json, jsonBody, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'
import { note, noteId } from './note-schema.ts'
import { noSuchNote } from './notes.ts'

const pinning = z.strictObject({ pinned: z.boolean() }).openapi('Pinning')

const setPinned = createRoute({
  method: 'put',
  path: '/v1/notes/{id}/pinned',
  operationId: 'setPinned',
  security: withToken,
  request: { params: noteId, body: jsonBody(pinning) },
  responses: {
    200: json(note, 'The note as it is now'),
    ...doorProblems(),
    ...problems(400, 404, 413, 415, 503),
  },
})

/** Keeping a note on top of the list. */
export function addPinnedNoteRoutes(app: App, { notes, pinNote }: GatewayParts): void {
  app.openapi(setPinned, async (context) => {
    const { user } = context.get('principal')
    const { id } = context.req.valid('param')
    const isPinned = await pinNote()(user, id, context.req.valid('json').pinned)
    const found = isPinned ? await notes().get(user, id) : undefined
    if (!found) throw noSuchNote()
    return context.json(found, 200)
  })
}
