import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'

/** What whoever asks has laid out on the host, to see whether it can be reached from here. */
export const targetsSchema = z.object({
  /** A word that stands in the file, and in the arguments and the environment of the process. */
  marker: z.string().min(8),
  file: z.string(),
  folder: z.string(),
  pid: z.number().int(),
  host: z.string(),
  tcpPort: z.number().int(),
  udpPort: z.number().int(),
  abstractSocket: z.string(),
  socketFile: z.string(),
})

export type Targets = z.output<typeof targetsSchema>
export type Escape = { escape: string; managed: boolean; detail: string }

const WAIT_MS = 500

/** Each throws, or answers false, when it did not get there. */
const ESCAPES: Readonly<Record<string, (targets: Targets) => boolean | Promise<boolean>>> = {
  // Its size tells that it is there; who is not root may not read it, locked in or not.
  shadow: () => statSync('/etc/shadow').size >= 0,
  'host-file': ({ file, marker }) => readFileSync(file, 'utf8').includes(marker),
  environment: ({ pid, marker }) => readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker),
  processes: ({ marker }) => readdirSync('/proc').some((entry) => argumentsOf(entry).includes(marker)),
  signal: ({ pid, marker }) => argumentsOf(String(pid)).includes(marker) && process.kill(pid, 'SIGUSR2'),
  tcp: ({ host, tcpPort }) => connects({ host, port: tcpPort }),
  udp: ({ host, udpPort }) => echoes(host, udpPort),
  'abstract-socket': ({ abstractSocket }) => connects({ path: `\0${abstractSocket}` }),
  'socket-file': ({ socketFile }) => connects({ path: socketFile }),
  'write-outside': ({ folder, marker }) => writes(join(folder, marker), false),
  'write-own-code': ({ marker }) => writes(join(import.meta.dirname, marker), true),
  'run-program': () => execFileSync('/bin/sh', ['-c', 'echo out'], { timeout: 2_000 }).toString() === 'out\n',
}

export async function tryEscapes(targets: Targets): Promise<Escape[]> {
  const tried: Escape[] = []
  for (const [name, attempt] of Object.entries(ESCAPES)) {
    try {
      const managed = await attempt(targets)
      tried.push({ escape: name, managed, detail: managed ? 'managed' : 'nothing there' })
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      tried.push({ escape: name, managed: false, detail: code ?? message.slice(0, 100) })
    }
  }
  return tried
}

function argumentsOf(entry: string): string {
  if (!/^\d+$/.test(entry)) return ''
  try {
    return readFileSync(`/proc/${entry}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function writes(file: string, isTakenBack: boolean): boolean {
  writeFileSync(file, 'written by the probe')
  if (isTakenBack) unlinkSync(file)
  return true
}

function connects(where: { host: string; port: number } | { path: string }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...where, timeout: WAIT_MS })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('timeout', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', reject)
  })
}

function echoes(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    const end = (managed: boolean) => {
      clearTimeout(timer)
      socket.close()
      resolve(managed)
    }
    const timer = setTimeout(() => end(false), WAIT_MS)
    socket.once('message', () => end(true))
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.send('out', port, host)
  })
}
