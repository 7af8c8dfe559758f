// `npm run bench [-- --json] [-- proxy log metrics planning]`: the figures of the README, each beside its rival in the same run.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureLog, printLog } from './log/measure.ts'
import { measureMetrics, printMetrics } from './metrics/measure.ts'
import { measurePlanning, printPlanning } from './planning/measure.ts'
import { measureProxy, printProxy } from './proxy/measure.ts'

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const isWanted = (name: string) => positionals.length === 0 || positionals.includes(name)
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
if (!values.json) console.log(`${machine}\n`)
const proxy = isWanted('proxy') ? await measureProxy() : null
if (proxy && !values.json) printProxy(proxy)
const log = isWanted('log') ? await measureLog() : null
if (log && !values.json) printLog(log)
const metrics = isWanted('metrics') ? await measureMetrics() : null
if (metrics && !values.json) printMetrics(metrics)
const planning = isWanted('planning') ? await measurePlanning() : null
if (planning && !values.json) printPlanning(planning)
if (values.json) console.log(JSON.stringify({ machine, proxy, log, metrics, planning }, null, 2))
