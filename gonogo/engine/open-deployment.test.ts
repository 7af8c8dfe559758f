import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { release, SmallDeployment } from '#core/decide/small-deployment.ts'
import { releaseByLog } from './open-deployment.ts'
import { openLog } from './workspace.ts'

const root = mkdtempSync(join(tmpdir(), 'gonogo-by-log-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function write(id: string, version: string, status: string | null): void {
  const { type, ...data } = new SmallDeployment({ release: release(version) }).state.opened
  const closed = status === null ? [] : [{ at: 2, type: 'closed', data: { status } }]
  const store = openLog(root)
  store.append(id, 0, null, [{ at: 1, type, data }, ...closed])
  store.close()
}

test('what serves is what succeeded last: not what was taken back, is under way, or went elsewhere', () => {
  expect(releaseByLog(root, 'production')).toBeUndefined()
  expect(readdirSync(root)).toEqual([])
  write('d-1', '1.0.0', 'success')
  write('d-2', '1.1.0', 'success-with-issues')
  write('d-3', '1.2.0', 'rolled-back')
  write('d-4', '1.3.0', null)
  expect(releaseByLog(root, 'production')?.version).toBe('1.1.0')
  expect(releaseByLog(root, 'staging')).toBeUndefined()
})
