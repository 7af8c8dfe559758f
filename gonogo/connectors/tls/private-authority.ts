import sshpk from 'sshpk'

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 900

export type Authority = {
  readonly name: sshpk.Identity
  readonly key: sshpk.PrivateKey
  /** Its own certificate, which who trusts it is given. */
  readonly pem: string
}

/** A certificate authority of one's own, for names that no public one vouches for. */
export function newAuthority(commonName: string): Authority {
  const key = sshpk.generatePrivateKey('ecdsa')
  const name = sshpk.identityFromDN(`CN=${commonName}`)
  const certificate = sshpk.createSelfSignedCertificate(name, key, {
    validFrom: new Date(Date.now() - DAY_MS),
    validUntil: new Date(Date.now() + AUTHORITY_DAYS * DAY_MS),
    purposes: ['ca', 'serverAuth', 'clientAuth'],
  } as never)
  return { name, key, pem: certificate.toString('pem') }
}

/** Key and certificate of a host, as PEM, as a server takes them. */
export function issueCertificate(
  authority: Authority,
  host: string,
  validity: { readonly validFrom: Date; readonly validUntil: Date },
): { readonly key: string; readonly cert: string } {
  const key = sshpk.generatePrivateKey('ecdsa')
  const options = { ...validity, purposes: ['serverAuth'] }
  const subject = sshpk.identityForHost(host)
  const certificate = sshpk.createCertificate(subject, key, authority.name, authority.key, options as never)
  return { key: key.toString('pkcs8'), cert: certificate.toString('pem') }
}
