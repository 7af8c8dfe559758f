import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { loadChecklist } from '#connectors/yaml-file/index.ts'
import { PROVED_BY } from '#core/checklist.ts'
import { logDrillsOf, tryLogDrill } from './try-log-drill.ts'

const loaded = loadChecklist(
  fileURLToPath(new URL('../../../checklists/clawdbot-production.yaml', import.meta.url)),
)
if (!loaded.ok) throw new Error('the checklist does not load')
const checklist = loaded.value

it('every way in which the log proves items has its drill', () => {
  expect(
    logDrillsOf(checklist)
      .map(([, { by }]) => by)
      .sort(),
  ).toEqual([...PROVED_BY].sort())
})

it.each(logDrillsOf(checklist))(
  'the drill of %s is green without a fault and red with each',
  async (item, drill) => {
    let faults = 0
    for await (const result of tryLogDrill(checklist, item, drill)) {
      faults++
      const said = `${result.fault}: ${result.without} → ${result.with}: ${result.summary}`
      expect.soft(said).toContain(`${result.fault}: pass → ${result.expected}: `)
      expect.soft(result.ok).toBe(true)
    }
    expect(faults).toBe(drill.faults.length)
  },
)
