export const checks = [] as const
export const drills = [] as const
