import type { DeploymentState } from '#core/state.ts'

/** Minutes from the decision to the end of the rollback, with one digit; null while it is under way. */
export function minutesToRestore(state: DeploymentState): string | null {
  const { decided, completed } = state.rollback ?? {}
  if (!decided || !completed) return null
  return ((completed.at - decided.at) / 60_000).toFixed(1)
}
