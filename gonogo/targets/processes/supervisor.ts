// The process that owns an environment: proxy, children, state. It is started detached, gets its settings from who
// started it, answers whether it is up, and lives on when that process ends.
import { settingsSchema } from './protocol.ts'
import { log } from './supervisor/log.ts'
import { runSupervisor } from './supervisor/run-supervisor.ts'

// Users' requests go through this process: one that goes wrong must not take the others with it.
process.on('uncaughtException', (error) => log('defect', { error: error.stack }))
process.on('unhandledRejection', (reason) =>
  log('defect', { error: reason instanceof Error ? reason.stack : String(reason) }),
)
process.on('SIGHUP', () => {})

process.once('message', async (message) => {
  const answer = await runSupervisor(settingsSchema.parse(message)).catch((error: unknown) => {
    log('could not start', { error: error instanceof Error ? error.stack : String(error) })
    const detail = error instanceof Error ? error.message : String(error)
    return { ok: false as const, code: 'supervisor-failed', detail }
  })
  const leave = () => {
    if (!answer.ok) process.exit(1)
    if (process.connected) process.disconnect()
  }
  // Whoever asked may be gone by now; that is no reason to be gone too.
  if (process.send && process.connected) process.send(answer, leave)
  else leave()
})
