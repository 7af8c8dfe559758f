import { agentDrill, agentWith, DRILL_ASK, DRILL_STUB, undeclared } from '../live/agent-drill.ts'

const config = {
  ask: DRILL_ASK,
  stub: DRILL_STUB,
  modes: {
    down: { mode: 'down' },
    slow: { mode: 'slow' },
    garbage: { mode: 'garbage' },
    cut: { mode: 'cut' },
  },
  within: 0.7,
  recoverWithin: 1,
}

export const drill = agentDrill('A.2.5', config, [
  agentWith('502 while the model is away', { fallback: '500' }),
  agentWith('a fallback that is not marked', { fallback: 'unmarked' }),
  agentWith('no deadline', { fallback: 'waits' }),
  agentWith('the fallback for good', { fallback: 'stays' }),
  agentWith('a model that is not asked at all', { fallback: 'cached' }, 'unknown'),
  undeclared('a way of failing that is not declared', { ...config, modes: { down: { mode: 'down' } } }),
])
