export { countersIn } from './instance-counters.ts'
export { type Scraped, textSource } from './source.ts'
