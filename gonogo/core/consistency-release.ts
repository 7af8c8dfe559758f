import type { Finding } from './consistency.ts'
import { nearestOf } from './nearest.ts'
import { whyNotEntitled } from './people.ts'
import type { Release } from './release.ts'
import { VOTING_ROLES } from './roles.ts'
import type { Service } from './service.ts'

/** What a release says that cannot be for its service. `now` in epoch ms; null where the window may have ended long ago. */
export function checkRelease(release: Release, service: Service, now: number | null): Finding[] {
  return [
    ...windowFindings(release, now),
    ...authorFindings(release, service),
    ...lostVoters(release, service),
  ]
}

function windowFindings({ window, version }: Release, now: number | null): Finding[] {
  const path = ['window', 'end']
  if (window.end <= window.start)
    return [
      { path, code: 'window-backwards', message: 'the window ends before it begins; correct start or end' },
    ]
  if (now === null || now < window.end) return []
  const ended = new Date(window.end).toISOString()
  return [
    {
      path,
      code: 'window-ended',
      message: `the window of ${version} ended at ${ended}; agree on a new one and write it here`,
    },
  ]
}

function authorFindings({ authors }: Release, { people }: Service): Finding[] {
  const ids = Object.keys(people)
  return authors.flatMap((author, i) => {
    if (ids.includes(author)) return []
    const nearest = nearestOf(author, ids)
    const remedy = nearest ? `did you mean ${nearest}?` : 'add the author under people in the service file'
    return [
      { path: ['authors', i], code: 'author-unknown', message: `${author} is not in the roster; ${remedy}` },
    ]
  })
}

/** An author approves nothing of the change: a voting role that is left without a voice can never open its gate. */
function lostVoters(release: Release, service: Service): Finding[] {
  const opened = { roster: service.people, authors: release.authors }
  return VOTING_ROLES.flatMap((role) => {
    const candidates = Object.keys(service.people).filter((id) => {
      const person = service.people[id]
      return person?.roles.includes(role) || person?.backupFor.includes(role)
    })
    const author = candidates.find((id) => release.authors.includes(id))
    const isLost = candidates.every((id) => whyNotEntitled(opened, id, role) !== null)
    if (author === undefined || !isLost) return []
    const message = `${service.people[author]?.name ?? author} is an author and cannot vote as ${role}, and nobody else can; name a backup for the role in the service file`
    return [{ path: ['authors', release.authors.indexOf(author)], code: 'author-votes', message }]
  })
}
