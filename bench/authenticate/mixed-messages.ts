import { Buffer } from 'node:buffer'
import { ArcSealer, DkimSigner, type RawField } from '@letterlock/protocols'
import { authorSigner, bodyOf, headerFields, messageOf, now, providerSigner, randomFrom, signedBy } from './messages.ts'

export interface MixedMessage {
  readonly name: string
  /** How often it comes among the others. */
  readonly weight: number
  readonly bytes: Buffer
}

/** What a receiver of everything gets: good mail, broken mail, attacks, long chains, large bodies. */
export function mixedMessages(seed: number): readonly MixedMessage[] {
  const random = randomFrom(seed)
  const [both, author] = [[authorSigner, providerSigner], [authorSigner]]
  const fields = headerFields(random)
  const body = bodyOf(3000, random)
  const good = messageOf(5_000, author, seed)
  const large = messageOf(100_000, author, seed)
  const changed = (message: Buffer, at: number) => {
    const copy = Buffer.from(message)
    copy[at] = 0x23
    return copy
  }
  const withFrom = (from: string) =>
    signedBy(
      author,
      fields.map(field => (field.startsWith('From:') ? from : field)),
      body,
    )
  const signature = good.subarray(0, good.indexOf('\r\nReceived:') + 2)
  const tenMegabytes = (unit: string) => Buffer.concat([signedBy(author, fields, body), Buffer.alloc(10_000_000, unit)])
  return [
    { name: 'good, 5 KB', weight: 200, bytes: good },
    { name: 'good, 100 KB', weight: 60, bytes: large },
    { name: 'two signatures', weight: 100, bytes: messageOf(8_000, both, seed) },
    { name: 'body changed', weight: 40, bytes: changed(good, good.length - 100) },
    { name: 'header changed', weight: 40, bytes: changed(good, good.indexOf('customer@')) },
    { name: 'no signature', weight: 40, bytes: signedBy([], fields, body) },
    { name: 'bare line feeds', weight: 20, bytes: Buffer.from(good.toString('latin1').replaceAll('\r\n', '\n')) },
    { name: 'two readings of From', weight: 20, bytes: withFrom('From: <news@shop.example>b@evil.example') },
    { name: 'six Author Domains', weight: 10, bytes: withFrom(`From: ${list(6, index => `a@d${index}.example`)}`) },
    { name: 'chain of three', weight: 40, bytes: chainOf(3, fields, body) },
    { name: 'chain of twenty', weight: 5, bytes: chainOf(20, fields, body) },
    { name: 'chain broken', weight: 20, bytes: changed(chainOf(3, fields, body), 400) },
    { name: 'a thousand signatures', weight: 3, bytes: Buffer.concat([...Array(1000).fill(signature), good]) },
    { name: 'header of 1 MB in short folds', weight: 3, bytes: Buffer.concat([folds(1_000_000), good]) },
    { name: '10 MB of bare LF', weight: 1, bytes: tenMegabytes('\n') },
    { name: '10 MB of bare CR', weight: 1, bytes: tenMegabytes('\r') },
    { name: '10 MB of empty lines', weight: 1, bytes: tenMegabytes('\r\n') },
    { name: 'random octets', weight: 10, bytes: Buffer.from(Array.from({ length: 20_000 }, () => random() * 256)) },
    { name: 'nothing', weight: 5, bytes: Buffer.alloc(0) },
  ]
}

function list(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(', ')
}

function folds(octets: number): Buffer {
  return Buffer.concat([Buffer.from('Subject: x'), Buffer.alloc(octets, '\r\n y'), Buffer.from('\r\n')])
}

/** A message that so many hosts sealed, each of them with the provider's key. */
function chainOf(sets: number, fields: readonly string[], body: Buffer): Buffer {
  const { domain, selector, pair } = providerSigner
  const signer = new DkimSigner(fields.map(rawField), {
    domain: authorSigner.domain,
    selector: authorSigner.selector,
    key: authorSigner.pair.privateKey,
    now,
  })
  signer.body(body)
  let sealed = [signer.end(), ...fields]
  for (let set = 0; set < sets; set += 1) {
    const sealer = new ArcSealer(sealed.map(rawField), {
      domain,
      selector,
      key: pair.privateKey,
      now,
      results: `mx${set}.example; spf=pass smtp.mailfrom=shop.example`,
      status: set === 0 ? 'none' : 'pass',
    })
    sealer.body(body)
    const added = sealer.end()
    if (added === null) throw new Error('the chain is full')
    sealed = [added.seal, added.message, added.results, ...sealed]
  }
  return Buffer.concat([Buffer.from([...sealed, '', ''].join('\r\n'), 'latin1'), body])
}

function rawField(text: string): RawField {
  return { name: text.slice(0, text.indexOf(':')).toLowerCase(), text }
}
