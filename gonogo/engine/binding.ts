import type { Check } from '#checks/check.ts'
import { CHECKS } from '#checks/registry.ts'
import type { CheckRule } from '#core/events.ts'
import type { Release } from '#core/release.ts'
import type { Service } from '#core/service.ts'
import { COMPONENT_KINDS } from '#core/when.ts'

const DEFAULT_MAX_AGE_MS = 24 * 3_600_000

/** Whether an item's check runs for this service, and where not, what to add. */
export function bindingOf(
  service: Service,
  release: Release | null,
  id: string,
): { bound: boolean; reason?: string } {
  const check = CHECKS.get(id)
  if (!check) return { bound: false, reason: 'no automated proof for this item; a person attests it' }
  if (service.checks[id] !== undefined) return { bound: true }
  // Before a release is chosen the item is looked at as for one that has every component.
  if (check.bound?.(service, release ?? { components: [...COMPONENT_KINDS] })) return { bound: true }
  return { bound: false, reason: `add checks: { "${id}": … } to the service file` }
}

/** What the deployment must remember of each bound check. */
export function checkRules(service: Service, release: Release): Record<string, CheckRule> {
  const bound = [...CHECKS.values()].filter((check) => bindingOf(service, release, check.id).bound)
  return Object.fromEntries(bound.map((check) => [check.id, ruleOf(check)]))
}

const ruleOf = (check: Check): CheckRule => ({
  maxAgeMs: check.maxAgeMs ?? DEFAULT_MAX_AGE_MS,
  recheck: check.recheck ?? true,
  after: check.after ?? [],
})
