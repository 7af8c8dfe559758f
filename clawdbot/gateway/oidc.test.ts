import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthenticate, trustedIssuer } from './authenticate.ts'

let server: Server
let issuer: string
let sign: (claims?: {
  audience?: string
  issuer?: string
  expires?: string
  rest?: object
}) => Promise<string>
let authenticate: ReturnType<typeof createAuthenticate>
let discoveries = 0

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/.well-known/openid-configuration') discoveries++
    // The first look fails, as of an issuer that comes late.
    if (discoveries === 1) return response.writeHead(503).end('{}')
    response.end(
      JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  sign = ({ audience = 'clawdbot', issuer: by = issuer, expires = '5m', rest = {} } = {}) =>
    new SignJWT({ ...rest })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setSubject('ann')
      .setIssuer(by)
      .setAudience(audience)
      .setExpirationTime(expires)
      .sign(privateKey)
  const trusted = trustedIssuer({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'clawdbot' })
  authenticate = createAuthenticate({ findToken: () => undefined, issuer: trusted })
})
afterAll(() => server.close())

const asks = async (token: string) =>
  authenticate({ authorization: `Bearer ${token}`, method: 'GET', path: '/v1/agents' })

test('an issuer that cannot be asked refuses, and is asked again', async () => {
  expect(await asks(await sign())).toEqual({ refused: 'bad_token' })
  expect(await asks(await sign())).toMatchObject({ user: 'ann', caller: 'oidc:ann', roles: ['user'] })
  expect(discoveries).toBe(2)
})

test('a token carries its roles and its scopes', async () => {
  const rest = { roles: ['admin'], agents: ['counter'], tools: [] }
  expect(await asks(await sign({ rest }))).toMatchObject(rest)
})

test('another audience, another issuer, an expired one and a forged one are refused', async () => {
  expect(await asks(await sign({ audience: 'another' }))).toEqual({ refused: 'bad_token' })
  expect(await asks(await sign({ issuer: 'https://evil.example' }))).toEqual({ refused: 'bad_token' })
  expect(await asks(await sign({ expires: '-1m' }))).toEqual({ refused: 'expired_token' })
  const [header = '', claims = ''] = (await sign()).split('.')
  expect(await asks(`${header}.${claims}.${'A'.repeat(86)}`)).toEqual({ refused: 'bad_token' })
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  expect(await asks(`${none}.${claims}.x`)).toEqual({ refused: 'bad_token' })
})
