import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openSqliteStore } from '#store/sqlite-store.ts'
import { newHolder, takeLease } from './lease.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-lease-'))
const store = openSqliteStore(join(folder, 'log.sqlite'))
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

test('what a living process holds is refused with its number, what a dead one left is taken', () => {
  const mine = newHolder()
  const heldBy = (pid: number) => `process ${pid} has it`
  expect(takeLease(store, 'd-1', mine, heldBy)).toBe(1)
  expect(() => takeLease(store, 'd-1', newHolder(), heldBy)).toThrow(`process ${process.pid} has it`)
  store.release('d-1', mine)
  const { pid } = spawnSync(process.execPath, ['--version'])
  expect(store.lease('d-1', `${pid}-gone`, Date.now(), 60_000).ok).toBe(true)
  expect(takeLease(store, 'd-1', newHolder(), heldBy)).toBe(3)
})
