#!/usr/bin/env node
// Starts the command line with a Node that runs TypeScript without a build: this one if it is 24 or newer, else the one
// that comes as the npm package `node`.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts')
if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main)
} else {
  let node
  try {
    node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  } catch {
    process.stderr.write(
      'gonogo: needs Node 24 or newer, or the npm package "node"; run npm install and try again\n',
    )
    process.exit(3)
  }
  // The child gets the terminal's signals itself; this process only waits for its end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
  const child = spawnSync(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exit(child.status ?? 130)
}
