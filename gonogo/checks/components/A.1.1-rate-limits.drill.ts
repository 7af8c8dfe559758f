import { defineDrill } from '../drill.ts'
import { drillInstance } from '../drill-situation.ts'
import { type Intercept, startDrillService } from '../live/drill-service.ts'
import { rateLimitDrill } from '../live/rate-limit-drill.ts'

const common = rateLimitDrill('A.1.1')

export const drill = defineDrill<Intercept>({
  ...common,
  faults: [
    ...common.faults,
    {
      name: 'a limit of N for each instance',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        const [one, two] = [await startDrillService(scratch), await startDrillService(scratch)]
        const instances = [drillInstance({ url: one.url }), drillInstance({ id: 'gateway-2', url: two.url })]
        return {
          context: { environment: one.environment({ candidates: async () => instances }) },
          close: async () => {
            await one.close()
            await two.close()
          },
        }
      },
    },
  ],
})
