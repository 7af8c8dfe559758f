import type { Json } from '#core/json.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance } from '../drill-situation.ts'
import { type DrillMcp, type DrillSkills, mcpContext, startDrillMcp } from './drill-mcp.ts'

export type McpGround = { readonly server: DrillMcp; readonly folder: string }

/** A fault in what the server serves. */
export const serving = (
  name: string,
  change: (skills: DrillSkills, ground: McpGround) => void,
  expect: 'fail' | 'unknown' = 'fail',
): DrillFault<McpGround> => ({
  name,
  expect,
  plant: async ({ ground }) => {
    change(ground.server.skills, ground)
    return {}
  },
})

/** A fault in the check's configuration. */
export const declaring = (name: string, expect: 'fail' | 'unknown', config: Json): DrillFault<McpGround> => ({
  name,
  expect,
  plant: async () => ({ config }),
})

const aPage: DrillFault<McpGround> = {
  name: 'a page for every path',
  expect: 'fail',
  plant: async () => {
    const { createServer } = await import('node:http')
    const page = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>welcome</title>')
    })
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
    const { port } = page.address() as { port: number }
    return {
      context: mcpContext(placeOf(`http://127.0.0.1:${port}`)),
      close: async () => {
        page.closeAllConnections()
        page.close()
      },
    }
  },
}

const nobody: DrillFault<McpGround> = {
  name: 'a closed port',
  expect: 'unknown',
  plant: async () => ({ context: mcpContext(placeOf('http://127.0.0.1:1')) }),
}

const elsewhere: DrillFault<McpGround> = {
  name: 'a component that does not run',
  expect: 'unknown',
  plant: async () => ({
    context: mcpContext(drillEnvironment({ candidates: async () => [drillInstance()] })),
  }),
}

function placeOf(url: string) {
  const instances = async () => [drillInstance({ id: 'skills-1', component: 'skills', url })]
  return drillEnvironment({ url, candidates: instances, stables: instances, access: async () => 'a-token' })
}

/** The drill of a check that asks an MCP server: what it serves, the faults in it, a page for every path, and nobody there. */
export const mcpDrill = (
  item: string,
  config: (scratch: DrillScratch) => Json | Promise<Json>,
  skills: (scratch: DrillScratch) => DrillSkills,
  faults: readonly DrillFault<McpGround>[],
  begin: (ground: McpGround) => () => void = () => () => {},
) =>
  defineDrill<McpGround>({
    item,
    ground: async (scratch) => {
      const server = await startDrillMcp(skills(scratch))
      const ground = { server, folder: scratch.folder }
      const end = begin(ground)
      return {
        config: await config(scratch),
        context: mcpContext(server.environment()),
        ground,
        close: async () => {
          end()
          await server.close()
        },
      }
    },
    faults: [...faults, aPage, nobody, elsewhere],
  })
