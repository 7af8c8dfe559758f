import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl } from '../../testing/kubernetes/commands.ts'
import { startDaemon, stopDaemon, waitFor } from '../../testing/kubernetes/daemons.ts'
import { keepLooking } from '../../testing/kubernetes/keep-looking.ts'

const ADDRESS = '127.0.0.1:9190'
const LOOK_EVERY_MS = 1000
export const PROMETHEUS_URL = `http://${ADDRESS}`

export type Prometheus = {
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
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-bench-prometheus-'))
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
    startDaemon('prometheus', 'prometheus', [
      `--config.file=${settings}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${ADDRESS}`,
    ])
    await waitFor('Prometheus', 'prometheus', async () => (await fetch(`${PROMETHEUS_URL}/-/ready`)).ok)
  }
  const stop = () => stopDaemon('prometheus')
  // A bench that was killed left one that reads another folder.
  await stop()
  await start()
  return {
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
