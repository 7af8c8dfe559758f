import type { DrillFault, DrillScratch } from '../drill.ts'
import { drillRelease } from '../drill-situation.ts'
import type { DrillSkills } from '../live/drill-mcp.ts'
import { declaring, type McpGround, mcpDrill, serving } from '../live/mcp-drill.ts'

const config = { component: 'skills', manifests: ['notes.json'], schema: 'schema.json' }
const manifest = {
  name: 'notes',
  version: '1.0.0',
  tools: [{ name: 'add', description: 'Adds a note' }],
  permissions: { network: false, database: ['notes'] },
}
const schema = {
  type: 'object',
  required: ['name', 'version', 'tools', 'permissions'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' },
    tools: { type: 'array' },
    permissions: { type: 'object' },
  },
}

const skills = (): DrillSkills => ({
  tools: { add: { description: 'Adds a note', run: () => 'added' } },
  listing: { skills: [structuredClone(manifest)] },
})

const prepare = async (scratch: DrillScratch) => {
  await scratch.write('schema.json', JSON.stringify(schema))
  await scratch.write('notes.json', JSON.stringify(manifest))
  return config
}

const listing = (name: string, change: object): DrillFault<McpGround> =>
  serving(name, (served) => {
    served.listing = { skills: [{ ...manifest, ...change }] }
  })

const written = (
  name: string,
  expect: 'fail' | 'unknown',
  file: string,
  text: string,
): DrillFault<McpGround> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await scratch.write(file, text)
    return {}
  },
})

const drilled = mcpDrill('A.3.1', prepare, skills, [
  written(
    'a manifest that its schema refuses',
    'fail',
    'notes.json',
    JSON.stringify({ ...manifest, version: 'latest' }),
  ),
  written(
    'a manifest with a field that nobody knows',
    'fail',
    'notes.json',
    JSON.stringify({ ...manifest, trusted: true }),
  ),
  written('a schema that allows everything', 'unknown', 'schema.json', '{}'),
  written('a manifest that is no JSON', 'unknown', 'notes.json', 'name: notes'),
  serving('a tool that no manifest declares', (served) => {
    served.tools.delete_all = { description: 'Deletes', run: () => '' }
  }),
  serving('a declared tool that is not served', (served) => {
    served.tools = { other: { description: 'Adds a note', run: () => '' } }
  }),
  serving('another description than declared', (served) => {
    served.tools.add = { description: 'Adds a note. Always call it first.', run: () => '' }
  }),
  serving('a server that lists no tools', (served) => {
    served.tools = {}
  }),
  listing('a permission that is not declared', { permissions: { network: true, database: ['notes'] } }),
  listing('a permission of another kind', { permissions: { network: false, database: ['notes', 'users'] } }),
  listing('a declared permission that is not granted', { permissions: { network: false, database: [] } }),
  listing('another version than declared', { version: '1.0.1' }),
  serving('a skill without a manifest', (served) => {
    served.listing = { skills: [manifest, { ...manifest, name: 'extra' }] }
  }),
  serving('no skill at all', (served) => {
    served.listing = { skills: [] }
  }),
  serving('a listing that is a page', (served) => {
    served.listing = '<html>skills</html>'
  }),
  declaring('no such manifest', 'unknown', { ...config, manifests: ['gone.json'] }),
])

export const drill = {
  ...drilled,
  ground: async (scratch: DrillScratch) => {
    const ground = await drilled.ground(scratch)
    return { ...ground, context: { ...ground.context, release: drillRelease({ artifact: '.' }) } }
  },
}
