import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../database/open.ts'
import { freePort } from './free-port.ts'

/** A PostgreSQL of its own in a temporary folder, run as the user postgres where this is root. */
export interface PostgresServer {
  /** Address of a database on it. */
  url(database?: string): string
  /** Runs a statement as the server's owner. */
  execute(statement: string): Promise<void>
  stop(): Promise<void>
}

const VERSIONS = '/usr/lib/postgresql'
const READY_MS = 30_000

export type PostgresOptions = {
  /** A running server that this one is to be a replica of. */
  source?: PostgresServer
  /** Where it listens; 127.0.0.1 without it. */
  address?: string
  /** Whom it lets in besides this machine, as `10.0.0.0/16`. */
  network?: string
}

export async function startPostgres({
  source,
  address = '127.0.0.1',
  network,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'clawdbot-postgres-'))
  const data = join(folder, 'data')
  const port = await freePort()
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', folder])
  chmodSync(folder, 0o700)
  if (source === undefined)
    run('initdb', ['-D', data, '-U', 'clawdbot', '--auth=trust', '--encoding=UTF8', '--no-sync'])
  else
    run('pg_basebackup', [
      '-D',
      data,
      '-d',
      source.url('postgres'),
      '--write-recovery-conf',
      '--checkpoint=fast',
    ])
  if (network) appendFileSync(join(data, 'pg_hba.conf'), `host all all ${network} trust\n`)
  const settings = { listen_addresses: address, port, unix_socket_directories: folder, fsync: 'off' }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command, args] = asPostgres('postgres', ['-D', data, ...options])
  const server = spawn(command, args, { stdio: 'ignore', cwd: '/' })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const url = (database = 'postgres') => `postgres://clawdbot@${address}:${port}/${database}`
  await untilReady(address, port)
  return {
    url,
    execute: async (statement) => {
      const connection = openDatabase(url())
      await connection.sql.run(statement).finally(() => connection.close())
    },
    stop: async () => {
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function run(program: string, args: readonly string[]): void {
  const [command, all] = asPostgres(program, args)
  execFileSync(command, all, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
}

/** PostgreSQL refuses to run as root. `setpriv` becomes the program, so that a signal reaches it. */
function asPostgres(program: string, args: readonly string[]): [string, string[]] {
  const path = join(binaries(), program)
  if (process.getuid?.() !== 0) return [path, [...args]]
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', path, ...args]]
}

function binaries(): string {
  const [newest] = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort().reverse() : []
  if (newest === undefined) throw new Error('PostgreSQL is not installed; apt-get install postgresql')
  return join(VERSIONS, newest, 'bin')
}

async function untilReady(address: string, port: number): Promise<void> {
  const until = performance.now() + READY_MS
  while (true) {
    try {
      run('pg_isready', ['-h', address, '-p', String(port), '-q'])
      return
    } catch {
      if (performance.now() > until)
        throw new Error(`PostgreSQL on port ${port} is not ready after ${READY_MS} ms`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
