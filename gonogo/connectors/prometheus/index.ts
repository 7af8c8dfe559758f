export type { PrometheusServer } from './api.ts'
export { appendixC } from './appendix-c.ts'
export { prometheusSource } from './source.ts'
