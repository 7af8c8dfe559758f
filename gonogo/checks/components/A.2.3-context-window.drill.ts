import { agentDrill, agentWith, DRILL_STUB, undeclared } from '../live/agent-drill.ts'

const config = {
  request: { path: '/v1/agent', body: { messages: '{{messages}}' } },
  answer: '/reply',
  limit: 500,
  stub: DRILL_STUB,
  seen: { path: '/admin/last', messages: '/messages' },
}
const { seen: _seen, ...withoutSeen } = config
const { limit: _limit, ...withoutLimit } = config

export const drill = agentDrill('A.2.3', config, [
  agentWith('everything goes to the model', { context: 'unlimited' }),
  agentWith('the instructions are trimmed first', { context: 'forgets-instructions' }),
  agentWith('the oldest turns are kept', { context: 'oldest' }),
  agentWith('a conversation with holes', { context: 'holes' }),
  agentWith('a message too long ends in 500', { context: '500' }),
  undeclared('what the model was given cannot be seen', withoutSeen),
  undeclared('no limit declared', withoutLimit),
])
