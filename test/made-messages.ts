import { type DkimKeyPair, DkimSigner, keyRecordZoneLine, rawFieldsOf, readHeaderBlock } from '@letterlock/protocols'

/** Who signs a message. */
export interface MessageSigner {
  readonly domain: string
  readonly selector: string
  readonly pair: DkimKeyPair
}

/** A message with CRLF. */
export function messageOf(fields: readonly string[], body = 'Hello\r\n'): string {
  return [...fields, '', body].join('\r\n')
}

/** The same message with a signature on top. `now` in seconds since 1970. */
export function signedMessage(message: string, signer: MessageSigner, now = Math.floor(Date.now() / 1000)): string {
  const bytes = Buffer.from(message, 'latin1')
  const block = readHeaderBlock(bytes)
  const { domain, selector, pair } = signer
  const run = new DkimSigner(rawFieldsOf(bytes, block), { domain, selector, key: pair.privateKey, now, lifetime: null })
  run.body(bytes.subarray(block.bodyAt))
  return `${run.end()}\r\n${message}`
}

/** The key of a signer as a line of a zone file. */
export function keyLine({ domain, selector, pair }: MessageSigner): string {
  return keyRecordZoneLine(selector, domain, pair.record)
}
