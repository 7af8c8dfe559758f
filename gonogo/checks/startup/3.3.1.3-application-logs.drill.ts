import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance } from '../drill-situation.ts'

const STARTED = Date.parse('2026-01-01T12:00:00Z')
const line = (level: string | number, time: string, rest: object = {}) =>
  JSON.stringify({ level, time: `2026-01-01T${time}Z`, msg: `a line of level ${level}`, ...rest })

const started = line('info', '12:00:01', { version: '1.1.0' })

async function situation(scratch: DrillScratch, text: string | null) {
  if (text !== null) await scratch.write('gateway-1.log', text)
  const logFile = text === null ? null : join(scratch.folder, 'gateway-1.log')
  const instance = drillInstance({ startedAtMs: STARTED, logFile })
  return { context: { environment: drillEnvironment({ candidates: async () => [instance] }) } }
}

const withLog = (name: string, expect: 'fail' | 'unknown', text: string | null): DrillFault<null> => ({
  name,
  expect,
  plant: (_ground, scratch) => situation(scratch, text),
})

export const drill = defineDrill<null>({
  item: '3.3.1.3',
  ground: async (scratch) => ({
    config: {},
    ground: null,
    ...(await situation(scratch, [line('error', '11:59:59'), started, line('warn', '12:00:02')].join('\n'))),
  }),
  faults: [
    withLog('a line of level error', 'fail', [started, line('error', '12:00:02')].join('\n')),
    withLog('a line of level 60', 'fail', [started, line(60, '12:00:02')].join('\n')),
    withLog('an error without a time', 'fail', [started, '{"level":"error","msg":"boom"}'].join('\n')),
    withLog('lines from before the start only', 'unknown', line('info', '11:59:59')),
    withLog('no lines at all', 'unknown', ''),
    withLog('a log of the old version', 'unknown', line('info', '12:00:01', { version: '1.0.0' })),
    withLog('a stack trace on stderr', 'unknown', [started, 'Error: boom', '    at main.ts:1'].join('\n')),
    withLog('no log kept', 'unknown', null),
  ],
})
