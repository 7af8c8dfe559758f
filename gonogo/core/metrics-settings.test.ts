// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the service file look like it.
import { expect, test } from 'vitest'
import { checkService } from './consistency.ts'
import { metricsSettingsSchema } from './metrics-settings.ts'
import { serviceSchema } from './service.ts'

const prometheus = { source: 'prometheus', url: 'http://prometheus:9090' }

test('counters come from the router unless the service file says otherwise', () => {
  const { environments } = serviceWith({})
  expect(environments.production?.metrics).toEqual({ source: 'router' })
})

test('a token stands there by reference, never itself', () => {
  expect(metricsSettingsSchema.safeParse({ ...prometheus, token: '${env:TOKEN}' }).success).toBe(true)
  const literal = metricsSettingsSchema.safeParse({ ...prometheus, token: 'abc' })
  expect(literal.error?.issues[0]?.message).toContain('never the token itself')
})

test.each([
  [{ ...prometheus, url: 'ftp://prometheus' }],
  [{ ...prometheus, url: 'prometheus:9090' }],
  [{ ...prometheus, failed: '5(' }],
  [{ source: 'instances', path: 'metrics' }],
  [{ source: 'instances', requests: 'http requests' }],
  [{ source: 'instances', except: { route: [] } }],
  [{ source: 'graphite' }],
])('%j is refused', (settings) => {
  expect(metricsSettingsSchema.safeParse(settings).success).toBe(false)
})

test('a Prometheus that scrapes less often than the policy looks is refused, with what to change', () => {
  const slow = serviceWith({ metrics: { ...prometheus, scrapeInterval: '15s' } })
  expect(checkService(slow, null)).toContainEqual({
    path: ['environments', 'production', 'metrics', 'scrapeInterval'],
    code: 'interval-too-short',
    message: 'is 15 s, and policy.rollback.interval 1 s; scrape more often, or set the interval to the same',
  })
  const fits = serviceWith({ metrics: { ...prometheus, scrapeInterval: '15s' } }, { interval: '15s' })
  expect(checkService(fits, null).map(({ code }) => code)).not.toContain('interval-too-short')
})

function serviceWith(environment: object, rollback: object = {}) {
  return serviceSchema.parse({
    gonogo: 1,
    service: 'small',
    checklist: 'x.yaml',
    environments: { production: { target: { kind: 'processes' }, ...environment } },
    people: {},
    policy: { rollback },
  })
}
