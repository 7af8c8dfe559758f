import { runProcess } from '../runtime/run.ts'
import { startGateway } from './gateway.ts'

await runProcess('gateway', () => startGateway({ environment: process.env }))
