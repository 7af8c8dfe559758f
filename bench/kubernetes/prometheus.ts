import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { freePort } from '../../clawdbot/testing/free-port.ts'
import { kubectl } from '../../testing/kubernetes/commands.ts'
import { startDaemon, stopDaemon, waitFor } from '../../testing/kubernetes/daemons.ts'
import { keepLooking } from '../../testing/kubernetes/keep-looking.ts'

const LOOK_EVERY_MS = 1000

export type Prometheus = {
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
  /** Keeps its list of a namespace's pods as they are; returns what ends that. Debian's build asks no cluster itself. */
  follow(namespace: string): () => Promise<void>
  end(): Promise<void>
}

type Pod = {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly status: { readonly phase: string; readonly podIP?: string }
}

/** A real Prometheus that scrapes the router, and the pods of whoever wants that, every second. */
export async function startPrometheus(): Promise<Prometheus> {
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-bench-prometheus-'))
  const name = basename(folder)
  const pods = join(folder, 'pods.json')
  const settings = join(folder, 'prometheus.json')
  writeFileSync(pods, '[]')
  writeFileSync(
    settings,
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        { job_name: 'router', static_configs: [{ targets: ['127.0.0.1:8081'] }] },
        { job_name: 'pods', file_sd_configs: [{ files: [pods] }] },
      ],
    }),
  )
  const start = async () => {
    startDaemon(name, 'prometheus', [
      `--config.file=${settings}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ])
    await waitFor('Prometheus', name, async () => (await fetch(`${url}/-/ready`)).ok)
  }
  const stop = () => stopDaemon(name)
  await start()
  return {
    url,
    start,
    stop,
    follow: (namespace) => {
      let before = ''
      const look = async () => {
        const text = await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])
        const targets = JSON.stringify((JSON.parse(text) as { items: Pod[] }).items.flatMap(targetOf))
        if (targets !== before) writeFileSync(pods, targets)
        before = targets
      }
      const end = keepLooking(look, LOOK_EVERY_MS)
      return () => end().finally(() => writeFileSync(pods, '[]'))
    },
    end: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const targetOf = ({ metadata, status }: Pod) =>
  status.phase === 'Running' && status.podIP
    ? [
        {
          targets: [`${status.podIP}:8080`],
          labels: { version: metadata.labels['gonogo.dev/version'] ?? '', instance: metadata.name },
        },
      ]
    : []
