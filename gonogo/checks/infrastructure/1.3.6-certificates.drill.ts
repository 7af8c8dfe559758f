import { createServer, type Server } from 'node:tls'
import sshpk from 'sshpk'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'

const DAY_MS = 86_400_000
const NAME = 'api.drill.internal'

type Authority = { readonly key: sshpk.PrivateKey; readonly certificate: sshpk.Certificate }
type Ground = { readonly authority: Authority; readonly server: Server }

const authorityName = sshpk.identityFromDN('CN=drill authority')

function newAuthority(): Authority {
  const key = sshpk.generatePrivateKey('ecdsa')
  const options = {
    validFrom: new Date(Date.now() - DAY_MS),
    validUntil: new Date(Date.now() + 900 * DAY_MS),
  }
  return {
    key,
    certificate: sshpk.createSelfSignedCertificate(authorityName, key, {
      ...options,
      purposes: ['ca', 'serverAuth', 'clientAuth'],
    } as never),
  }
}

/** Key and certificate of a host, as a server takes them. */
function issue(authority: Authority, host: string, fromDays: number, toDays: number) {
  const key = sshpk.generatePrivateKey('ecdsa')
  const options = {
    validFrom: new Date(Date.now() + fromDays * DAY_MS),
    validUntil: new Date(Date.now() + toDays * DAY_MS),
    purposes: ['serverAuth'],
  }
  const subject = sshpk.identityForHost(host)
  const certificate = sshpk.createCertificate(subject, key, authorityName, authority.key, options as never)
  return { key: key.toString('pkcs8'), cert: certificate.toString('pem') }
}

async function ground(scratch: DrillScratch) {
  const authority = newAuthority()
  await scratch.write('ca.pem', authority.certificate.toString('pem'))
  const server = createServer(issue(authority, NAME, -1, 90))
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const environment = { name: 'production', url: 'http://127.0.0.1' } as never
  return {
    config: { hosts: [{ host: `127.0.0.1:${port}`, servername: NAME }], ca: 'ca.pem' },
    context: { environment },
    ground: { authority, server },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** The server gets another certificate. */
const withCertificate = (
  name: string,
  certificate: (authority: Authority) => ReturnType<typeof issue>,
): DrillFault<Ground> => ({
  name,
  expect: 'fail',
  plant: async ({ ground: { authority, server } }) => {
    server.setSecureContext(certificate(authority))
    return {}
  },
})

export const drill = defineDrill<Ground>({
  item: '1.3.6',
  ground,
  faults: [
    withCertificate('a certificate valid for another name', (a) => issue(a, 'www.drill.internal', -1, 90)),
    withCertificate('a certificate that expires in 20 days', (a) => issue(a, NAME, -1, 20)),
    withCertificate('a certificate that has expired', (a) => issue(a, NAME, -9, -1)),
    withCertificate('a certificate that is not valid yet', (a) => issue(a, NAME, 2, 90)),
    withCertificate('a certificate of another authority', () => issue(newAuthority(), NAME, -1, 90)),
    {
      name: 'nobody answers',
      expect: 'unknown',
      plant: async ({ config, ground: { server } }) => {
        await new Promise<void>((resolve) => server.close(() => resolve()))
        return { config }
      },
    },
  ],
})
