import { createRoute, z } from '@hono/zod-openapi'
import { ProblemError } from '../../runtime/problem.ts'
import { storedText } from '../../text/stored-text.ts'
import type { App } from '../admission.ts'
import { doorProblems, json, jsonBody, problems, withToken } from '../openapi.ts'
import type { GatewayParts } from '../parts.ts'
import { note, noteId } from './note-schema.ts'

const newNote = z
  .strictObject({ title: storedText.trim().min(1).max(200), text: storedText.max(10_000) })
  .openapi('NewNote')
const page = z.object({ limit: z.coerce.number().int().min(1).max(100).default(50) })

const addNote = createRoute({
  method: 'post',
  path: '/v1/notes',
  operationId: 'addNote',
  security: withToken,
  request: { body: jsonBody(newNote) },
  responses: { 201: json(note, 'The note as stored'), ...doorProblems(), ...problems(400, 413, 415, 503) },
})

const listNotes = createRoute({
  method: 'get',
  path: '/v1/notes',
  operationId: 'listNotes',
  security: withToken,
  request: { query: page },
  responses: {
    200: json(z.object({ notes: z.array(note) }), 'The caller’s own notes, newest first'),
    ...doorProblems(),
    ...problems(400, 503),
  },
})

const getNote = createRoute({
  method: 'get',
  path: '/v1/notes/{id}',
  operationId: 'getNote',
  security: withToken,
  request: { params: noteId },
  responses: { 200: json(note, 'The note'), ...doorProblems(), ...problems(400, 404, 503) },
})

const deleteNote = createRoute({
  method: 'delete',
  path: '/v1/notes/{id}',
  operationId: 'deleteNote',
  security: withToken,
  request: { params: noteId },
  responses: { 204: { description: 'Deleted' }, ...doorProblems(), ...problems(400, 404, 503) },
})

/** The caller's own notes. Another's note does not exist for the caller. */
export function addNoteRoutes(app: App, { notes }: GatewayParts): void {
  app.openapi(addNote, async (context) => {
    const stored = await notes().add(context.get('principal').user, context.req.valid('json'))
    return context.json(stored, 201, { location: `/v1/notes/${stored.id}` })
  })
  app.openapi(listNotes, async (context) => {
    const { user } = context.get('principal')
    return context.json({ notes: await notes().list(user, context.req.valid('query').limit) }, 200)
  })
  app.openapi(getNote, async (context) => {
    const found = await notes().get(context.get('principal').user, context.req.valid('param').id)
    if (!found) throw noSuchNote()
    return context.json(found, 200)
  })
  app.openapi(deleteNote, async (context) => {
    if (!(await notes().remove(context.get('principal').user, context.req.valid('param').id)))
      throw noSuchNote()
    return context.body(null, 204)
  })
}

/** The refusal for a note that is not there, or is another's. */
export function noSuchNote(): ProblemError {
  const detail = 'you have no note with this id'
  return new ProblemError({ status: 404, code: 'unknown_note', title: 'Unknown note', detail })
}
