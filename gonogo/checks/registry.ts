import type { Check } from './check.ts'
import type { Drill } from './drill.ts'

type Section = { readonly checks: readonly unknown[]; readonly drills: readonly unknown[] }

const SECTIONS: readonly Section[] = []

/** Every check that gonogo has, by item id. */
export const CHECKS: ReadonlyMap<string, Check> = new Map(
  SECTIONS.flatMap((section) => (section.checks as readonly Check[]).map((check) => [check.id, check] as const)),
)

export const DRILLS: readonly Drill[] = SECTIONS.flatMap((section) => section.drills as readonly Drill[])
