import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { textSource } from '../../gonogo/connectors/prometheus-text/index.ts'
import { metricsSettingsSchema, type TextSettings } from '../../gonogo/core/metrics-settings.ts'

const SERVERS = fileURLToPath(new URL('./instances.ts', import.meta.url))
const COUNTS = [10, 100, 500]
const SCRAPES = 20

export type MetricsResult = {
  readonly instances: number
  readonly medianMs: number
  readonly worstMs: number
  readonly bytes: number
}

/** How long one interval's scrape of so many instances takes, connections kept open; they share the machine. */
export async function measureMetrics(): Promise<MetricsResult[]> {
  const results: MetricsResult[] = []
  for (const instances of COUNTS) results.push(await measureOne(instances))
  return results
}

async function measureOne(instances: number): Promise<MetricsResult> {
  const child = spawn(process.execPath, [SERVERS, String(instances)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const urls = await firstLine(child.stdout)
    const settings = metricsSettingsSchema.parse({ source: 'instances' }) as TextSettings
    const asked = urls.map((url, i) => ({ version: '1.0.0', instance: `web-${i}`, url }))
    const source = textSource(settings, async () => asked)
    const times: number[] = []
    for (let i = -2; i < SCRAPES; i++) {
      const started = performance.now()
      const { complete } = await source.sample()
      // The first two open the connections.
      if (i >= 0) times.push(performance.now() - started)
      if (i >= 0 && !complete) throw new Error(`a scrape of ${instances} instances was not complete`)
    }
    times.sort((a, b) => a - b)
    const bytes = (await (await fetch(`${urls[0]}/metrics`)).arrayBuffer()).byteLength
    return { instances, medianMs: times[SCRAPES / 2] as number, worstMs: times.at(-1) as number, bytes }
  } finally {
    child.kill('SIGKILL')
  }
}

async function firstLine(stream: AsyncIterable<Buffer>): Promise<string[]> {
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    if (text.includes('\n')) break
  }
  return JSON.parse(text) as string[]
}

export function printMetrics(results: readonly MetricsResult[]): void {
  for (const { instances, medianMs, worstMs, bytes } of results)
    console.log(
      `\na scrape of ${instances} instances (${Math.round(bytes / 1024)} KiB each): median ${medianMs.toFixed(0)} ms, worst ${worstMs.toFixed(0)} ms of ${SCRAPES}`,
    )
}
