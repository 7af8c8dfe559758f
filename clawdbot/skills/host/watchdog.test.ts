import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SKILL_LIMITS } from './limits.ts'
import { watchProcess } from './watchdog.ts'

const hasAutogroups = existsSync('/proc/self/autogroup')
const nicenessOf = (pid: number) => readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim().split(' ').at(-1)
const ignore = () => undefined

test.runIf(hasAutogroups)(
  'a process yields once it has started, not before, and so does a session that it begins',
  async () => {
    const child = spawn('sh', ['-c', 'setsid sleep 60 & echo $!; wait'], { detached: true })
    const { pid = 0 } = child
    const looks = Promise.withResolvers<void>()
    let hasStarted = false
    const unwatch = watchProcess(pid, SKILL_LIMITS, ignore, () => {
      looks.resolve()
      return hasStarted
    })
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer]
      const escaped = Number(said)
      await looks.promise
      expect([nicenessOf(pid), nicenessOf(escaped)]).toEqual(['0', '0'])
      hasStarted = true
      await expect.poll(() => nicenessOf(escaped), { timeout: 5000 }).toBe('5')
      expect(nicenessOf(pid)).toBe('5')
      process.kill(escaped, 'SIGKILL')
    } finally {
      unwatch()
      process.kill(-pid, 'SIGKILL')
    }
  },
)
