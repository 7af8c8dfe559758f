import { type Checklist, itemsOf } from './checklist.ts'
import { formatDuration } from './duration.ts'
import { nearestOf } from './nearest.ts'
import { ROLES, type Role, VOTING_ROLES } from './roles.ts'
import type { Service } from './service.ts'

/** Something in a file that its schema cannot see: `path` leads to the key, the message says what is wrong and what to do. */
export type Finding = {
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
}

/** Ids that stand twice, and blanks that are filled from an item which is not there. */
export function checkChecklist(checklist: Checklist): Finding[] {
  const ids = itemsOf(checklist).map(({ item }) => item.id)
  const places = checklist.phases.flatMap((phase, p) =>
    phase.sections.map((section, s) => ({ section, path: ['phases', p, 'sections', s] })),
  )
  const items = places.flatMap(({ section, path }) =>
    section.items.map(({ id }, i) => ({ id, path: [...path, 'items', i, 'id'] })),
  )
  const twice = items.flatMap(({ id, path }, i) => {
    const message = `the id ${id} stands twice; give each item its own`
    return ids.indexOf(id) < i ? [{ path, code: 'id-twice', message }] : []
  })
  const lost = places.flatMap(({ section, path }) =>
    section.blanks.flatMap(({ from }, i) => {
      if (from === undefined || ids.includes(from)) return []
      return [{ path: [...path, 'blanks', i, 'from'], code: 'item-unknown', message: unknownItem(from, ids) }]
    }),
  )
  return [...twice, ...lost]
}

/** What a service file says that cannot be: items that do not exist, roles that nobody or one person twice holds, times that end before they begin. */
export function checkService(service: Service, checklist: Checklist | null): Finding[] {
  return [
    ...unknownItems(service, checklist),
    ...staging(service),
    ...scrapeIntervals(service),
    ...twoVotingRoles(service),
    ...unheldRoles(service, checklist),
    ...sharedKeys(service),
    ...freezes(service),
  ]
}

function unknownItems(service: Service, checklist: Checklist | null): Finding[] {
  if (!checklist) return []
  const ids = itemsOf(checklist).map(({ item }) => item.id)
  const unknown = Object.keys(service.checks).filter((id) => !ids.includes(id))
  return unknown.map((id) => ({ path: ['checks', id], code: 'item-unknown', message: unknownItem(id, ids) }))
}

function unknownItem(id: string, ids: readonly string[]): string {
  const nearest = nearestOf(id, ids)
  return `the checklist has no item ${id}; ${nearest ? `did you mean ${nearest}?` : 'use an id of the checklist'}`
}

function staging(service: Service): Finding[] {
  const names = Object.keys(service.environments)
  if (service.staging === undefined || names.includes(service.staging)) return []
  return [
    {
      path: ['staging'],
      code: 'environment-unknown',
      message: `there is no environment ${service.staging}; name one of ${names.join(', ')}`,
    },
  ]
}

/** Between two scrapes there is nothing new to judge: each look would be blind. */
function scrapeIntervals({ environments, policy }: Service): Finding[] {
  const { interval } = policy.rollback
  return Object.entries(environments).flatMap(([name, { metrics }]) => {
    if (metrics.source !== 'prometheus' || metrics.scrapeInterval <= interval) return []
    return [
      {
        path: ['environments', name, 'metrics', 'scrapeInterval'],
        code: 'interval-too-short',
        message: `is ${formatDuration(metrics.scrapeInterval)}, and policy.rollback.interval ${formatDuration(interval)}; scrape more often, or set the interval to the same`,
      },
    ]
  })
}

function twoVotingRoles(service: Service): Finding[] {
  return Object.entries(service.people).flatMap(([id, person]) => {
    const held = VOTING_ROLES.filter((role) => person.roles.includes(role))
    const message = `${person.name} holds ${held.join(' and ')}; one person has one voting role, give the other to someone else`
    return held.length > 1 ? [{ path: ['people', id, 'roles'], code: 'two-voting-roles', message }] : []
  })
}

/** Every role whose vote opens a gate needs a person, and a bot is none. */
function unheldRoles(service: Service, checklist: Checklist | null): Finding[] {
  const voting = new Set<Role>([
    ...VOTING_ROLES,
    ...(checklist?.phases.flatMap((phase) => phase.gate?.votes ?? []) ?? []),
  ])
  const held = new Set(Object.values(service.people).flatMap((person) => (person.bot ? [] : person.roles)))
  return [...voting].flatMap((role) => {
    const message = `nobody holds the role ${role} (${ROLES[role]}), and a gate asks for its vote; give it to a person`
    return held.has(role) ? [] : [{ path: ['people'], code: 'role-unheld', message }]
  })
}

/** One key in two hands would be one person with two voices. */
function sharedKeys(service: Service): Finding[] {
  const owners = new Map<string, string>()
  return Object.entries(service.people).flatMap(([id, person]) =>
    (['keys', 'keyFiles'] as const).flatMap((field) =>
      person[field].flatMap((key, i) => {
        const bare = key.trim().split(/\s+/).slice(0, 2).join(' ')
        const owner = owners.get(bare) ?? id
        owners.set(bare, owner)
        const message = `${owner} has this key already; each person signs with a key of their own`
        return owner === id ? [] : [{ path: ['people', id, field, i], code: 'key-shared', message }]
      }),
    ),
  )
}

function freezes(service: Service): Finding[] {
  return service.freezes.flatMap((freeze, i) =>
    Date.parse(freeze.end) > Date.parse(freeze.start)
      ? []
      : [
          {
            path: ['freezes', i, 'end'],
            code: 'freeze-backwards',
            message: `the freeze ${freeze.name} ends before it begins; correct start or end`,
          },
        ],
  )
}
