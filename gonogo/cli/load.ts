import { dirname, resolve } from 'node:path'
import {
  formatProblem,
  loadChecklist,
  loadRelease,
  loadService,
  type Problem,
} from '#connectors/yaml-file/index.ts'
import type { Release } from '#core/release.ts'
import { Refusal } from '#engine/exit-codes.ts'
import type { Workspace } from '#engine/workspace.ts'

/** Reads the service file and its checklist. Throws one Refusal with every problem, a line each. */
export function loadWorkspace(file: string): Workspace {
  const serviceFile = resolve(file)
  const service = mustLoad(loadService(serviceFile))
  const root = dirname(serviceFile)
  const checklist = mustLoad(loadChecklist(resolve(root, service.checklist)))
  return { root, service, checklist, serviceFile }
}

export function loadReleaseOf(workspace: Workspace, version: string, now: number | null): Release {
  return mustLoad(
    loadRelease(resolve(workspace.root, workspace.service.releases), version, {
      service: workspace.service,
      now,
    }),
  )
}

type Loaded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

function mustLoad<T>(loaded: Loaded<T>): T {
  if (loaded.ok) return loaded.value
  throw new Refusal('bad-input', loaded.problems.map(formatProblem).join('\n'))
}
