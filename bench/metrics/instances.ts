// Runs as a process of its own: as many servers as it is told, each with the text that ClawdBot's gateway gives.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createMetrics } from '../../clawdbot/runtime/metrics.ts'

const ROUTES = [
  '/v1/agents',
  '/v1/notes',
  '/v1/skills',
  '/v1/models',
  '/v1/chat/completions',
  '/health',
  '/ready',
]
const urls: string[] = []
for (let i = 0; i < Number(process.argv[2]); i++) {
  const metrics = createMetrics({ version: '1.0.0', instance: `web-${i}` })
  for (const route of ROUTES)
    for (const status of [200, 404, 500])
      metrics.countRequest({ method: 'GET', route, status, durationSeconds: 0.02 })
  const text = await metrics.registry.metrics()
  const server = createServer((_req, res) => res.end(text)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  urls.push(`http://127.0.0.1:${(server.address() as { port: number }).port}`)
}
process.stdout.write(`${JSON.stringify(urls)}\n`)
