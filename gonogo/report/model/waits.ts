import type { ReportInput } from '../report-input.ts'
import { duration } from '../wording.ts'

/** Where this deployment waited less than the document's wording asks for, said in one sentence each. */
export function shortenedWaits(input: ReportInput): string[] {
  const { plan, policy, strategy } = input.state.opened
  const items = input.checklist.phases
    .flatMap((p) => p.sections.flatMap((s) => s.items))
    .filter((i) => i.proof.by === 'step')
  const steps =
    strategy === 'canary'
      ? items.flatMap((item, index) => {
          const asked = minutesOf(item.note ?? '')
          const step = plan.steps[index]
          if (asked === null || !step || step.waitMs >= asked) return []
          return [
            `${item.id} at ${step.weight} % waits ${duration(step.waitMs)}; the document says ${duration(asked)}`,
          ]
        })
      : []
  const watch = hoursOf(input.checklist.phases.find((p) => p.id === 'watch')?.duration ?? '')
  const short =
    watch !== null && policy.watch < watch
      ? [`the watch lasts ${duration(policy.watch)}; the document says ${duration(watch)}`]
      : []
  return [...steps, ...short]
}

const minutesOf = (text: string): number | null => scaled(/(\d+) minutes/.exec(text), 60_000)
const hoursOf = (text: string): number | null => scaled(/(\d+) hours/.exec(text), 3_600_000)
const scaled = (match: RegExpExecArray | null, unitMs: number): number | null =>
  match ? Number(match[1]) * unitMs : null
