import { createServer, type Server } from 'node:tls'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { drillEnvironment, observing } from '#checks/drill-situation.ts'
import { type Authority, issueCertificate, newAuthority } from '#connectors/tls/private-authority.ts'

const DAY_MS = 86_400_000
const NAME = 'api.drill.internal'

type Ground = { readonly authority: Authority; readonly server: Server }

const issue = (authority: Authority, host: string, fromDays: number, toDays: number) =>
  issueCertificate(authority, host, {
    validFrom: new Date(Date.now() + fromDays * DAY_MS),
    validUntil: new Date(Date.now() + toDays * DAY_MS),
  })

async function ground(scratch: DrillScratch) {
  const authority = newAuthority('drill authority')
  await scratch.write('ca.pem', authority.pem)
  const server = createServer(issue(authority, NAME, -1, 90))
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  // Reached as the environment's own address, which nobody has to declare.
  const secureUrl = `https://127.0.0.1:${port}`
  const environment = drillEnvironment({ target: observing([], { secureUrl }) })
  return {
    config: { environment: { servername: NAME, ca: 'ca.pem' } },
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
    withCertificate('a certificate of another authority', () =>
      issue(newAuthority('drill authority'), NAME, -1, 90),
    ),
    {
      name: 'a host that is declared beside it presents a certificate for another name',
      expect: 'fail',
      plant: async ({ config, ground: { server } }) => {
        const { port } = server.address() as { port: number }
        const host = { host: `localhost:${port}`, servername: 'www.drill.internal', ca: 'ca.pem' }
        return { config: { ...(config as object), hosts: [host] } }
      },
    },
    {
      name: 'no public host is known',
      expect: 'unknown',
      plant: async () => ({ config: {}, context: { environment: drillEnvironment() } }),
    },
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
