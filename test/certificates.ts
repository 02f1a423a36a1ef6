import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate with its key, made for one test run. */
export interface Issued {
  readonly certificate: string
  readonly key: string
  readonly der: Uint8Array
  /** SubjectPublicKeyInfo as openssl writes it. */
  readonly publicKeyInfo: Uint8Array
}

export interface CertificateOptions {
  readonly subject: string
  /** Lines of an openssl extension section. */
  readonly extensions: readonly string[]
  /** Null: signed by its own key. */
  readonly issuer: Issued | null
  readonly keyType?: 'ec' | 'rsa'
  /** Days from now; the start is now. */
  readonly days?: number
}

/** Whether openssl is there; without it the tests of certificates are skipped and say so. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const folder = mkdtempSync(join(tmpdir(), 'letterlock-certificates-'))
process.on('exit', () => execFileSync('rm', ['-rf', folder]))
let serial = 0

function openssl(...parameters: readonly string[]): Buffer {
  return execFileSync('openssl', parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Makes a key and a certificate by the openssl command, an implementation that is not ours. */
export function makeCertificate(options: CertificateOptions): Issued {
  serial += 1
  const path = (suffix: string) => join(folder, `${serial}${suffix}`)
  if (options.keyType === 'rsa') openssl('genrsa', '-out', path('.key'), '2048')
  else openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path('.key'))
  writeFileSync(path('.ext'), `[x]\n${options.extensions.join('\n')}\n`)
  openssl('req', '-new', '-key', path('.key'), '-subj', options.subject, '-out', path('.csr'))
  const signer =
    options.issuer === null ? ['-key', path('.key')] : ['-CA', options.issuer.certificate, '-CAkey', options.issuer.key]
  const days = ['-days', String(options.days ?? 30), '-set_serial', String(1000 + serial)]
  openssl(
    ...['x509', '-req', '-in', path('.csr'), '-out', path('.pem'), '-extfile', path('.ext'), '-extensions', 'x'],
    ...(options.issuer === null ? ['-signkey', path('.key')] : signer),
    ...days,
  )
  openssl('x509', '-in', path('.pem'), '-outform', 'DER', '-out', path('.der'))
  return {
    certificate: path('.pem'),
    key: path('.key'),
    der: readFileSync(path('.der')),
    publicKeyInfo: openssl('pkey', '-in', path('.key'), '-pubout', '-outform', 'DER'),
  }
}
