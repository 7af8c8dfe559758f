import { describeMetricSource } from './contract.ts'

describeMetricSource('the router’s own counters', async (world) => ({
  source: world.router.metrics,
  asksInstances: false,
}))

describeMetricSource('the Prometheus text of each instance', async (world) => {
  const target = await world.open({ source: 'instances' })
  return { source: target.metrics, asksInstances: true, end: async () => target.close?.() }
})
