import { setTimeout as wait } from 'node:timers/promises'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const config = {
  path: '/health',
  load: { rate: 100, duration: '300ms' },
  stress: { rate: 200, duration: '200ms' },
}
let asked = 0

export const drill = serviceDrill('2.2.3', config, [
  answering('one answer in ten over the limit', async (_request, next) => {
    if (asked++ % 10 === 0) await wait(600)
    return next()
  }),
  answering('one failure in twenty', (_request, next) =>
    asked++ % 20 === 0 ? { status: 500, body: {} } : next(),
  ),
  answering('quick refusals', () => ({ status: 429, body: {} })),
  configured('a stress that is no more than the load', 'unknown', {
    ...config,
    stress: { rate: 50, duration: '100ms' },
  }),
  answering('a service that cannot keep up', (_request, next) => {
    const until = performance.now() + 30
    while (performance.now() < until) Math.sqrt(until)
    return next()
  }),
])
