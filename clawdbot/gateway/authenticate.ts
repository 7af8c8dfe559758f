import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Authenticate, Principal, Refusal } from './principal.ts'
import type { KnownToken } from './tokens.ts'

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i
const LONGEST_TOKEN = 4096
const DISCOVERY_TIMEOUT_MS = 3_000

/** Whose JWTs count: those of one issuer, for one audience, signed by one of its keys. */
export interface TrustedIssuer {
  issuer: string
  audience: string
  keys: JWTVerifyGetKey
}

const claims = z.object({
  sub: z.string().min(1),
  roles: z.array(z.string()).default(['user']),
  agents: z.array(z.string()).default(['*']),
  tools: z.array(z.string()).default(['*']),
})

/**
 * Bearer tokens by their hash, and JWTs of the trusted issuer if there is one.
 * @param clock milliseconds since the epoch; expiry is judged by it
 */
export function createAuthenticate(options: {
  findToken: (token: string) => KnownToken | undefined
  issuer?: TrustedIssuer | undefined
  clock?: () => number
}): Authenticate {
  const clock = options.clock ?? Date.now
  return ({ authorization }) => {
    if (!authorization) return { refused: 'no_token' }
    const token = BEARER.exec(authorization)?.[1]
    if (!token || token.length > LONGEST_TOKEN) return { refused: 'bad_token' }
    const known = options.findToken(token)
    if (known) return known.expiresAtMs > clock() ? known.principal : { refused: 'expired_token' }
    if (options.issuer && token.split('.').length === 3) return verifyJwt(token, options.issuer, clock)
    return { refused: 'bad_token' }
  }
}

/** The issuer of the configuration; its keys are found by OIDC discovery unless their address is given. */
export function trustedIssuer(configuration: {
  OIDC_ISSUER?: string | undefined
  OIDC_AUDIENCE: string
  OIDC_JWKS_URL?: string | undefined
}): TrustedIssuer | undefined {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: address } = configuration
  if (!issuer) return undefined
  return { issuer, audience, keys: address ? createRemoteJWKSet(new URL(address)) : discoveredKeys(issuer) }
}

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url() })

/** Asked for at the first token, so that the gateway starts without its issuer; a failure is not remembered. */
function discoveredKeys(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined
  const discover = async () => {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await fetch(address, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) })
    const told = discovery.parse(await answer.json())
    if (told.issuer !== issuer) throw new Error(`${address} is of another issuer, ${told.issuer}`)
    return createRemoteJWKSet(new URL(told.jwks_uri))
  }
  return async (header, token) => {
    found ??= discover()
    const current = found
    try {
      return (await current)(header, token)
    } catch (error) {
      found = undefined
      throw error
    }
  }
}

async function verifyJwt(
  token: string,
  { issuer, audience, keys }: TrustedIssuer,
  clock: () => number,
): Promise<Principal | Refusal> {
  try {
    // Asymmetric algorithms only: `none` is no signature, and a public key must not do as an HMAC secret.
    const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']
    const currentDate = new Date(clock())
    const requiredClaims = ['exp', 'sub']
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms,
      currentDate,
      requiredClaims,
    })
    const { sub, ...rest } = claims.parse(payload)
    return { caller: `oidc:${sub}`, user: sub, ...rest }
  } catch (error) {
    return { refused: error instanceof errors.JWTExpired ? 'expired_token' : 'bad_token' }
  }
}
