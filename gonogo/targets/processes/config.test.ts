// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the templates that the supervisor fills.
import { expect, test } from 'vitest'
import { listenAddress, processesConfigSchema } from './config.ts'
import { CONFIG } from './test-world.ts'

const problemsOf = (config: unknown) =>
  processesConfigSchema.safeParse(config).error?.issues.map((i) => `${i.path.join('.')}: ${i.message}`) ?? []

test('defaults are filled in', () => {
  const config = processesConfigSchema.parse({
    kind: 'processes',
    listen: '127.0.0.1:7070',
    components: { gateway: { command: ['node', 'main.ts'], public: true } },
  })
  expect(config).toMatchObject({ replicas: 2, drainMs: 10_000, readyTimeoutMs: 60_000 })
})

test('exactly one component is public', () => {
  const { gateway } = CONFIG.components
  expect(problemsOf({ ...CONFIG, components: { a: gateway, b: gateway } })).toEqual([
    'components: exactly one component must be public; here 2',
  ])
})

test('a template with a name that nobody fills is refused where it stands', () => {
  const { gateway } = CONFIG.components
  const components = { gateway: { ...gateway, env: { AGENT: '${component.agent.url}', A: '${prot}' } } }
  const problems = problemsOf({ ...CONFIG, components })
  expect(problems[0]).toContain('components.gateway.env.AGENT: no such name: ${component.agent.url}')
  expect(problems[1]).toContain('components.gateway.env.A: no such name: ${prot}')
})

test('listen is a host and a port', () => {
  expect(listenAddress('[::1]:0')).toEqual({ host: '::1', port: 0 })
  expect(listenAddress('127.0.0.1:7070')).toEqual({ host: '127.0.0.1', port: 7070 })
  for (const listen of ['7070', 'localhost', '127.0.0.1:70700', ':1'])
    expect(problemsOf({ ...CONFIG, listen })).toEqual(['listen: host:port'])
})
