import { type Drill, defineDrill } from '../drill.ts'
import { drill as escalation } from '../team/2.3.5-escalation.drill.ts'

/** The same list, and the same faults in it, as for 2.3.5. */
export const drill = defineDrill({ ...(escalation as Drill), item: '3.2.4' })
