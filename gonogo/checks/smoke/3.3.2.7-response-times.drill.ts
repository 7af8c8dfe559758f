import { setTimeout as wait } from 'node:timers/promises'
import { answering, configured, serviceDrill } from '../live/service-drill.ts'

const paths = ['/health', '/ready']
let asked = 0

export const drill = serviceDrill('3.3.2.7', { paths, requests: 100 }, [
  answering('one answer in ten over the limit', async (_request, next) => {
    if (asked++ % 10 === 0) await wait(510)
    return next()
  }),
  answering('500', () => ({ status: 500, body: {} })),
  answering('quick refusals', () => ({ status: 401, body: {} })),
  answering('a rate limit in the way', () => ({ status: 429, body: {} }), 'unknown'),
  configured('a path that is not there', 'fail', { paths: ['/v1/none'], requests: 100 }),
])
