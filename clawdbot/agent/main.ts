import { runProcess } from '../runtime/run.ts'
import { startAgent } from './agent.ts'

await runProcess('agent', () => startAgent({ environment: process.env }))
