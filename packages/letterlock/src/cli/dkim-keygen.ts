import { open, rename, rm } from 'node:fs/promises'
import type { DkimKeygenDocument } from '@letterlock/contract'
import { generateDkimKey, keyRecordZoneLine } from '@letterlock/protocols'
import type { CommandContext } from './command.ts'
import { domainFlag, needed, selectorFlag } from './dkim-names.ts'
import { CommandError, type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { printable } from './printable.ts'

/** Makes a key pair: the private key into a file, the record to stdout. */
export async function keygen(context: CommandContext): Promise<ExitCode> {
  const { flags, messages, output, format } = context
  const domain = needed(domainFlag(context), 'domain')
  // A new key gets a new name (RFC 6376 s3.1); the date is one that nobody has used yet.
  const selector = selectorFlag(context) ?? `k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
  const type = flags.text('type') ?? 'rsa'
  if (type !== 'rsa' && type !== 'ed25519') throw usageError(`--type ${printable(type)} is neither rsa nor ed25519`)
  const path = flags.text('key') ?? `${selector}.${domain}.pem`
  const pair = generateDkimKey(type)
  await writeSecret(path, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), flags.has('force'))
  const zoneLine = keyRecordZoneLine(selector, domain, pair.record)
  if (format === 'json') {
    const document: DkimKeygenDocument = {
      schema: 'letterlock.dkim-keygen/1',
      domain,
      selector,
      keyType: type,
      keyFile: path,
      name: `${selector}._domainkey.${domain}`,
      record: pair.record,
      zoneLine,
    }
    await output.json(document)
  } else await output.line(zoneLine)
  messages.info(`The private key is in ${printable(path)}; only you can read it. Publish the record, then check it:`)
  messages.info(`letterlock dkim record ${printable(path)} --domain ${domain} --selector ${selector} --check`)
  return exitCodes.ok
}

/** Writes a file that only its owner can read. It is there whole or not at all. */
async function writeSecret(path: string, text: string, mayReplace: boolean): Promise<void> {
  const target = mayReplace ? `${path}.new` : path
  if (mayReplace) await rm(target, { force: true })
  const file = await open(target, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new CommandError(
        exitCodes.no,
        `${printable(path)} is there already, and a lost key cannot be made again`,
        'choose another --key FILE or --selector; --force replaces it',
      )
    throw new CommandError(exitCodes.failed, `the key file ${printable(path)} cannot be written: ${error.message}`)
  })
  try {
    // The mode of open() is cut by the umask only, never widened; a filesystem may still not know it.
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  if (mayReplace) await rename(target, path)
}
