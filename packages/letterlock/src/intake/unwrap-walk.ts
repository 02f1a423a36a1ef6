import {
  looksLikeTextFailureReport,
  type MimePart,
  partContent,
  readCmsContent,
  readMimeMessage,
} from '@letterlock/protocols'
import type { LargeTurns } from './large-turns.ts'
import type { Document, UnwrapFault } from './unwrap-document.ts'
import { type Compression, inflateSmall, inlineBytesLimit, StreamState, type UnpackBudget } from './unwrap-inflate.ts'
import { inflateStream } from './unwrap-inflate-stream.ts'
import {
  failureIdentity,
  isClaimedReport,
  isMediaOnly,
  isOpaqueSignature,
  isReportName,
  mailContext,
  sortParts,
} from './unwrap-mail.ts'
import { collect, only, type Peeked, peek } from './unwrap-peek.ts'
import {
  emptyArchiveText,
  jsonBytesLimit,
  label,
  lastName,
  mailBytesLimit,
  mailWithoutReport,
  mimeTexts,
  nestingLimit,
  type Place,
  partPlace,
  refusals,
  shown,
  unreadable,
  withoutReport,
} from './unwrap-place.ts'
import { sniff, sniffBytes } from './unwrap-sniff.ts'
import { archiveMembersLimit, type ZipMember, zipInMemoryLimit, zipMembers } from './unwrap-zip.ts'

/** Bytes on their way: whole, or as a stream that was read in part. */
type Content =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array>; readonly state: StreamState }

/** One walk through one input: the budget and the number of members are shared by all levels. */
export class UnwrapWalk {
  readonly #budget: UnpackBudget
  readonly #turns: LargeTurns | null
  #endTurn: (() => void) | null = null
  #members = 0

  constructor(budget: UnpackBudget, turns: LargeTurns | null) {
    this.#budget = budget
    this.#turns = turns
  }

  /** The walk is over, or was left. */
  end(): void {
    this.#endTurn?.()
    this.#endTurn = null
  }

  /** One turn is enough for all that is in the input. */
  async #takeTurn(): Promise<void> {
    if (this.#turns !== null && this.#endTurn === null) this.#endTurn = await this.#turns.take()
  }

