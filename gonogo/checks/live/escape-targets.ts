import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a probe is given to reach: real files, sockets and a process on this machine. */
export type Targets = {
  readonly marker: string
  readonly file: string
  readonly folder: string
  readonly pid: number
  readonly host: string
  readonly tcpPort: number
  readonly udpPort: number
  readonly abstractSocket: string
  readonly socketFile: string
}

export type LaidOut = {
  readonly targets: Targets
  /** What was reached in fact, whatever the probe says: names of escapes. */
  reached(): readonly string[]
  close(): Promise<void>
}

const IDLE =
  'process.on("SIGUSR2", () => process.exit(7)); setInterval(() => {}, 1e6); process.stdout.write("up")'

/** Lays out what must not be reachable from inside a sandbox, and watches it. */
export async function layOutTargets(host: string): Promise<LaidOut> {
  const marker = `gonogo-${randomBytes(8).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-escape-'))
  const [file, socketFile] = [join(folder, 'secret'), join(folder, 'socket')]
  writeFileSync(file, marker)
  for (const path of [folder, file]) chmodSync(path, 0o777)
  const seen = new Set<string>()
  const servers: Server[] = []
  const listening = async (name: string, where: { host: string; port: number } | { path: string }) => {
    const server = createServer((socket) => {
      seen.add(name)
      socket.destroy()
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(where, resolve)
    })
    servers.push(server)
    return server.address()
  }
  const tcp = (await listening('tcp', { host, port: 0 })) as AddressInfo
  await listening('abstract-socket', { path: `\0${marker}` })
  await listening('socket-file', { path: socketFile })
  chmodSync(socketFile, 0o777)
  const udp = createSocket('udp4')
  udp.on('message', (message, from) => {
    seen.add('udp')
    udp.send(message, from.port, from.address)
  })
  await new Promise<void>((resolve) => udp.bind(0, host, resolve))
  const child = await idleProcess(marker)
  return {
    targets: {
      ...{ marker, file, folder, pid: child.pid ?? 0, host, tcpPort: tcp.port },
      ...{ udpPort: udp.address().port, abstractSocket: marker, socketFile },
    },
    reached: () => [
      ...seen,
      ...(child.exitCode !== null || child.signalCode !== null ? ['signal'] : []),
      ...(existsSync(join(folder, marker)) ? ['write-outside'] : []),
    ],
    close: async () => {
      child.kill('SIGKILL')
      udp.close()
      for (const server of servers) server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A process that has the marker in its arguments and its environment, and ends when it is signalled. */
async function idleProcess(marker: string): Promise<ChildProcess> {
  const env = { PATH: process.env.PATH ?? '', MARKER: marker }
  const child = spawn(process.execPath, ['-e', IDLE, marker], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve)
    child.once('error', reject)
    child.once('exit', () => reject(new Error('the process to be found did not start')))
  })
  return child
}
