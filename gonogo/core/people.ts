import type { Opened } from './events.ts'
import type { Role } from './roles.ts'

/** True for whoever stands in the roster and is no bot. */
export function isHuman(opened: Pick<Opened, 'roster'>, person: string): boolean {
  const entry = opened.roster[person]
  return entry !== undefined && !entry.bot
}

/** True when a person may speak in a role: holds it or stands in for it, is no bot, and wrote none of the change. */
export function isEntitled(opened: Pick<Opened, 'roster' | 'authors'>, person: string, role: Role): boolean {
  return whyNotEntitled(opened, person, role) === null
}

/** One sentence on why a person may not speak in a role; null when they may. */
export function whyNotEntitled(
  opened: Pick<Opened, 'roster' | 'authors'>,
  person: string,
  role: Role,
): string | null {
  const entry = opened.roster[person]
  if (!entry) return `${person} is not in the roster`
  if (entry.bot) return `${entry.name} is a bot, and bots approve nothing`
  if (opened.authors.includes(person))
    return `${entry.name} is an author of this change, and an author approves nothing of it`
  if (!entry.roles.includes(role) && !entry.backupFor.includes(role))
    return `${entry.name} does not hold the role ${role}`
  return null
}

/** The people who may speak in a role, holders before backups. */
export function peopleFor(opened: Pick<Opened, 'roster' | 'authors'>, role: Role): string[] {
  const rank = (id: string) => (opened.roster[id]?.roles.includes(role) ? 0 : 1)
  return Object.keys(opened.roster)
    .filter((id) => isEntitled(opened, id, role))
    .sort((a, b) => rank(a) - rank(b))
}
