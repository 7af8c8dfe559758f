import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DrillScratch } from '../drill.ts'
import { drillRelease } from '../drill-situation.ts'
import { declaring, type McpGround, mcpDrill, serving } from '../live/mcp-drill.ts'

const config = {
  component: 'skills',
  folder: 'added',
  skill: 'extra',
  tool: 'greet',
  contains: 'hello',
  within: '500ms',
}

/** How the stand-in takes up what lies in the folder; a planted fault changes it. */
type Ways = { list: boolean; call: () => string; tellAdded: boolean; forget: boolean; tellRemoved: boolean }
const good = (): Ways => ({
  list: true,
  call: () => 'hello',
  tellAdded: true,
  forget: true,
  tellRemoved: true,
})
let ways = good()

const behaving = (name: string, change: Partial<Ways>) =>
  serving(name, () => {
    Object.assign(ways, change)
  })

/** Looks into the folder, as a server would. */
export function takeUpSkills({ server, folder }: McpGround): () => void {
  ways = good()
  mkdirSync(join(folder, 'added'), { recursive: true })
  const timer = setInterval(() => {
    const isThere = existsSync(join(folder, 'added', 'extra', 'manifest.json'))
    const isListed = 'greet' in server.skills.tools
    if (isThere && !isListed && ways.list) {
      server.skills.tools.greet = { description: 'Says hello', run: () => ways.call() }
      if (ways.tellAdded) server.tell()
    }
    if (!isThere && isListed && ways.forget) {
      delete server.skills.tools.greet
      if (ways.tellRemoved) server.tell()
    }
  }, 20)
  return () => clearInterval(timer)
}

const common = mcpDrill(
  'A.3.5',
  async (scratch) => {
    await scratch.write('extra/manifest.json', '{}')
    return config
  },
  () => ({ tools: { other: { description: 'Another', run: () => '' } }, listing: { skills: [] } }),
  [
    behaving('a skill that is never taken up', { list: false }),
    behaving('a skill that is listed and cannot be called', {
      call: () => {
        throw new Error('not started')
      },
    }),
    behaving('a skill that answers something else', { call: () => 'goodbye' }),
    behaving('clients that are not told of a new skill', { tellAdded: false }),
    behaving('a skill that stays when it is removed', { forget: false }),
    behaving('clients that are not told of a removed skill', { tellRemoved: false }),
    serving(
      'a tool that was there before',
      (skills) => {
        skills.tools.greet = { description: 'Says hello', run: () => 'hello' }
        ways.forget = false
      },
      'unknown',
    ),
    serving(
      'a machine without bubblewrap',
      (skills) => {
        ways.list = false
        skills.listing = { skills: [], refused: [{ name: 'extra', reason: 'bubblewrap is not installed' }] }
      },
      'unknown',
    ),
    declaring('a skill that is not in the artifact', 'unknown', { ...config, skill: 'gone' }),
  ],
  takeUpSkills,
)

export const drill = {
  ...common,
  ground: async (scratch: DrillScratch) => {
    const ground = await common.ground(scratch)
    return { ...ground, context: { ...ground.context, release: drillRelease({ artifact: '.' }) } }
  },
}
