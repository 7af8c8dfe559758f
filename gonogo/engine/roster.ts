import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RosterEntry } from '#core/events.ts'
import type { Service } from '#core/service.ts'

/** The people of a service file with the keys that stand in it or in the files it names. A missing key file is no key. */
export function rosterOf(service: Service, root: string): Record<string, RosterEntry> {
  return Object.fromEntries(
    Object.entries(service.people).map(([id, person]) => {
      const fromFiles = person.keyFiles.flatMap((file) => keyLines(resolve(root, file)))
      const { name, contact, roles, backupFor, demo, bot } = person
      return [id, { name, contact, roles, backupFor, keys: [...person.keys, ...fromFiles], demo, bot }]
    }),
  )
}

function keyLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith('#'))
  } catch {
    return []
  }
}
