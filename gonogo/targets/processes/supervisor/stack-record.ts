import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { INSTANCE_HOST } from './launch.ts'
import { isFree, type Ports } from './ports.ts'
import type { StackRecord, VersionRecord } from './saved-state.ts'

/** A stack that is to be started: names, ports and log files for a process of each component. */
export async function newStack(
  { workload, blueprint }: VersionRecord,
  { ports, place }: { readonly ports: Ports; readonly place: { readonly folder: string } },
): Promise<StackRecord> {
  const id = `${workload.version}-${randomBytes(3).toString('hex')}`
  const processes = []
  for (const component of Object.keys(blueprint.components)) {
    processes.push({
      id: `${component}-${id}`,
      component,
      port: await ports.take(),
      pid: null,
      identity: null,
      startedAtMs: 0,
      restarts: 0,
      logFile: join(place.folder, 'logs', `${component}-${id}.log`),
    })
  }
  return { id, ending: false, processes }
}

/** True when a process that is down has a port that somebody else listens on. */
export async function hasClash(record: StackRecord): Promise<boolean> {
  const down = record.processes.filter((process) => process.pid === null)
  const free = await Promise.all(down.map((process) => isFree(INSTANCE_HOST, process.port)))
  return free.includes(false)
}
