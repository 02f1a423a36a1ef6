import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const program = '/usr/sbin/opendkim'
const run = promisify(execFile)

/** Why OpenDKIM is not to be had; null where it is. */
export const opendkimMissing: string | null = existsSync(program) ? null : 'the Debian package opendkim is not here'

/** What OpenDKIM signs with. */
export interface OpendkimSigner {
  readonly domain: string
  readonly selector: string
  /** Private key in PEM. */
  readonly key: string
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  /** As in `c=`. */
  readonly forms: string
}

/** Fields that OpenDKIM puts before each message, in its test mode: one process for all. */
export async function signByOpendkim(messages: readonly string[], signer: OpendkimSigner): Promise<string[]> {
  return inFolder(async folder => {
    const keyFile = join(folder, 'key.pem')
    await writeFile(keyFile, signer.key, { mode: 0o600 })
    await writeFile(join(folder, 'hosts'), '0.0.0.0/0\n')
    const output = await opendkim(folder, messages, [
      'Mode s',
      `Domain ${signer.domain}`,
      `Selector ${signer.selector}`,
      `KeyFile ${keyFile}`,
      `Canonicalization ${signer.forms}`,
      `SignatureAlgorithm ${signer.algorithm}`,
      `InternalHosts ${join(folder, 'hosts')}`,
      'RequireSafeKeys no',
    ])
    const values = [...output.matchAll(/^### INSHEADER: idx=\d+ hname='DKIM-Signature' hvalue='([^']*)'$/gm)]
    // The mail server that puts the field in turns the line ends of its folds into CRLF.
    return values.map(([, value = '']) => `DKIM-Signature: ${value.replaceAll('\n', '\r\n')}`)
  })
}

/** Whether OpenDKIM verifies each message; `keys` holds the text of each record by its name. */
export async function verifyByOpendkim(
  messages: readonly string[],
  keys: Readonly<Record<string, string>>,
): Promise<boolean[]> {
  return inFolder(async folder => {
    const lines = Object.entries(keys).map(([name, text]) => `${name} ${text}\n`)
    await writeFile(join(folder, 'keys'), lines.join(''))
    const configuration = ['Mode v', `TestPublicKeys ${join(folder, 'keys')}`, 'On-BadSignature accept']
    const output = await opendkim(folder, messages, configuration)
    return messages.map((_, at) => {
      const said = [...output.matchAll(new RegExp(`/${at}\\.eml: verification .*`, 'g'))]
      return said.length === 1 && said[0]?.[0].endsWith('succeeded') === true
    })
  })
}

async function opendkim(
  folder: string,
  messages: readonly string[],
  configuration: readonly string[],
): Promise<string> {
  const files = messages.map((_, at) => join(folder, `${at}.eml`))
  await Promise.all(files.map((file, at) => writeFile(file, messages[at] ?? '', 'latin1')))
  const file = join(folder, 'opendkim.conf')
  await writeFile(file, [...configuration, 'Syslog no', ''].join('\n'))
  const { stdout, stderr } = await run(program, ['-x', file, '-t', files.join(','), '-v', '-v'], {
    encoding: 'latin1',
    maxBuffer: 16_777_216,
  })
  return stdout + stderr
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'letterlock-opendkim-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
