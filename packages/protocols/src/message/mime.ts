import { Buffer } from 'node:buffer'
import { decodeEncodedWords } from './encoded-word.ts'
import { asBuffer, type HeaderBlock, readHeaderBlock } from './header.ts'
import { type ParameterField, readParameterField } from './parameters.ts'
import { decodeTransferEncoding } from './transfer-encoding.ts'

/** Parts of one message that are told; those behind are left out and said so. Report mails have fewer than ten. */
export const mimePartsLimit = 10_000
/** Levels of multipart that are entered; a deeper one is one part. Each level reads its octets once more. */
export const mimeDepthLimit = 16
/** Characters of a boundary: RFC 2046 s5.1.1 allows 70, some writers use more. */
export const boundaryLimit = 256
/** Characters of a file name that are kept: it is a label only. */
export const fileNameLimit = 1_000

/** What was unusual about the structure of a message and was borne. */
export type MimeDeviationCode =
  | 'mime-content-type-alias'
  | 'mime-no-boundary'
  | 'mime-not-closed'
  | 'mime-too-many-parts'
  | 'mime-too-deep'

/** One part that is no multipart, with the place of its body. */
export interface MimePart {
  readonly header: HeaderBlock
  /** Type and subtype in lower case; `text/plain` where none is given (RFC 2045 s5.2). */
  readonly mediaType: string
  readonly parameters: ReadonlyMap<string, string>
  /** In lower case, `7bit` where none is given. */
  readonly transferEncoding: string
  readonly disposition: string | null
  /** Name from Content-Disposition, else from Content-Type, decoded; a label, never a path. */
  readonly fileName: string | null
  /** Media type of the multipart around it, and which one of the message that is; null at the top. */
  readonly container: string | null
  readonly containerIndex: number
  /** Byte range of the body, transfer encoding still on. */
  readonly start: number
  readonly end: number
}

export interface MimeMessage {
  readonly header: HeaderBlock
  /** Media type of the message itself. */
  readonly mediaType: string
  readonly parts: readonly MimePart[]
  readonly deviations: readonly MimeDeviationCode[]
}

/** The content of a part, transfer encoding taken off (RFC 2045 s6). Decodes anew at each call. */
export function partContent(message: Uint8Array, part: MimePart): Uint8Array {
  return decodeTransferEncoding(message.subarray(part.start, part.end), part.transferEncoding)
}

/**
 * Finds the parts of a message, or of any MIME entity, in the order received (RFC 2046 s5.1). Only multiparts are
 * entered: a message/rfc822 part is one part, and its content may be walked again. Never throws; each level of
 * nesting reads its octets once, and there are at most `mimeDepthLimit` levels.
 */
export function readMimeMessage(bytes: Uint8Array): MimeMessage {
  const walker = new MimeWalker(asBuffer(bytes))
  return walker.walk()
}

interface Entity {
  readonly header: HeaderBlock
  readonly type: ParameterField
  readonly end: number
  readonly container: string | null
  readonly containerIndex: number
  readonly depth: number
}

const delimiterStart = Buffer.from('\n--')
const dash = 0x2d

class MimeWalker {
  readonly #bytes: Buffer
  readonly #parts: MimePart[] = []
  readonly #deviations = new Set<MimeDeviationCode>()
  #containers = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  walk(): MimeMessage {
    const top = this.#open({ from: 0, end: this.#bytes.length, container: null, containerIndex: 0, depth: 0 })
    this.#enter(top)
    return {
      header: top.header,
      mediaType: top.type.value,
      parts: this.#parts,
      deviations: [...this.#deviations],
    }
  }

