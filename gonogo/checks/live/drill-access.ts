import { CheckProblem } from '../check.ts'

/** What callers of the drill service hold. */
export const DRILL_ACCESS: Readonly<Record<string, string>> = {
  userToken: 'drill-user-token-000000000001',
  otherToken: 'drill-user-token-000000000002',
  adminToken: 'drill-admin-token-00000000001',
  expiredToken: 'drill-expired-token-000000001',
  allowedOrigin: 'https://app.drill.internal',
}

/** What the drill service gives access by. Rejects as an environment that does not declare the key. */
export async function drillAccess(key: string): Promise<string> {
  const value = DRILL_ACCESS[key]
  if (value === undefined) throw new CheckProblem(`environments.production.access.${key} is not declared`)
  return value
}
