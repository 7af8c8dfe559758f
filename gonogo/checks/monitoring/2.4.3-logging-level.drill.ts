import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance } from '../drill-situation.ts'

const SECOND_MS = 1000

const line = (level: string | number, secondsAgo: number): string =>
  JSON.stringify({ level, time: Date.now() - secondsAgo * SECOND_MS, msg: `a line of level ${level}` })

/** Two instances; the texts of their logs. */
async function situation(scratch: DrillScratch, texts: readonly (string | null)[]) {
  const instances = await Promise.all(
    texts.map(async (text, index) => {
      const name = `gateway-${index + 1}.log`
      if (text !== null) await scratch.write(name, text)
      const logFile = text === null ? null : join(scratch.folder, name)
      return drillInstance({ id: `gateway-${index + 1}`, version: '1.0.0', logFile })
    }),
  )
  return { context: { environment: drillEnvironment({ stables: async () => instances }) } }
}

const good = [line('info', 30), line(20, 20)].join('\n')

const withLogs = (
  name: string,
  expect: 'fail' | 'unknown',
  ...texts: readonly (string | null)[]
): DrillFault<null> => ({ name, expect, plant: (_ground, scratch) => situation(scratch, texts) })

export const drill = defineDrill<null>({
  item: '2.4.3',
  ground: async (scratch) => ({
    config: { level: 'debug' },
    ground: null,
    ...(await situation(scratch, [good, line('trace', 1)])),
  }),
  faults: [
    withLogs('one of two was forgotten', 'fail', good, line('info', 1)),
    withLogs(
      'a line of that level that is an hour old',
      'fail',
      [line('debug', 3600), line('info', 1)].join('\n'),
    ),
    withLogs(
      'a line of that level without a time',
      'fail',
      ['{"level":"debug"}', line('info', 1)].join('\n'),
    ),
    withLogs(
      'the word in a message',
      'fail',
      JSON.stringify({ level: 'info', time: Date.now(), msg: 'debug' }),
    ),
    withLogs('nothing written lately', 'unknown', line('debug', 3600)),
    withLogs('no log kept', 'unknown', good, null),
    withLogs('no instance', 'unknown'),
  ],
})
