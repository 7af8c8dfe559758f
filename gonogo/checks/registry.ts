import type { Check } from './check.ts'
import * as codeQuality from './code-quality/index.ts'
import * as compliance from './compliance/index.ts'
import type { Drill } from './drill.ts'
import * as infrastructure from './infrastructure/index.ts'
import * as rollback from './rollback/index.ts'
import * as securityValidation from './security-validation/index.ts'
import * as team from './team/index.ts'

type Section = { readonly checks: readonly unknown[]; readonly drills: readonly unknown[] }

/** In the document's order. */
const SECTIONS: readonly Section[] = [
  codeQuality,
  securityValidation,
  infrastructure,
  compliance,
  team,
  rollback,
]

/** Every check that gonogo has, by item id. */
export const CHECKS: ReadonlyMap<string, Check> = new Map(
  SECTIONS.flatMap((section) =>
    (section.checks as readonly Check[]).map((check) => [check.id, check] as const),
  ),
)

export const DRILLS: readonly Drill[] = SECTIONS.flatMap((section) => section.drills as readonly Drill[])
