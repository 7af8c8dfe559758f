import { z } from 'zod'
import { formatDuration } from '#core/duration.ts'
import type { Release } from '#core/release.ts'

/** What a rehearsal of a rollback leaves behind: which way it went, and how long it took. */
export const rehearsalSchema = z.strictObject({
  rehearsal: z.literal(1),
  environment: z.string(),
  /** Version and digest that were rolled back, and the version that was restored. */
  from: z.string(),
  digest: z.string(),
  to: z.string(),
  /** True when the restored version answered afterwards. */
  restored: z.boolean(),
  /** From the decision to the restored version's readiness. */
  durationMs: z.number().positive(),
  /** From the decision to no traffic for the version rolled back. */
  trafficZeroMs: z.number().nonnegative().optional(),
  at: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
})

export type Rehearsal = z.infer<typeof rehearsalSchema>

export type RollbackStep = { readonly title: string; readonly what: string }

/** What is reverted, in the order in which it is safe: traffic, then everything that runs at once, data last. */
export function rollbackSteps(
  release: Release,
  stable: Release,
  schemaBefore: number | undefined,
): RollbackStep[] {
  const steps: RollbackStep[] = [
    { title: 'Traffic', what: `all of it to ${stable.version}; ${release.version} gets none` },
    {
      title: 'Workloads and configuration, together',
      what: `${release.components.join(', ')} of ${release.version} ended, ${stable.version} with its own configuration (${configNames(stable)})`,
    },
    {
      title: 'Verification',
      what: `${stable.version} runs with its digest ${stable.digest}, errors are back to normal`,
    },
  ]
  if (release.schemaVersion !== undefined && release.schemaVersion !== schemaBefore) {
    const what = release.backwardCompatible
      ? `stays at ${release.schemaVersion}: ${stable.version} works on it`
      : `down from ${release.schemaVersion} to ${schemaBefore ?? 'its version before'}; the backup of 2.1.1 where data is damaged`
    steps.push({ title: 'Database, last', what })
  }
  return steps
}

export function formatPlan(
  title: string,
  steps: readonly RollbackStep[],
  rehearsal: Rehearsal | null,
): string {
  const estimate = rehearsal
    ? `${formatDuration(rehearsal.durationMs)}, as measured in ${rehearsal.environment} from ${rehearsal.from} to ${rehearsal.to}`
    : 'never measured'
  const lines = steps.map((step, i) => `${i + 1}. **${step.title}**: ${step.what}`)
  return `# ${title}\n\nEstimated time: ${estimate}\n\n${lines.join('\n')}\n\nStarted with \`npx gonogo rollback\`; it waits for nobody.\n`
}

const configNames = (release: Release): string =>
  Object.keys(release.config).sort().join(', ') || 'none of its own'
