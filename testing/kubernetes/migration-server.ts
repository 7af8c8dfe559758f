import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NODE_ADDRESS } from './places.ts'

/** Stands for a database: each migration that really runs asks here, once, and ends as it is told. */
export type MigrationServer = {
  /** Path of a Job's manifest whose pod asks here. */
  readonly manifest: string
  /** `up 3`, `down 2`, …, one for each run, oldest first. */
  readonly runs: string[]
  /** How a run is answered; `ok` where nobody says otherwise. */
  answer: (run: string, response: ServerResponse) => void
  close(): void
}

const ok: MigrationServer['answer'] = (run, response) => response.end(`${run}: applied\n`)

const SCRIPT = `
const [, address, direction, to] = process.argv
const answer = await fetch(address + '/' + direction + '/' + to)
process.stdout.write(await answer.text())
process.exitCode = answer.ok ? 0 : 4
`

export async function startMigrationServer(): Promise<MigrationServer> {
  const server = createServer((request, response) => {
    const run = (request.url ?? '').slice(1).replace('/', ' ')
    made.runs.push(run)
    made.answer(run, response)
  })
  server.listen(0, NODE_ADDRESS)
  await once(server, 'listening')
  const address = `http://${NODE_ADDRESS}:${(server.address() as AddressInfo).port}`
  const manifest = join(mkdtempSync(join(tmpdir(), 'gonogo-migration-')), 'migration.yaml')
  const container = {
    name: 'migrate',
    image: '${image}',
    imagePullPolicy: 'Never',
    command: ['/bin/node', '--input-type=module', '-e', SCRIPT, address, '${direction}', '${to}'],
  }
  const spec = { template: { spec: { securityContext: { runAsUser: 65532 }, containers: [container] } } }
  writeFileSync(
    manifest,
    JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'migrate' }, spec }),
  )
  const made: MigrationServer = { manifest, runs: [], answer: ok, close: () => void server.close() }
  return made
}
