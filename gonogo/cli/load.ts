import { dirname, resolve } from 'node:path'
import { CHECKS } from '#checks/registry.ts'
import {
  type Block,
  formatProblem,
  loadChecklist,
  loadRelease,
  loadService,
  type Problem,
} from '#connectors/yaml-file/index.ts'
import type { Release } from '#core/release.ts'
import type { Service } from '#core/service.ts'
import { Refusal } from '#engine/exit-codes.ts'
import type { Workspace } from '#engine/workspace.ts'
import { kubernetesConfigSchema } from '#targets/kubernetes/config.ts'
import { processesConfigSchema } from '#targets/processes/config.ts'

/** Reads the service file and its checklist. Throws one Refusal with every problem, a line each. */
export function loadWorkspace(file: string): Workspace {
  const serviceFile = resolve(file)
  const service = mustLoad(loadService(serviceFile, blocksOf))
  const root = dirname(serviceFile)
  const checklist = mustLoad(loadChecklist(resolve(root, service.checklist)))
  return { root, service, checklist, serviceFile }
}

const TARGETS: Readonly<Record<string, Block['schema']>> = {
  processes: processesConfigSchema,
  kubernetes: kubernetesConfigSchema,
}

/** Each check's block and each target's block is checked by its own schema, with its line. */
function blocksOf(service: Service): Block[] {
  const checks = Object.keys(service.checks).flatMap((id) => {
    const check = CHECKS.get(id)
    return check ? [{ path: ['checks', id], schema: check.config }] : []
  })
  const targets = Object.entries(service.environments).flatMap(([name, { target }]) => {
    const schema = TARGETS[target.kind]
    return schema ? [{ path: ['environments', name, 'target'], schema }] : []
  })
  return [...checks, ...targets]
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
