const note = {
  type: 'object',
  required: ['id', 'title', 'text'],
  properties: { id: { type: 'string', format: 'uuid' }, title: { type: 'string' }, text: { type: 'string' } },
}
const newNote = {
  type: 'object',
  required: ['title', 'text'],
  additionalProperties: false,
  properties: { title: { type: 'string', minLength: 1, maxLength: 200 }, text: { type: 'string' } },
}
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const answers = (schema: object, status = 200) => ({ [status]: { description: 'done', ...json(schema) } })
const security = [{ bearer: [] }]
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
const probe = {
  type: 'object',
  required: ['status', 'version'],
  properties: { status: { type: 'string' }, version: { type: 'string' } },
}
const level = { type: 'object', required: ['level'], properties: { level: { type: 'string' } } }

/** The drill service's OpenAPI document. */
export const drillOpenApi = (version: string) => ({
  openapi: '3.1.0',
  info: { title: 'drill', version },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  paths: {
    '/health': { get: { operationId: 'getHealth', responses: answers(probe) } },
    '/ready': { get: { operationId: 'getReady', responses: answers(probe) } },
    '/v1/notes': {
      get: {
        operationId: 'listNotes',
        security,
        responses: answers({
          type: 'object',
          required: ['notes'],
          properties: { notes: { type: 'array', items: note } },
        }),
      },
      post: {
        operationId: 'addNote',
        security,
        requestBody: { required: true, ...json(newNote) },
        responses: answers(note, 201),
      },
    },
    '/v1/notes/{id}': {
      get: { operationId: 'getNote', security, parameters: [id], responses: answers(note) },
      delete: {
        operationId: 'deleteNote',
        security,
        parameters: [id],
        responses: { 204: { description: 'deleted' } },
      },
    },
    '/v1/admin/log-level': { get: { operationId: 'getLogLevel', security, responses: answers(level) } },
  },
})
