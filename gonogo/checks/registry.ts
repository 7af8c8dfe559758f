import * as backup from './backup/index.ts'
import type { Check } from './check.ts'
import * as cleanup from './cleanup/index.ts'
import * as codeQuality from './code-quality/index.ts'
import * as compliance from './compliance/index.ts'
import * as components from './components/index.ts'
import type { Drill } from './drill.ts'
import * as firstHour from './first-hour/index.ts'
import * as infrastructure from './infrastructure/index.ts'
import * as monitoring from './monitoring/index.ts'
import * as prechecks from './prechecks/index.ts'
import * as rollback from './rollback/index.ts'
import * as securityValidation from './security-validation/index.ts'
import * as smoke from './smoke/index.ts'
import * as staging from './staging/index.ts'
import * as startup from './startup/index.ts'
import * as team from './team/index.ts'
import * as validation from './validation/index.ts'
import * as watch from './watch/index.ts'

type Section = { readonly checks: readonly unknown[]; readonly drills: readonly unknown[] }

/** In the document's order. */
const SECTIONS: readonly Section[] = [
  codeQuality,
  securityValidation,
  infrastructure,
  compliance,
  backup,
  staging,
  team,
  monitoring,
  prechecks,
  startup,
  smoke,
  validation,
  firstHour,
  watch,
  cleanup,
  rollback,
  components,
]

/** Every check that gonogo has, by item id. */
export const CHECKS: ReadonlyMap<string, Check> = new Map(
  SECTIONS.flatMap((section) =>
    (section.checks as readonly Check[]).map((check) => [check.id, check] as const),
  ),
)

export const DRILLS: readonly Drill[] = SECTIONS.flatMap((section) => section.drills as readonly Drill[])
