import { type CheckContext, defineCheck } from '../check.ts'
import { type InjectionSettings, injectionSchema } from '../live/injection/settings.ts'
import { tryInjection } from '../live/injection/try-injection.ts'
import { readingEvidence } from '../reading.ts'

/** What 1.2.5 declares holds here as well, unless this item has a block with contents of its own. */
const settingsOf = (ctx: CheckContext, own: InjectionSettings): InjectionSettings => {
  const declared = ctx.service.checks['1.2.5']
  return own.ask === undefined && declared !== undefined ? injectionSchema.parse(declared) : own
}

export const check = defineCheck<InjectionSettings>({
  id: 'A.2.2',
  title: 'Prompt-injection defences active',
  config: injectionSchema,
  bound: (service, release) => release.components.includes('agent') && Object.hasOwn(service.checks, '1.2.5'),
  recheck: false,
  limitMs: 120_000,
  run: readingEvidence((ctx, own) => tryInjection(ctx, ctx.environment, settingsOf(ctx, own), true)),
})
