// A gonogo of its own for the crash tests: opens the target in its folder and does what it is told, until it is killed.
import type { Workload } from '../target.ts'
import { openProcessesTarget } from './processes-target.ts'

const [, , folder = '', config = '{}'] = process.argv
const opened = await openProcessesTarget({ name: 'test', folder, root: folder, config: JSON.parse(config) })
if (!opened.ok) throw new Error(opened.detail)
const { target } = opened

process.on('message', (message: { deploy: Workload; key: string }) => {
  void target.deploy(message.deploy, message.key)
})
process.send?.('ready')
