import type { Decided, PresenceAsked, Recorded } from './events.ts'
import { isHuman } from './people.ts'
import type { DeploymentState } from './state.ts'

/** When the watch is to be asked next whether it is kept, epoch ms; null when it is not asked any more. */
export function nextPromptAt(state: DeploymentState): number | null {
  const { watch, prompts } = state
  // Deployments from before there were prompts have no such policy.
  const every = state.opened.policy.presence?.every
  if (!watch || every === undefined || !isAskedFor(state)) return null
  const last = prompts.at(-1)
  const at = last ? last.at + every : watch.at
  return at < watch.event.firstHourEndsAtMs ? at : null
}

const isAskedFor = ({ opened }: DeploymentState): boolean =>
  opened.plan.items.some((item) => item.proves === 'watchHeld' && item.applies !== 'no')

/** The prompt that waits for an answer now, or null. */
export function openPrompt(state: DeploymentState, now: number): Recorded<PresenceAsked> | null {
  return state.prompts.findLast((prompt) => now <= prompt.event.dueAtMs && !answerTo(state, prompt)) ?? null
}

/** Prompts whose time passed without an answer of whoever held the watch. */
export const missedPrompts = (state: DeploymentState, now: number): Recorded<PresenceAsked>[] =>
  state.prompts.filter((prompt) => now > prompt.event.dueAtMs && !answerTo(state, prompt))

/** What answers a prompt: signed by who held the watch, naming this prompt, in time. Nobody speaks for another. */
export function answerTo(state: DeploymentState, prompt: Recorded<PresenceAsked>): Recorded<Decided> | null {
  const found = state.decisions.find(
    (one) =>
      one.event.statement.action === 'present' &&
      one.event.statement.prompt === prompt.seq &&
      one.at <= prompt.event.dueAtMs &&
      one.event.statement.person === holderAt(state, one.seq),
  )
  return found ?? null
}

/** Who held the watch when a record was written. */
function holderAt(state: DeploymentState, seq: number): string | null {
  const taken = state.decisions.findLast(
    ({ seq: at, event: { statement } }) =>
      at < seq && statement.action === 'watch' && isHuman(state.opened, statement.person),
  )
  return taken?.event.statement.person ?? null
}

/** Those who said that they are there, where nobody was asked. */
export const unaskedAnswers = (state: DeploymentState): Recorded<Decided>[] =>
  state.decisions.filter(
    (one) =>
      one.event.statement.action === 'present' && one.event.statement.person === holderAt(state, one.seq),
  )
