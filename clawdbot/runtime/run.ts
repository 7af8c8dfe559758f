import { ConfigurationError } from './configuration.ts'
import type { Log } from './log.ts'

/** What an entry point runs: a started component. */
export interface Running {
  readonly log: Log
  /** Drains and releases everything; resolves with the number of requests that were cut. */
  readonly close: () => Promise<number>
}

const ENVIRONMENT_ERRORS = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOENT', 'ERR_SQLITE_ERROR'])

/**
 * Runs a component as this process: SIGTERM and SIGINT drain it. Exit codes: 0 drained, 1 requests were cut or a
 * defect, 2 wrong configuration, 3 the environment (port in use, file missing). A failure is one line on stderr.
 */
export async function runProcess(name: string, start: () => Promise<Running>): Promise<void> {
  try {
    const running = await start()
    let stopping = false
    const stop = async (signal: string) => {
      if (stopping) return
      stopping = true
      const cut = await running.close()
      running.log.info({ signal, cut }, 'stopped')
      process.exit(cut === 0 ? 0 : 1)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(exitCodeOf(error))
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigurationError) return 2
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return ENVIRONMENT_ERRORS.has(code) ? 3 : 1
}
