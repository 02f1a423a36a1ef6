import { createPublicKey, type KeyObject } from 'node:crypto'
import type { DkimRecordDocument } from '@letterlock/contract'
import {
  type Answer,
  keyRecordOf,
  keyRecordZoneLine,
  parseKeyRecord,
  type ResourceRecord,
  txtText,
} from '@letterlock/protocols'
import type { CommandContext } from './command.ts'
import { readKeyFile } from './dkim-key-file.ts'
import { domainFlag, selectorFlag } from './dkim-names.ts'
import { dnsOfFlags } from './dns-flags.ts'
import { type ExitCode, exitCodes, usageError } from './exit-code.ts'
import { printable } from './printable.ts'

/** What DNS has at the name of a key. */
type Published = NonNullable<DkimRecordDocument['published']>

/** Prints the record of a key, and compares DNS with it. */
export async function record(context: CommandContext, path: string): Promise<ExitCode> {
  const domain = domainFlag(context)
  const selector = selectorFlag(context)
  if ((domain === null) !== (selector === null)) throw usageError('--domain and --selector belong together')
  const key = await readKeyFile(path, true)
  const text = keyRecordOf(key)
  const name = domain === null || selector === null ? null : { domain, selector }
  if (name === null && context.flags.has('check')) throw usageError('--check needs --domain and --selector')
  const published = name !== null && context.flags.has('check') ? await check(context, name, key) : null
  const zoneLine = name === null ? null : keyRecordZoneLine(name.selector, name.domain, text)
  const exit = exitOf(published)
  if (context.format === 'json') {
    const document: DkimRecordDocument = {
      schema: 'letterlock.dkim-record/1',
      domain,
      selector,
      record: text,
      zoneLine,
      published,
      exit,
    }
    await context.output.json(document)
    return exit
  }
  await context.output.line(zoneLine ?? text)
  if (published !== null) context.messages.info(`${published.state}: ${printable(published.text)}`)
  return exit
}

function exitOf(published: Published | null): ExitCode {
  if (published === null || published.state === 'published') return exitCodes.ok
  return published.state === 'undetermined' ? exitCodes.undetermined : exitCodes.no
}

async function check(
  context: CommandContext,
  { domain, selector }: { readonly domain: string; readonly selector: string },
  key: KeyObject,
): Promise<Published> {
  const dns = await dnsOfFlags(context)
  try {
    const name = `${selector}._domainkey.${domain}`
    return judge(await dns.resolver.query({ name, type: 'TXT', signal: context.signal }), name, key)
  } finally {
    await dns.close()
  }
}

function judge({ outcome }: Answer, name: string, key: KeyObject): Published {
  switch (outcome.kind) {
    case 'temporary':
      return { state: 'undetermined', text: `DNS did not answer for ${name} (${outcome.cause})` }
    case 'bogus':
      return { state: 'undetermined', text: `DNSSEC proves the answer for ${name} wrong` }
    case 'nodata':
    case 'nxdomain':
      return { state: 'none', text: `there is no record at ${name}` }
    case 'records':
      return judgeTexts(outcome.records, name, key)
  }
}

function judgeTexts(records: readonly ResourceRecord[], name: string, key: KeyObject): Published {
  const texts = records.flatMap(one => (one.type === 'TXT' ? [txtText(one)] : []))
  if (texts.length > 1)
    return { state: 'broken', text: `${texts.length} TXT records stand at ${name}; one may (RFC 6376 s3.6.2.2)` }
  const [text = ''] = texts
  const parsed = parseKeyRecord(text)
  if (!parsed.ok) {
    const state = parsed.fault.code === 'dkim-key-revoked' ? 'revoked' : 'broken'
    return { state, text: `${parsed.fault.text} (at octet ${parsed.fault.at + 1} of the record at ${name})` }
  }
  if (!parsed.value.material.equals(materialOf(key)))
    return { state: 'other', text: `the record at ${name} holds another key` }
  const flags = parsed.value.isTesting ? '; it is marked as a test (t=y)' : ''
  return { state: 'published', text: `DNS has this key at ${name}${flags}` }
}

/** The octets of a public key as a record holds them, in the form that `parseKeyRecord` gives. */
function materialOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  if (publicKey.asymmetricKeyType === 'rsa') return publicKey.export({ format: 'der', type: 'pkcs1' })
  // A SubjectPublicKeyInfo of Ed25519 ends with the key itself (RFC 8410 s4).
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
}
