import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../clawdbot/testing/free-port.ts'
import type { Instance } from '../../gonogo/targets/target.ts'

const READY_MS = 20_000

export type PrometheusServer = {
  readonly url: string
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** What Prometheus is told of an instance. */
export type Scraped = Pick<Instance, 'url' | 'version' | 'id'>

/** A real Prometheus that has scraped these instances and does so every second, each with its version and its id as labels. */
export async function startPrometheus(instances: readonly Scraped[]): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-prometheus-'))
  const port = await freePort()
  await writeFile(join(folder, 'prometheus.json'), JSON.stringify(configuration(folder)))
  await writeFile(join(folder, 'new.json'), JSON.stringify(targetsOf(instances)))
  await rename(join(folder, 'new.json'), join(folder, 'targets.json'))
  const server = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const url = `http://127.0.0.1:${port}`
  const deadline = performance.now() + READY_MS
  const isReady = async () => {
    const query = encodeURIComponent('count(up == 1)')
    const answer = await fetch(`${url}/api/v1/query?query=${query}`).catch(() => null)
    // While it starts it answers 503 and a line of text.
    if (!answer?.ok) return false
    const up = (await answer.json()) as { data?: { result?: { value: [number, string] }[] } }
    return Number(up.data?.result?.[0]?.value[1]) === instances.length
  }
  while (!(await isReady())) {
    if (server.exitCode !== null || performance.now() > deadline)
      throw new Error('Prometheus never became ready')
    await wait(100)
  }
  return {
    url,
    signal: (name) => {
      server.kill(name)
    },
    stop: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL')
        await once(server, 'exit')
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Prometheus reads YAML, and JSON is YAML. */
const configuration = (folder: string) => ({
  global: { scrape_interval: '1s', scrape_timeout: '900ms' },
  scrape_configs: [
    {
      job_name: 'web',
      file_sd_configs: [{ files: [join(folder, 'targets.json')] }],
    },
  ],
})

const targetsOf = (instances: readonly Scraped[]) =>
  instances.map(({ url, version, id }) => ({
    targets: [new URL(url).host],
    labels: { version, instance: id },
  }))
