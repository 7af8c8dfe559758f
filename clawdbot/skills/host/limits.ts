/** What a skill's process may use. Reaching one ends the process, or the call; never the server. */
export interface SkillLimits {
  /** Resident memory of all its processes together. */
  memoryBytes: number
  /** Data that one process may map; V8 maps some 600 MiB without touching them. */
  dataBytes: number
  /** Processes and threads. */
  tasks: number
  /** Its folder, and any one file. */
  diskBytes: number
  /** What it may write to its host between two calls, or as the answer to one. */
  outputBytes: number
  /** Processor time within `CPU_WINDOW_MS`, all its processes together. */
  cpuSeconds: number
  /** A call that has no answer by then ends the process. */
  callMs: number
}

const MIB = 1024 * 1024

export const CPU_WINDOW_MS = 10_000

export const SKILL_LIMITS: SkillLimits = {
  memoryBytes: 256 * MIB,
  dataBytes: 900 * MIB,
  tasks: 48,
  diskBytes: 16 * MIB,
  outputBytes: 1 * MIB,
  cpuSeconds: 3,
  callMs: 4_000,
}
