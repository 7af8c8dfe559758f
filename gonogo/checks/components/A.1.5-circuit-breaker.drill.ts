import { agentDrill, agentWith, DRILL_STUB, undeclared } from '../live/agent-drill.ts'

const declarations = {
  request: { path: '/v1/complete', body: {} },
  stub: DRILL_STUB,
  calls: 'calls_total',
  open: 'breaker_open',
}
const config = { ...declarations, recoverWithin: 2, most: 10 }
const { calls: _calls, ...withoutCalls } = config
const { stub: _stub, ...withoutStub } = config

export const drill = agentDrill('A.1.5', config, [
  agentWith('no breaker', { breaker: 'none' }),
  agentWith('a storm of retries', { breaker: 'retries' }),
  agentWith('a timeout', { breaker: 'timeout' }),
  agentWith('refusals as slow as a timeout', { breaker: 'slow-refusals' }),
  agentWith('refusals that call all the same', { breaker: 'leaks' }),
  agentWith('a refusal that says nothing of when to come back', { breaker: 'no-retry-after' }),
  agentWith('no call ever tries again', { breaker: 'no-try' }),
  agentWith('everybody tries again at once', { breaker: 'storm-of-tries' }),
  agentWith('open for good', { breaker: 'stays-open' }),
  agentWith('metrics that do not show it', { breaker: 'silent' }),
  agentWith('old answers while the upstream fails', { breaker: 'cached' }),
  undeclared('nothing counts the calls', withoutCalls),
  undeclared('no stub declared', withoutStub),
  undeclared('a request that needs no upstream', {
    ...config,
    request: { path: '/v1/kept', body: { text: 'x' } },
  }),
])
