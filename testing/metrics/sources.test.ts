import { textSource } from '../../gonogo/connectors/prometheus-text/index.ts'
import { metricsSettingsSchema, type TextSettings } from '../../gonogo/core/metrics-settings.ts'
import { describeMetricSource } from './contract.ts'
import { describeFaultyExporter } from './faulty-exporter.ts'

describeMetricSource('the router’s own counters', async (world) => ({
  source: world.router.metrics,
  asksInstances: false,
}))

describeMetricSource('the Prometheus text of each instance', async (world) => {
  const target = await world.open({ source: 'instances' })
  return { source: target.metrics, asksInstances: true, end: async () => target.close?.() }
})

describeFaultyExporter('the Prometheus text of each instance', async (urls) => ({
  source: textSource(metricsSettingsSchema.parse({ source: 'instances' }) as TextSettings, async () =>
    Object.entries(urls).map(([version, url]) => ({ version, instance: 'a', url })),
  ),
  lagMs: 5,
}))
