// The probe outside of any sandbox: node skills/probe/twin.ts TOOL INPUT-AS-JSON prints what the tool would answer. What
// it does not manage here either says nothing about a sandbox.
import { bombSchema, explode } from './bombs.ts'
import { targetsSchema, tryEscapes } from './escapes.ts'

const [, , tool = '', input = '{}'] = process.argv
const given = JSON.parse(input) as { targets?: unknown }
const answer =
  tool === 'probe_escape'
    ? { results: await tryEscapes(targetsSchema.parse(given.targets)) }
    : await explode(bombSchema.parse(given))
process.stdout.write(JSON.stringify(answer))
