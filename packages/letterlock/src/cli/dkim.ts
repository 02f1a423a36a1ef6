import type { Command } from './command.ts'
import { keygen } from './dkim-keygen.ts'
import { record } from './dkim-record.ts'
import { signMessage } from './dkim-sign.ts'
import { dnsFlags } from './dns-flags.ts'
import { usageError } from './exit-code.ts'

/** `letterlock dkim`: keys, signatures and records of DKIM. */
export const command: Command = {
  name: 'dkim',
  summary: 'make DKIM keys, sign a message, print or check a key record',
  usage: [
    'dkim keygen --domain DOMAIN [--selector NAME] [--type rsa|ed25519] [--key FILE] [--force]',
    'dkim sign MESSAGE --domain DOMAIN --selector NAME --key FILE > SIGNED',
    'dkim record FILE [--domain DOMAIN --selector NAME] [--check]',
  ],
  description: [
    'keygen writes the private key to a file that only you can read, by default SELECTOR.DOMAIN.pem.',
    'It prints the record to publish as a line of a zone file. A file that is there is never replaced without --force.',
    'sign writes the message with a new DKIM-Signature on top; - is stdin.',
    'From, To, Cc, Subject, Date and some more are signed once more than they stand there, so that nobody can add one.',
    'record prints the record of a private or public key in PEM; with --check it compares DNS with it.',
  ],
  formats: ['text', 'json'],
  flags: {
    domain: { type: 'string', value: 'DOMAIN', text: 'domain that signs (d=)' },
    selector: {
      type: 'string',
      value: 'NAME',
      text: 'name of the key below that domain (s=); keygen: default by date',
    },
    type: { type: 'string', value: 'TYPE', text: 'keygen: rsa (2048 bits, default) or ed25519' },
    key: { type: 'string', value: 'FILE', text: 'file of the private key' },
    force: { type: 'boolean', text: 'keygen: replace the file' },
    canonicalization: {
      type: 'string',
      value: 'HEADER/BODY',
      text: 'sign: simple or relaxed for each; default relaxed/relaxed',
    },
    headers: {
      type: 'string',
      value: 'NAMES',
      text: 'sign: fields to sign, with colons between them; From has to be one',
    },
    expires: { type: 'string', value: 'DURATION', text: 'sign: how long it holds, such as 14d (default), or never' },
    check: { type: 'boolean', text: 'record: compare with what DNS has' },
    ...dnsFlags,
  },
  exitCodes: {
    0: 'done; record --check: DNS has this key',
    2: 'keygen: the file is there; record --check: DNS has no key or another one',
    5: 'record --check: DNS did not answer',
  },
  async run(context) {
    const [action, ...rest] = context.arguments
    if (action === 'keygen' && rest.length === 0) return await keygen(context)
    if (action === 'sign' && rest.length === 1) return await signMessage(context, rest[0] ?? '')
    if (action === 'record' && rest.length === 1) return await record(context, rest[0] ?? '')
    if (action === 'sign')
      throw usageError('which message? - is stdin', 'letterlock dkim sign - --domain … --selector … --key …')
    if (action === 'record') throw usageError('which key file?', 'letterlock dkim record key.pem')
    throw usageError('what shall be done?', 'letterlock dkim keygen --domain example.org')
  },
}
