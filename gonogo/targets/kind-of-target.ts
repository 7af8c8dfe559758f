import type { textSource } from '#connectors/prometheus-text/index.ts'
import type { Instance, Outcome, Target } from './target.ts'

/** A target as the engine holds it: the contract, and what not every kind of target can tell. */
export type OpenTarget = Target & {
  /** Replicas of the stable version. */
  readonly replicas: number
  /** Nothing shares the requests: each pod gets as many as any other. */
  readonly sharesByPods?: boolean
  /** How instances are asked that cannot be reached by their addresses; absent where they always can. */
  readonly relay?: Relay
  /** Components that no second version can run beside, in words; absent or empty where each can be copied. */
  readonly inPlace?: readonly string[]
  /** Epoch ms of the last request that was given to the version; absent where the target does not count. */
  lastRequestAt?(version: string): Promise<number | null>
  /**
   * Takes the environment for one deployment, against other gonogos with a log of their own; called again, it keeps it.
   * Absent where nobody else can reach it.
   */
  claim?(deployment: string): Promise<Outcome>
  unclaim?(deployment: string): Promise<void>
  /** Ends everything that runs there; absent where gonogo does not own it. */
  stop?(): Promise<void>
  /** Lets go of the connection; everything goes on running. */
  close?(): Promise<void>
}

export type Relay = {
  /** Whether their addresses lead nowhere from here. */
  readonly isNeeded: boolean
  /** The base address that stands for the instance's own. */
  addressOf(instance: Instance): string
  readonly reach: NonNullable<Parameters<typeof textSource>[2]>
}

/** A target as its kind opens it: where it has no way of its own to migrate, the service file's commands do. */
export type KindOfTarget = Omit<OpenTarget, 'migrate'> & Partial<Pick<OpenTarget, 'migrate'>>
