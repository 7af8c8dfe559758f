import { createHash } from 'node:crypto'
import type { Json } from '#core/json.ts'
import { defineDrill } from '../drill.ts'
import { agentDrill, agentWith, DRILL_ASK, undeclared } from '../live/agent-drill.ts'
import { DRILL_MODEL_KEYS } from '../live/drill-model.ts'

const DAY_MS = 86_400_000
const config = {
  metadata: 'key.json',
  endpoint: { component: 'model', path: '/model/list' },
  ask: DRILL_ASK,
}
const digest = (key: string) => createHash('sha256').update(key).digest('hex')
const metadata = (key: string, ageMs: number): Json => ({
  sha256: digest(key),
  rotatedAt: new Date(Date.now() - ageMs).toISOString(),
})
const { metadata: _metadata, ...withoutMetadata } = config

const base = agentDrill('A.2.1', config, [
  agentWith('the previous key still works', { keys: 'both' }),
  agentWith('any key works', { keys: 'any' }),
  agentWith('the agent holds a key that does not work', { keys: 'old-in-agent' }),
  undeclared('no metadata declared', withoutMetadata),
  { ...undeclared('metadata that say nothing', { ...config, metadata: 'empty.json' }) },
  { ...undeclared('a key as old as the hills', { ...config, metadata: 'old.json' }), expect: 'fail' },
  {
    ...undeclared('metadata touched without a new key', { ...config, metadata: 'touched.json' }),
    expect: 'fail',
  },
  { ...undeclared('a rotation in the future', { ...config, metadata: 'future.json' }), expect: 'fail' },
  { ...undeclared('one key for both', { ...config, previous: 'modelKey' }), expect: 'fail' },
])

export const drill = defineDrill<null>({
  ...base,
  ground: async (scratch) => {
    const { key, previous } = DRILL_MODEL_KEYS
    const files = {
      'key.json': metadata(key, DAY_MS),
      'old.json': metadata(key, 400 * DAY_MS),
      'touched.json': metadata(previous, DAY_MS),
      'future.json': metadata(key, -DAY_MS),
      'empty.json': {},
    }
    for (const [name, content] of Object.entries(files)) await scratch.write(name, JSON.stringify(content))
    const ground = await base.ground(scratch)
    return { ...ground, context: { ...ground.context, root: scratch.folder } }
  },
})
