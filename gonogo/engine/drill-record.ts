import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { DrillResult } from './drill.ts'
import { stateFolder } from './workspace.ts'

const recordSchema = z.record(z.string(), z.strictObject({ at: z.number(), red: z.boolean() }))
type DrillRecord = z.infer<typeof recordSchema>

const fileOf = (root: string): string => join(stateFolder(root), 'drills.json')

/** When each item's drill last ran here, and whether every planted fault turned its check red. */
export function readDrills(root: string): DrillRecord {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(fileOf(root), 'utf8')))
  } catch {
    return {}
  }
}

/** Remembers a run of drills; what it did not try stays as it was. */
export function rememberDrills(root: string, results: readonly DrillResult[], now: number): void {
  const byItem = Map.groupBy(results, (result) => result.item)
  const fresh = [...byItem].map(([item, all]) => [item, { at: now, red: all.every((r) => r.ok) }] as const)
  mkdirSync(stateFolder(root), { recursive: true })
  const text = JSON.stringify({ ...readDrills(root), ...Object.fromEntries(fresh) }, null, 2)
  writeFileSync(`${fileOf(root)}.new`, `${text}\n`)
  renameSync(`${fileOf(root)}.new`, fileOf(root))
}
