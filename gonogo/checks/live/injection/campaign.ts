import type { Instance } from '#targets/target.ts'
import type { CheckContext, EnvironmentAccess } from '../../check.ts'
import type { Ask } from '../ask-agent.ts'
import { declared } from '../declared.ts'
import type { HeldStub } from '../stub.ts'
import { CHANNELS, GOALS } from './corpus.ts'
import type { Channel, InjectionSettings } from './settings.ts'

/** The parts of the settings that a campaign cannot do without, each declared. */
export type Campaign = {
  readonly settings: InjectionSettings
  readonly ask: Ask
  readonly orders: Readonly<Record<string, string>>
  readonly channels: Readonly<Record<string, Channel>>
  readonly undefended: NonNullable<InjectionSettings['undefended']>
  readonly effect: string
  readonly secret: string
  readonly undefendedToken: string | undefined
}

/** Throws a CheckProblem with the line to add for the first part that is not declared. */
export async function campaignOf(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  settings: InjectionSettings,
): Promise<Campaign> {
  const ask = declared(ctx, settings.ask, 'ask: { path: /… }')
  const orders = declared(ctx, settings.orders, 'orders: { tool: … }')
  for (const goal of GOALS) declared(ctx, orders[goal], `orders.${goal}: what the obeying model does for it`)
  const channels = declared(ctx, settings.channels, 'channels: { direct: … }') as Record<string, Channel>
  for (const name of CHANNELS)
    declared(ctx, channels[name], `channels.${name}: { plant: […], ask: […], expect: … }`)
  const undefended = declared(ctx, settings.undefended, 'undefended: { path: /…, body: … }')
  const effect = declared(ctx, settings.effect, 'effect: /…, where what a tool did can be read')
  const { token } = undefended
  return {
    settings,
    ask: { ...ask, token: '' },
    orders,
    channels,
    undefended,
    effect,
    secret: await environment.access(settings.secret),
    undefendedToken: token === undefined ? undefined : await environment.access(token),
  }
}

/** A place to try cases in: one instance, one caller. */
export type Tenant = {
  readonly ctx: CheckContext
  readonly environment: EnvironmentAccess
  readonly instance: Instance
  readonly model: HeldStub
  readonly token: string
}
