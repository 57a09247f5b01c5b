import { execFileSync } from 'node:child_process'
import path from 'node:path'

/** Makes a certificate of a name, good for `hosts` too, signed by itself, and its key (RSA), as PEM files in `folder`. */
export function makeCertificate (folder: string, name = 'server', days = 2, hosts: readonly string[] = []): { readonly key: string, readonly certificate: string } {
  const key = path.join(folder, `${name}.key`)
  const certificate = path.join(folder, `${name}.pem`)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', String(days), '-keyout', key, '-out', certificate,
    '-subj', `/CN=${name}`, '-addext', `subjectAltName=${['DNS:localhost', 'IP:127.0.0.1', ...hosts.map((host) => `DNS:${host}`)].join()}`], { stdio: 'pipe' })
  return { key, certificate }
}
