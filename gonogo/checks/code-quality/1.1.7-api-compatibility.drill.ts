import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import {
  commitFiles,
  drillEnvironment,
  drillInstance,
  drillRelease,
  drillService,
  drillStable,
  newRepository,
} from '#checks/drill-situation.ts'

type Schema = { type: string; required: string[]; properties: Record<string, Record<string, unknown>> }
type Document = {
  openapi: string
  info: unknown
  paths: Record<string, unknown>
  components: { schemas: { Note: Schema; Draft: Schema } }
}
type Ground = { readonly repository: string; readonly stable: string; readonly document: Document }

const schemaRef = (name: string) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
})

const documentOf = (): Document => ({
  openapi: '3.1.0',
  info: { title: 'drill', version: '1' },
  paths: {
    '/v1/notes': {
      get: { responses: { 200: { description: 'ok', content: schemaRef('Note') } } },
      post: {
        requestBody: { required: true, content: schemaRef('Draft') },
        responses: { 201: { description: 'made' } },
      },
    },
  },
  components: {
    schemas: {
      Note: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string' }, size: { type: 'integer' } },
      },
      Draft: { type: 'object', required: ['text'], properties: { text: { type: 'string', maxLength: 100 } } },
    },
  },
})

async function ground(scratch: DrillScratch) {
  const repository = await newRepository(join(scratch.folder, 'repository'))
  const document = documentOf()
  const stable = await commit(repository.folder, document, 'the stable version')
  document.paths['/v1/tags'] = { get: { responses: { 200: { description: 'ok' } } } }
  const head = await commit(repository.folder, document, 'feat: tags')
  const context = contextOf(stable, head)
  return {
    config: { document: 'openapi.json' },
    context,
    ground: { repository: repository.folder, stable, document },
  }
}

const commit = (folder: string, document: unknown, message: string): Promise<string> =>
  commitFiles({ folder }, { message, files: { 'openapi.json': JSON.stringify(document) } })

const contextOf = (stable: string, head: string) => ({
  service: drillService(),
  release: drillRelease({ commit: head }),
  stable: drillStable({ commit: stable }),
})

/** A fault in the release's document. */
const inDocument = (
  name: string,
  expect: 'fail' | 'unknown',
  change: (document: Document) => unknown,
): DrillFault<Ground> => ({
  name,
  expect,
  plant: async ({ ground: { repository, stable, document } }) => {
    const changed = change(document) ?? document
    return { context: contextOf(stable, await commit(repository, changed, 'feat: quietly')) }
  },
})

export const drill = defineDrill<Ground>({
  item: '1.1.7',
  ground,
  faults: [
    inDocument('a removed operation', 'fail', (d) => {
      d.paths['/v1/notes'] = { get: documentOf().paths['/v1/notes'] }
    }),
    inDocument('a new required field in a request', 'fail', (d) => {
      d.components.schemas.Draft.required.push('title')
      d.components.schemas.Draft.properties.title = { type: 'string' }
    }),
    inDocument('a field gone from an answer', 'fail', (d) => {
      delete d.components.schemas.Note.properties.size
    }),
    inDocument('another type in an answer', 'fail', (d) => {
      d.components.schemas.Note.properties.size = { type: 'string' }
    }),
    inDocument('a shorter limit in a request', 'fail', (d) => {
      d.components.schemas.Draft.properties.text = { type: 'string', maxLength: 10 }
    }),
    inDocument('a document without operations', 'unknown', (d) => ({ ...d, paths: {} })),
    inDocument('a reference that leads nowhere', 'unknown', (d) => ({ ...d, components: {} })),
    {
      name: 'the same version twice',
      expect: 'unknown',
      plant: async ({ ground: { stable } }) => ({ context: contextOf(stable, stable) }),
    },
    sameInstance(),
  ],
})

/** Both documents from one instance: the router answers for both versions. */
function sameInstance(): DrillFault<Ground> {
  return {
    name: 'both documents fetched from one instance',
    expect: 'unknown',
    plant: async () => {
      const both = async () => [drillInstance({ version: '1.0.0', url: 'http://127.0.0.1:9' })]
      const environment = drillEnvironment({ candidates: both, stables: both })
      return { config: { path: '/openapi.json' }, context: { environment } }
    },
  }
}
