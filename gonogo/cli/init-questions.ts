import { cancel, intro, isCancel, outro, select, text } from '@clack/prompts'
import { ROLES } from '#core/roles.ts'
import { type Answers, LEADING_ROLES, type LeadingRole } from './init-answers.ts'

const LATER = ''

/** Asks a person what cannot be found, and what was found amiss; null when they broke it off. */
export async function askMore(found: Answers): Promise<Answers | null> {
  intro('gonogo init · Enter keeps what was found')
  const service = await text({
    message: 'What is the service called?',
    initialValue: found.service,
    validate: (name) =>
      /^[a-z][a-z0-9-]*$/.test(name ?? '')
        ? undefined
        : 'lower case letters, digits and dashes, a letter first',
  })
  if (isCancel(service)) return brokenOff()
  const command = await text({
    message: 'Which command starts one instance?',
    initialValue: found.startCommand.join(' '),
    validate: (line) => (line?.trim() ? undefined : 'a program and its arguments'),
  })
  if (isCancel(command)) return brokenOff()
  const roles: Record<LeadingRole, string | null> = { ...found.roles }
  for (const role of LEADING_ROLES) {
    // One person has one voting role in a deployment.
    const free = found.people.filter(({ id }) => !Object.values(roles).includes(id))
    if (free.length === 0) break
    const holder = await select({
      message: `Who is the ${ROLES[role]}?`,
      options: [
        ...free.map(({ id, name, email }) => ({ value: id, label: name, hint: email })),
        { value: LATER, label: 'somebody else; filled in later' },
      ],
    })
    if (isCancel(holder)) return brokenOff()
    roles[role] = holder === LATER ? null : holder
  }
  outro('thank you')
  return { ...found, service, startCommand: command.trim().split(/\s+/), roles }
}

function brokenOff(): null {
  cancel('nothing was written')
  return null
}
