import { type CheckContext, defineCheck } from '../check.ts'
import { type InjectionSettings, injectionSchema } from '../live/injection/settings.ts'
import { tryInjection } from '../live/injection/try-injection.ts'
import { stagingOf } from '../live/instances.ts'
import { readingEvidence } from '../reading.ts'

export const check = defineCheck<InjectionSettings>({
  id: '1.2.5',
  title: 'Prompt-injection defences validated',
  config: injectionSchema,
  recheck: false,
  limitMs: 120_000,
  run: readingEvidence((ctx: CheckContext, settings) => tryInjection(ctx, stagingOf(ctx), settings, false)),
})
