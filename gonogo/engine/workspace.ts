import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type { Checklist } from '#core/checklist.ts'
import type { Service } from '#core/service.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import type { Store } from '#store/store.ts'

/** A service file, read and checked, with the folders that belong to it. */
export type Workspace = {
  /** Folder of the service file. */
  readonly root: string
  readonly service: Service
  readonly checklist: Checklist
  readonly serviceFile: string
}

export const stateFolder = (root: string): string => resolve(root, '.gonogo')
export const logFile = (root: string): string => resolve(stateFolder(root), 'log.sqlite')
export const openLog = (root: string): Store => openSqliteStore(logFile(root))
export const evidenceFolder = (root: string): string => resolve(stateFolder(root), 'evidence')
export const deploymentFolder = (root: string, id: string): string =>
  resolve(stateFolder(root), 'deployments', id)

export function environmentFolder(workspace: Pick<Workspace, 'root' | 'service'>, name: string): string {
  return resolve(
    workspace.root,
    workspace.service.environments[name]?.folder ?? `.gonogo/environments/${name}`,
  )
}

/** `d-` and eight hex digits. */
export const newDeploymentId = (): string => `d-${randomBytes(4).toString('hex')}`