  #open(place: {
    readonly from: number
    readonly end: number
    readonly container: string | null
    readonly containerIndex: number
    readonly depth: number
  }): Entity {
    const header = readHeaderBlock(this.#bytes, place.from, place.end)
    let value = header.get('content-type')
    if (value === null) {
      // Trustwave writes `ContentType:` (report-tolerance 96).
      value = header.get('contenttype')
      if (value !== null) this.#deviations.add('mime-content-type-alias')
    }
    const type = value === null ? defaultType(place.container) : readParameterField(value)
    return { ...place, header, type: type.value.includes('/') ? type : { ...type, value: 'text/plain' } }
  }

  #enter(entity: Entity): void {
    if (!entity.type.value.startsWith('multipart/')) {
      this.#addPart(entity)
      return
    }
    if (entity.depth === mimeDepthLimit) {
      this.#deviations.add('mime-too-deep')
      this.#addPart(entity)
      return
    }
    const boundary = this.#boundaryOf(entity)
    const isFound = boundary !== null && this.#split(entity, boundary)
    if (!isFound) {
      this.#deviations.add('mime-no-boundary')
      this.#addPart(entity)
    }
  }

  /** The boundary as given; where the parameter is missing, the first line of the body that can be one. */
  #boundaryOf(entity: Entity): Buffer | null {
    const given = entity.type.parameters.get('boundary')?.trimEnd() ?? ''
    if (given !== '') return Buffer.from(given.slice(0, boundaryLimit), 'latin1')
    this.#deviations.add('mime-no-boundary')
    const from = this.#firstDelimiter(entity)
    if (from < 0) return null
    const lineEnd = this.#bytes.indexOf(0x0a, from)
    const line = this.#bytes.toString(
      'latin1',
      from,
      Math.min(lineEnd < 0 ? entity.end : lineEnd, from + boundaryLimit),
    )
    return line.trimEnd() === '' ? null : Buffer.from(line.trimEnd(), 'latin1')
  }

  #firstDelimiter(entity: Entity): number {
    const at = this.#bytes.indexOf(delimiterStart, Math.max(0, entity.header.bodyAt - 1))
    return at < 0 || at >= entity.end ? -1 : at + delimiterStart.length
  }

  /** Takes the parts between the delimiters of one multipart; false where no delimiter was found. */
  #split(entity: Entity, boundary: Buffer): boolean {
    this.#containers += 1
    const containerIndex = this.#containers
    let partStart = -1
    // The delimiter may be the very first line of the body: the line end before it is then that of the header.
    let cursor = Math.max(0, entity.header.bodyAt - 1)
    for (;;) {
      const at = this.#nextDelimiter(cursor, entity.end, boundary)
      const contentEnd = at === null ? entity.end : this.#withoutLineEnd(at.at, partStart)
      if (partStart >= 0) {
        if (this.#parts.length >= mimePartsLimit) {
          this.#deviations.add('mime-too-many-parts')
          return true
        }
        this.#enter(
          this.#open({
            from: partStart,
            end: Math.max(partStart, contentEnd),
            container: entity.type.value,
            containerIndex,
            depth: entity.depth + 1,
          }),
        )
      }
      if (at === null) {
        if (partStart >= 0) this.#deviations.add('mime-not-closed')
        return partStart >= 0
      }
      if (at.isClosing) return partStart >= 0
      partStart = at.next
      cursor = at.next - 1
    }
  }

  /** RFC 2046 s5.1.1: the line end before a delimiter belongs to the delimiter. */
  #withoutLineEnd(newline: number, partStart: number): number {
    return newline - 1 >= partStart && this.#bytes[newline - 1] === 0x0d ? newline - 1 : newline
  }

  /**
   * The next delimiter line from `cursor`, which is at a line end. Line starts are searched first and the boundary is
   * compared there: a boundary holds no line end, so that all comparisons together stay within the octets read.
   */
  #nextDelimiter(
    cursor: number,
    end: number,
    boundary: Buffer,
  ): { readonly at: number; readonly next: number; readonly isClosing: boolean } | null {
    for (let at = cursor; ; at += 1) {
      at = this.#bytes.indexOf(delimiterStart, at)
      if (at < 0 || at >= end) return null
      const from = at + delimiterStart.length
      const stop = from + boundary.length
      if (stop > end || this.#bytes.compare(boundary, 0, boundary.length, from, stop) !== 0) continue
      const isClosing = this.#bytes[stop] === dash && this.#bytes[stop + 1] === dash
      const lineEnd = this.#delimiterLineEnd(isClosing ? stop + 2 : stop, end)
      if (lineEnd >= 0) return { at, next: lineEnd, isClosing }
    }
  }

  /** Where the line after a delimiter ends, behind its line end; -1 where more than white space follows. */
  #delimiterLineEnd(from: number, end: number): number {
    let at = from
    while (at < end) {
      const byte = this.#bytes[at]
      at += 1
      if (byte === 0x0a) return at
      if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return -1
    }
    return end
  }

  #addPart(entity: Entity): void {
    if (this.#parts.length >= mimePartsLimit) {
      this.#deviations.add('mime-too-many-parts')
      return
    }
    const dispositionText = entity.header.get('content-disposition')
    const disposition = dispositionText === null ? null : readParameterField(dispositionText)
    const name = disposition?.parameters.get('filename') ?? entity.type.parameters.get('name') ?? null
    const encoding = entity.header.get('content-transfer-encoding')
    this.#parts.push({
      header: entity.header,
      mediaType: entity.type.value,
      parameters: entity.type.parameters,
      transferEncoding: encodingName(encoding),
      disposition: disposition?.value ?? null,
      fileName: name === null || name.trim() === '' ? null : name.trim().slice(0, fileNameLimit),
      container: entity.container,
      containerIndex: entity.containerIndex,
      start: Math.min(entity.header.bodyAt, entity.end),
      end: entity.end,
    })
  }
}

const noParameters: ReadonlyMap<string, string> = new Map()

/** RFC 2046 s5.1.5: parts of a digest are messages unless they say otherwise. */
function defaultType(container: string | null): ParameterField {
  return {
    value: container === 'multipart/digest' ? 'message/rfc822' : 'text/plain',
    parameters: noParameters,
  }
}

function encodingName(value: string | null): string {
  if (value === null) return '7bit'
  const name = decodeEncodedWords(value).replace(/\(.*$/s, '').replace(/["';]/g, '').trim().toLowerCase()
  return name === '' ? '7bit' : name
}
