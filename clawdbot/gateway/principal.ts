/** Who asks. `caller` is the token's holder (limits and logs go by it), `user` owns notes and memories. */
export interface Principal {
  readonly caller: string
  readonly user: string
  readonly roles: readonly string[]
  /** Agent ids this token may talk to, `*` for all. */
  readonly agents: readonly string[]
  /** Tools the agent may use on its behalf, `*` for all. */
  readonly tools: readonly string[]
}

/** Why a token was refused. */
export interface Refusal {
  readonly refused: 'no_token' | 'bad_token' | 'expired_token'
}

/** What a request shows of its sender. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly method: string
  readonly path: string
}

/** Tells who asks. Never throws for what a caller sends. */
export type Authenticate = (credentials: Credentials) => Promise<Principal | Refusal> | Principal | Refusal

/** Whether a scope list of a token covers `name`. */
export function covers(scope: readonly string[], name: string): boolean {
  return scope.includes('*') || scope.includes(name)
}
