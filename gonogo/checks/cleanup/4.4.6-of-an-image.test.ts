import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Check } from '../check.ts'
import { scratchIn, tryCheck } from '../try-drill.ts'
import { pods } from './4.4.6-scan-after.drill.ts'
import { check } from './4.4.6-scan-after.ts'

test('the image that pods run is scanned by its digest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-image-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const scratch = scratchIn(folder)
  const { config, context } = await pods(scratch, null)
  const { verdict, summary } = await tryCheck(check as unknown as Check<never>, config, scratch, context)
  expect(`${verdict}: ${summary}`).toMatch(/^pass: what runs is what was released; drill of it now/)
})
