import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Refusal } from '#engine/exit-codes.ts'
import type { Workspace } from '#engine/workspace.ts'

/** The highest version in the releases folder. Throws a Refusal when there is none. */
export function newestRelease(workspace: Workspace): string {
  const folder = resolve(workspace.root, workspace.service.releases)
  const versions = listYaml(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const newest = versions.at(-1)
  if (!newest)
    throw new Refusal('no-release', `${folder} holds no VERSION.yaml; write one, or name a release`)
  return newest
}

function listYaml(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name.endsWith('.yaml') ? [name.slice(0, -5)] : []))
  } catch {
    return []
  }
}
