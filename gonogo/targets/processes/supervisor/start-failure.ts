import type { Outcome } from '#targets/target.ts'
import { lastLines } from './log-lines.ts'
import type { ManagedProcess } from './managed-process.ts'

/** This many ends without ever being ready are a loop. */
const ENDS_BEFORE_LOOP = 3

/** Why a stack that was never ready will not be, or null while it still may. */
export function startFailure(processes: readonly ManagedProcess[]): Outcome | null {
  const unstartable = processes.find((process) => process.isUnstartable)
  if (unstartable) return failure('start-failed', unstartable, 'cannot be started')
  const looping = processes.find((process) => process.record.restarts >= ENDS_BEFORE_LOOP)
  if (looping) return failure('crash-loop', looping, `ended ${ENDS_BEFORE_LOOP} times before it was ready`)
  return null
}

export function notReady(processes: readonly ManagedProcess[], afterMs: number): Outcome {
  const suspect =
    processes.find((process) => process.lastEnd !== null) ??
    processes.find((process) => !process.isReady) ??
    processes[0]
  const what = `not ready after ${afterMs} ms`
  return suspect ? failure('not-ready', suspect, what) : { ok: false, code: 'not-ready', detail: what }
}

/** Names the process that is to blame, how it last ended, and its last words. */
function failure(code: string, { record, lastEnd }: ManagedProcess, what: string): Outcome {
  const end = lastEnd ? ` (${lastEnd})` : ''
  const words = lastLines(record.logFile)
  const log = words ? `; log ${record.logFile}:\n${words}` : `; its log ${record.logFile} is empty`
  return { ok: false, code, detail: `${record.component} ${record.id}: ${what}${end}${log}` }
}
