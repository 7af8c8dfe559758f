import { setTimeout as wait } from 'node:timers/promises'
import { drillInstance, observing } from '../drill-situation.ts'
import { type DrillSkills, mcpContext } from '../live/drill-mcp.ts'
import { declaring, mcpDrill, serving } from '../live/mcp-drill.ts'

type Kind = 'memory' | 'fork' | 'spin' | 'disk' | 'output'

const config = {
  component: 'skills',
  tool: 'bomb',
  users: { path: '/ping', rate: 100, window: '300ms', slackMs: 250 },
}
/** Where the stand-in's limits are: it uses nothing, it answers as a service with limits would. */
const LIMIT: Readonly<Record<Kind, number>> = { memory: 2e8, fork: 10, spin: 3, disk: 2e7, output: 1e6 }
const BOMBS_MS = 60
/** Far more than the drill's machine adds by itself. */
const WAIT_MS = 700

const bombing = (blast: (kind: Kind, goal: number) => string | Promise<string>): DrillSkills['tools'] => ({
  bomb: { description: 'Uses up a resource', run: ({ kind, goal }) => blast(kind as Kind, goal as number) },
})

const reached = (kind: Kind, goal: number, so: number) =>
  kind === 'output' ? 'x'.repeat(so) : JSON.stringify({ kind, goal, reached: so })

const limited = async (kind: Kind, goal: number): Promise<string> => {
  if (goal <= LIMIT[kind]) return reached(kind, goal, goal)
  await wait(BOMBS_MS)
  // A process that is ended answers nothing; a full disk or table of processes is told.
  if (kind === 'memory' || kind === 'spin' || kind === 'output') throw new Error('the skill was ended')
  return reached(kind, goal, LIMIT[kind])
}

const unlimited = (name: string, which: Kind) =>
  serving(name, (skills) => {
    skills.tools = bombing((kind, goal) => (kind === which ? reached(kind, goal, goal) : limited(kind, goal)))
  })

let hasExploded = false
const exploding = async (kind: Kind, goal: number): Promise<string> => {
  hasExploded = goal > LIMIT[kind]
  return limited(kind, goal).finally(() => {
    hasExploded = false
  })
}

export const drill = mcpDrill(
  'A.3.4',
  () => config,
  () => ({ tools: bombing(limited), listing: { skills: [], sandbox: { available: true } } }),
  [
    unlimited('no limit on memory', 'memory'),
    unlimited('no limit on processes', 'fork'),
    unlimited('no limit on processor time', 'spin'),
    unlimited('no limit on the disk', 'disk'),
    unlimited('no limit on output', 'output'),
    serving('a server that does not outlive the fork bomb', (skills) => {
      let isGone = false
      skills.tools = bombing((kind, goal) => {
        if (isGone) throw new Error('no such process')
        isGone = kind === 'fork' && goal > LIMIT.fork
        return limited(kind, goal)
      })
    }),
    serving('users who wait for the bombs', (skills) => {
      skills.tools = bombing(exploding)
      skills.ping = async () => {
        if (hasExploded) await wait(WAIT_MS)
        return { status: 200, body: { status: 'ok' } }
      }
    }),
    serving('users who are refused meanwhile', (skills) => {
      skills.tools = bombing(exploding)
      skills.ping = async () => ({ status: hasExploded ? 503 : 200, body: { status: 'ok' } })
    }),
    {
      name: 'a server that was restarted',
      expect: 'fail',
      plant: async ({ ground }) => {
        const again = drillInstance({ id: 'skills-1', component: 'skills', pid: process.pid, restarts: 1 })
        return { context: mcpContext(ground.server.environment({ target: observing([again]) })) }
      },
    },
    serving(
      'a probe that fails at everything',
      (skills) => {
        skills.tools = bombing(() => {
          throw new Error('not today')
        })
      },
      'unknown',
    ),
    serving(
      'a probe that only says it tried',
      (skills) => {
        skills.tools = bombing(() => JSON.stringify({ reached: 0 }))
      },
      'unknown',
    ),
    serving(
      'a machine without bubblewrap',
      (skills) => {
        skills.tools = {}
        skills.listing = { skills: [], refused: [{ name: 'probe', reason: 'bubblewrap is not installed' }] }
      },
      'unknown',
    ),
    declaring('a tool that is not there', 'unknown', { ...config, tool: 'other' }),
  ],
)
