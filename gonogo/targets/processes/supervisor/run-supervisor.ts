import { mkdir, realpath } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { Settings, Started } from '../protocol.ts'
import { Router } from '../proxy/router.ts'
import { folderHash, socketPathFor } from '../socket-path.ts'
import { type ControlHooks, listenForControl } from './control-server.ts'
import { Fleet } from './fleet.ts'
import { IdleWatch } from './idle-watch.ts'
import { lockFolder } from './instance-lock.ts'
import { INSTANCE_HOST } from './launch.ts'
import { log } from './log.ts'
import { Ports } from './ports.ts'
import { PublicAddress } from './public-address.ts'
import { emptyState } from './saved-state.ts'
import { StateFile } from './state-file.ts'
import { environmentProblem } from './system-problem.ts'
import { limitLogs } from './tidy-logs.ts'
import type { World } from './world.ts'

/** Takes the environment's folder over, makes the world as its state file says, and serves until it is stopped. */
export async function runSupervisor(settings: Settings): Promise<Started> {
  const { folder } = settings
  try {
    await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 })
    const unlock = lockFolder(folder)
    if (!unlock) return { ok: false, code: 'already-running', detail: `another supervisor has ${folder}` }
    return await takeOver(settings, unlock)
  } catch (error) {
    return environmentProblem(error, folder)
  }
}

async function takeOver(settings: Settings, unlock: () => void): Promise<Started> {
  const { folder } = settings
  const stateFile = await StateFile.open(folder)
  const router = new Router()
  const place = { folder, mark: folderHash(await realpath(folder)) }
  const fleet = new Fleet({ router, ports: new Ports(INSTANCE_HOST), stateFile, place })
  const address = await PublicAddress.open(settings, stateFile.state, router)
  if (!(address instanceof PublicAddress)) return address
  // Nothing is awaited between listening and here, so that no request comes before the instances are back.
  const strays = fleet.recover()
  if (strays.length > 0) log('ended processes that were never written down', { pids: strays })
  router.setWeights(stateFile.state.weights)
  const { url, secureUrl } = address
  const world: World = { settings, url, secureUrl, router, fleet, stateFile }
  const idle = new IdleWatch(Date.now())
  const hooks: ControlHooks = {
    stop: () => stopEverything(world, address),
    renewCertificate: () => address.renewCertificate(world.settings),
    idle,
  }
  await stateFile.save()
  const control = await listenForControl(socketPathFor(folder), world, hooks)
  hooks.stop = () => stopEverything(world, address).then(() => leave(control, unlock))
  keepHouse(world, address, () => {
    // What is remembered of earlier calls and versions stays on disk, unlike when somebody says stop.
    if (fleet.versions.length === 0 && idle.isIdle(Date.now())) leave(control, unlock)
  })
  log('supervisor is up', { pid: process.pid, url: world.url })
  return { ok: true, detail: world.url }
}

/** What is looked at now and then while everything runs. */
function keepHouse(world: World, address: PublicAddress, leaveWhenIdle: () => void): void {
  setInterval(() => address.renewCertificate(world.settings), CERTIFICATE_CHECK_MS).unref()
  setInterval(() => void limitLogs(logsOf(world)), LOG_CHECK_MS).unref()
  setInterval(leaveWhenIdle, IDLE_CHECK_MS).unref()
}

const CERTIFICATE_CHECK_MS = 60_000
const LOG_CHECK_MS = 30_000
const IDLE_CHECK_MS = 5000

const logsOf = ({ fleet, settings: { folder } }: World): string[] =>
  fleet
    .instances()
    .flatMap((instance) => instance.logFile ?? [])
    .concat(join(folder, 'supervisor.log'))

/** Ends every process of the environment; afterwards it is as if nothing had been deployed, but for logs and counters. */
async function stopEverything({ fleet, router, stateFile }: World, address: PublicAddress): Promise<void> {
  router.setWeights({})
  const closed = address.close()
  await Promise.all(
    fleet.versions.map((version) => {
      fleet.get(version)?.abort()
      return fleet.exclusive(version, () => fleet.end(version, STOP_DRAIN_MS))
    }),
  )
  Object.assign(stateFile.state, {
    ...emptyState(),
    port: stateFile.state.port,
    securePort: stateFile.state.securePort,
  })
  await stateFile.save()
  address.closeAllConnections()
  await closed
}

const STOP_DRAIN_MS = 1000
const ANSWER_MS = 50

/** The answer to the call that asked for it is still to go out. */
function leave(control: Server, unlock: () => void): void {
  setTimeout(() => {
    control.close()
    control.closeAllConnections()
    unlock()
    process.exit(0)
  }, ANSWER_MS)
}
