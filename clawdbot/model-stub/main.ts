import { runProcess } from '../runtime/run.ts'
import { startModelStub } from './model-stub.ts'

await runProcess('model-stub', () => startModelStub({ environment: process.env }))