  async *start(content: Content, name: string, file: string | null): AsyncGenerator<Document> {
    const fileName = lastName(name)
    yield* this.#walk(content, {
      path: label(name),
      fileName,
      mail: null,
      delivery: null,
      archives: 0,
      mails: 0,
      notes: [],
      standing: 'asked',
      file,
    })
  }

  async *#walk(content: Content, place: Place): AsyncGenerator<Document> {
    if (content.kind === 'bytes') {
      if (content.bytes.length > inlineBytesLimit) await this.#takeTurn()
      yield* this.#walkBytes(content.bytes, place)
      return
    }
    const peeked = await peek(content.chunks, inlineBytesLimit)
    if (content.state.fault !== null) {
      await peeked.close()
      yield unreadable(place, content.state.fault)
      return
    }
    if (peeked.isAll) {
      yield* this.#walkBytes(peeked.head, { ...place, notes: [...place.notes, ...content.state.notes] })
      return
    }
    await this.#takeTurn()
    yield* this.#walkStream(peeked, content.state, place)
  }

  async *#walkBytes(bytes: Buffer, place: Place): AsyncGenerator<Document> {
    const kind = sniff(bytes, true)
    switch (kind) {
      case 'gzip':
      case 'zlib':
      case 'deflate':
        yield* this.#inflate(bytes, kind, place)
        return
      case 'zip':
        yield* this.#zip(bytes, place)
        return
      case 'mail':
        yield* bytes.length > mailBytesLimit ? [unreadable(place, refusals.mailTooLarge)] : this.#mail(bytes, place)
        return
      case 'aggregate-xml':
        yield { ...shown(place), kind: 'aggregate-xml', content: { kind: 'bytes', bytes } }
        return
      case 'tls-json':
        yield { ...shown(place), kind: 'tls-json', content: { kind: 'bytes', bytes } }
        return
      case 'other-xml':
        // The reader of reports says best what is wrong with it.
        if (place.standing !== 'found')
          yield { ...shown(place), kind: 'aggregate-xml', content: { kind: 'bytes', bytes } }
        return
      case 'other-json':
        if (place.standing !== 'found') yield { ...shown(place), kind: 'tls-json', content: { kind: 'bytes', bytes } }
        return
      default:
        yield* withoutReport(kind, place)
    }
  }

  /** Content that is too large to hold. Only aggregate reports may be; the others have limits below. */
  async *#walkStream(peeked: Peeked, state: StreamState, place: Place): AsyncGenerator<Document> {
    const kind = sniff(peeked.head.subarray(0, sniffBytes), false)
    switch (kind) {
      case 'gzip':
      case 'zlib':
      case 'deflate':
        yield* this.#inflate(peeked.chunks(), kind, place, state)
        return
      case 'zip':
        if (place.file !== null) yield* this.#zip({ path: place.file }, place)
        else yield* this.#collected(peeked, zipInMemoryLimit, refusals.zipTooLarge, state, place)
        return
      case 'mail':
        yield* this.#collected(peeked, mailBytesLimit, refusals.mailTooLarge, state, place)
        return
      case 'tls-json':
      case 'other-json':
        yield* this.#collected(peeked, jsonBytesLimit, refusals.jsonTooLarge, state, place)
        return
      case 'aggregate-xml':
      case 'other-xml':
        if (kind === 'other-xml' && place.standing === 'found') return
        try {
          const content = { kind: 'stream', chunks: peeked.chunks(), end: () => state.end() } as const
          yield { ...shown(place), kind: 'aggregate-xml', content }
        } finally {
          await peeked.close()
        }
        return
      default:
        yield* withoutReport(kind, place)
    }
  }

  async *#collected(
    peeked: Peeked,
    limit: number,
    tooLarge: UnwrapFault,
    state: StreamState,
    place: Place,
  ): AsyncGenerator<Document> {
    const bytes = await collect(peeked.chunks(), limit)
    const fault = state.fault ?? (bytes === null ? tooLarge : null)
    if (fault !== null || bytes === null) yield unreadable(place, fault ?? tooLarge)
    else yield* this.#walkBytes(bytes, { ...place, notes: [...place.notes, ...state.notes] })
  }

  async *#inflate(
    packed: Buffer | AsyncIterable<Uint8Array>,
    compression: Compression,
    outer: Place,
    outerState: StreamState | null = null,
  ): AsyncGenerator<Document> {
    if (outer.archives === nestingLimit) {
      yield unreadable(outer, refusals.tooDeep)
      return
    }
    const standing = outer.standing === 'found' && isReportName(outer.fileName ?? '') ? 'claimed' : outer.standing
    const place: Place = { ...outer, standing, archives: outer.archives + 1, file: null }
    if (Buffer.isBuffer(packed)) {
      const bytes = inflateSmall(packed, compression, this.#budget)
      if (bytes === 'over-budget') {
        yield unreadable(place, this.#budget.fault())
        return
      }
      if (bytes !== 'not-small') {
        yield* this.#walkBytes(bytes, place)
        return
      }
    }
    const state = new StreamState(outerState)
    const source = Buffer.isBuffer(packed) ? only(packed) : packed
    const chunks = inflateStream(source, compression, this.#budget, state)
    yield* this.#walk({ kind: 'stream', chunks, state }, place)
  }

  async *#zip(source: Buffer | { readonly path: string }, outer: Place): AsyncGenerator<Document> {
    if (outer.archives === nestingLimit) {
      yield unreadable(outer, refusals.tooDeep)
      return
    }
    let found = 0
    let files = 0
    for await (const member of zipMembers(source)) {
      if ('code' in member) {
        yield unreadable(outer, member)
        return
      }
      files += 1
      this.#members += 1
      if (this.#members > archiveMembersLimit) {
        yield unreadable(outer, refusals.tooManyMembers)
        return
      }
      const place: Place = {
        ...outer,
        path: `${outer.path}/${label(member.name)}`,
        fileName: lastName(member.name) ?? outer.fileName,
        archives: outer.archives + 1,
        standing: isReportName(member.name) ? 'claimed' : 'found',
        file: null,
      }
      for await (const document of this.#member(member, place)) {
        found += 1
        yield document
      }
    }
    if (found === 0 && outer.standing !== 'found') {
      yield unreadable(outer, { code: 'not-a-report', text: emptyArchiveText(files) })
    }
  }

  async *#member(member: ZipMember, place: Place): AsyncGenerator<Document> {
    if (!member.isReadable) {
      if (member.isEncrypted) yield unreadable(place, refusals.encrypted)
      else yield unreadable(place, refusals.unknownMethod)
      return
    }
    let packed: Buffer | AsyncIterable<Uint8Array>
    try {
      packed = await member.packed()
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'unreadable'
      yield unreadable(place, { code: 'bad-archive', text: `The archive member cannot be read: ${detail}.` })
      return
    }
    // The archive is one level; that its member is packed is not another one.
    if (member.compression !== null)
      yield* this.#inflate(packed, member.compression, { ...place, archives: place.archives - 1 })
    else if (Buffer.isBuffer(packed)) yield* this.#stored(packed, place)
    else yield* this.#walk({ kind: 'stream', chunks: packed, state: new StreamState() }, place)
  }

  async *#stored(bytes: Buffer, place: Place): AsyncGenerator<Document> {
    if (this.#budget.take(bytes.length)) yield* this.#walkBytes(bytes, place)
    else yield unreadable(place, this.#budget.fault())
  }

  async *#mail(bytes: Buffer, outer: Place): AsyncGenerator<Document> {
    if (outer.mails > nestingLimit) {
      yield unreadable(outer, refusals.tooDeep)
      return
    }
    const message = readMimeMessage(bytes)
    const mail = mailContext(bytes, message.header)
    const place: Place = {
      ...outer,
      mail,
      delivery: outer.delivery ?? mail,
      mails: outer.mails + 1,
      notes: [...outer.notes, ...message.deviations.map(code => ({ code, text: mimeTexts[code] }))],
      standing: 'found',
      file: null,
    }
    let found = 0
    for await (const document of this.#entity(bytes, message, place)) {
      found += 1
      yield document
    }
    if (message.deviations.includes('mime-too-many-parts')) yield unreadable(place, refusals.tooManyParts)
    else if (found === 0 && outer.standing !== 'found') {
      yield { ...shown(place), kind: 'none', notes: [...place.notes, mailWithoutReport] }
    }
  }

  /** The parts of a mail, or of what an opaque signature holds. */
  async *#entity(bytes: Buffer, message: ReturnType<typeof readMimeMessage>, place: Place): AsyncGenerator<Document> {
    const date = place.mail?.date ?? null
    const { failures, others } = sortParts(bytes, message, date)
    for (const { parts, name } of failures) {
      yield {
        ...shown(partPlace(place, name)),
        kind: 'failure',
        parts,
        content: { kind: 'bytes', bytes: failureIdentity(parts) },
      }
    }
    let found = failures.length
    const texts: Buffer[] = []
    for (const part of others) {
      if (isMediaOnly(part)) continue
      const content = partContent(bytes, part)
      const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      for await (const document of this.#part(part, buffer, partPlace(place, part.fileName))) {
        found += 1
        yield document
      }
      if (part.mediaType === 'text/plain') texts.push(buffer)
    }
    if (found > 0) return
    for (const text of texts) {
      if (!looksLikeTextFailureReport(text)) continue
      const parts = { feedback: null, original: null, text, mailDate: date }
      yield { ...shown(place), kind: 'failure', parts, content: { kind: 'bytes', bytes: failureIdentity(parts) } }
      return
    }
  }

  async *#part(part: MimePart, bytes: Buffer, at: Place): AsyncGenerator<Document> {
    if (isOpaqueSignature(part)) {
      yield* this.#opaque(bytes, at)
      return
    }
    const place: Place = isClaimedReport(part) ? { ...at, standing: 'claimed' } : at
    if (/^message\/(?:rfc822|global)$/.test(part.mediaType)) {
      yield* this.#mail(bytes, place)
      return
    }
    if (part.mediaType.startsWith('text/') && part.fileName === null && isProse(bytes)) return
    yield* this.#walkBytes(bytes, place)
  }

  async *#opaque(bytes: Buffer, place: Place): AsyncGenerator<Document> {
    const signed = readCmsContent(bytes)
    if (signed.kind === 'enveloped') yield unreadable(place, refusals.encryptedMail)
    if (signed.kind !== 'content') return
    if (place.mails > nestingLimit) {
      yield unreadable(place, refusals.tooDeep)
      return
    }
    const inner = Buffer.from(signed.bytes.buffer, signed.bytes.byteOffset, signed.bytes.byteLength)
    yield* this.#entity(inner, readMimeMessage(inner), { ...place, mails: place.mails + 1 })
  }
}

/** The text of a mail that is no report by itself: letters quote mails and pieces of reports. */
function isProse(bytes: Buffer): boolean {
  const kind = sniff(bytes, true)
  if (kind === 'gzip' || kind === 'zip') return false
  return kind === 'mail' || !/^[\s\0\u00ef\u00bb\u00bf\u00fe\u00ff]*[<{]/.test(bytes.toString('latin1', 0, 1_024))
}
