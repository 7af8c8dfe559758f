// Installs Debian packages that tests against real servers need, when root. The arguments are the commands wanted, with
// their package where it has another name: `etcd=etcd-server`.
import { spawnSync } from 'node:child_process'

const run = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0
const isThere = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

const missing = process.argv
  .slice(2)
  .map((wanted) => wanted.split('='))
  .filter(([command]) => !isThere(command))
  .map(([command, name = command]) => name)
if (missing.length > 0) {
  const isInstalled =
    process.getuid?.() === 0 &&
    run('apt-get', ['update', '-qq']) &&
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing])
  if (!isInstalled) {
    console.error(`missing: ${missing.join(', ')}; install these Debian packages and try again`)
    process.exit(3)
  }
}
