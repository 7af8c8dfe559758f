import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { DrillScratch } from '../drill.ts'
import { drillRelease } from '../drill-situation.ts'
import type { DrillSkills } from '../live/drill-mcp.ts'
import type { Targets } from '../live/escape-targets.ts'
import { declaring, type McpGround, mcpDrill, serving } from '../live/mcp-drill.ts'
import { ESCAPES } from './A.3.3-sandbox.ts'

const config = { component: 'skills', tool: 'probe', twin: ['node', 'twin.mjs'] }

const results = (managed: readonly string[], names: readonly string[] = ESCAPES) =>
  JSON.stringify({
    results: names.map((name) => ({ escape: name, managed: managed.includes(name), detail: '' })),
  })

const probing = (run: (targets: Targets) => string | Promise<string>): DrillSkills['tools'] => ({
  probe: { description: 'Tries to get out', run: (input) => run(input.targets as Targets) },
})

const saying = (
  name: string,
  run: (targets: Targets) => string | Promise<string>,
  expect: 'fail' | 'unknown' = 'fail',
) =>
  serving(
    name,
    (skills) => {
      skills.tools = probing(run)
    },
    expect,
  )

const twin = (name: string, script: string) => ({
  name,
  expect: 'unknown' as const,
  plant: async (_ground: unknown, scratch: DrillScratch) => {
    await scratch.write('twin.mjs', script)
    return {}
  },
})

const common = mcpDrill(
  'A.3.3',
  async (scratch) => {
    await scratch.write('twin.mjs', `console.log(${JSON.stringify(results(ESCAPES))})`)
    return config
  },
  () => ({ tools: probing(() => results([])), listing: { skills: [], sandbox: { available: true } } }),
  [
    ...ESCAPES.map((name) => saying(`a sandbox that lets out by ${name}`, () => results([name]))),
    saying('no sandbox at all', () => results(ESCAPES)),
    saying('a probe that hides that it got out by tcp', async ({ host, tcpPort }) => {
      await new Promise((resolve) => connect(tcpPort, host).once('close', resolve))
      return results([])
    }),
    saying('a probe that hides what it wrote', ({ folder, marker }) => {
      writeFileSync(join(folder, marker), '')
      return results([])
    }),
    saying('a probe that hides whom it ended', async ({ pid }) => {
      process.kill(pid, 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, 50))
      return results([])
    }),
    saying('a probe that tries less', () => results([], ESCAPES.slice(1)), 'unknown'),
    saying('a probe that says something else', () => 'all is well', 'unknown'),
    saying(
      'a sandbox that failed to start',
      () => {
        throw new Error('bwrap: no permissions')
      },
      'unknown',
    ),
    twin(
      'a probe that gets nowhere outside either',
      `console.log(${JSON.stringify(results(ESCAPES.slice(1)))})`,
    ),
    twin('a twin that does not run', 'process.exit(1)'),
    serving(
      'a machine without bubblewrap',
      (skills: DrillSkills, _ground: McpGround) => {
        skills.tools = {}
        skills.listing = { skills: [], sandbox: { available: false, reason: 'bubblewrap is not installed' } }
      },
      'unknown',
    ),
    declaring('a tool that is not there', 'unknown', { ...config, tool: 'other' }),
  ],
)

export const drill = {
  ...common,
  ground: async (scratch: DrillScratch) => {
    const ground = await common.ground(scratch)
    return { ...ground, context: { ...ground.context, release: drillRelease({ artifact: '.' }) } }
  },
}
