/** One message of an mbox file, without its separator line and with the quoting of `From ` lines taken back. */
export interface MboxMessage {
  /** Counts from 1. */
  readonly number: number
  readonly bytes: Buffer
  /** The message is longer than the limit; only its beginning is here. */
  readonly isCut: boolean
}

/** Bytes looked at after a `From ` line to see whether a header field follows: longer field names do not occur. */
const lookAheadBytes = 2048
/** Enough to hold the two line ends before a separator and the word `From ` itself. */
const overlapBytes = 16

const newline = 0x0a
const carriageReturn = 0x0d
const greaterThan = 0x3e
const separator = Buffer.from('From ')
const lineSeparator = Buffer.from('\nFrom ')
const quoteStart = Buffer.from('\n>')

/** True where bytes begin as an mbox does: a `From ` line, then a header field. */
export function looksLikeMbox(start: Buffer): boolean {
  return start.subarray(0, separator.length).equals(separator) && separatorAt(start, 0, true) === 'yes'
}

/**
 * Splits an mbox file into messages while its bytes come in (mboxo, mboxrd and what mail programs write). A line that
 * begins with `From ` separates messages when a blank line or the start of the file stands before it and a header
 * field follows: bodies hold such lines too, and not every program quotes them. Holds one message at a time.
 */
export class MboxSplitter {
  readonly #limit: number
  #parts: Buffer[] = []
  #size = 0
  #kept = 0
  #tail: Buffer = Buffer.alloc(0)
  #number = 0
  #isInMessage = false

  /** `limit`: bytes of one message that are kept. */
  constructor(limit: number) {
    this.#limit = limit
  }

  push(chunk: Uint8Array): MboxMessage[] {
    const data = Buffer.concat([this.#tail, chunk])
    return this.#split(data, false)
  }

  end(): MboxMessage[] {
    const messages = this.#split(this.#tail, true)
    const last = this.#finish()
    return last === null ? messages : [...messages, last]
  }

  #split(data: Buffer, isEnd: boolean): MboxMessage[] {
    const messages: MboxMessage[] = []
    let start = 0
    let from = 0
    if (!this.#isInMessage) {
      const bodyStart = this.#openFirst(data, isEnd)
      if (bodyStart === null) {
        this.#tail = data
        return messages
      }
      start = bodyStart
      from = Math.max(0, start - 1)
    }
    for (;;) {
      const at = data.indexOf(lineSeparator, from)
      if (at < 0) break
      const verdict = separatorAt(data, at + 1, isEnd)
      if (verdict === 'more') {
        const keep = Math.max(start, at - overlapBytes)
        this.#take(data.subarray(start, keep))
        this.#tail = Buffer.from(data.subarray(keep))
        return messages
      }
      from = at + 1
      if (verdict === 'no' || !hasBlankLineBefore(data, at, this.#size === 0)) continue
      this.#take(data.subarray(start, at))
      const message = this.#finish()
      if (message !== null) messages.push(message)
      this.#isInMessage = true
      start = data.indexOf(newline, at + 1) + 1
      from = start - 1
    }
    const keep = isEnd ? data.length : Math.max(start, data.length - overlapBytes)
    this.#take(data.subarray(start, keep))
    this.#tail = Buffer.from(data.subarray(keep))
    return messages
  }

  /** Where the first message begins, or null where more bytes are needed. */
  #openFirst(data: Buffer, isEnd: boolean): number | null {
    const lineEnd = data.indexOf(newline)
    if (lineEnd < 0 && !isEnd && data.length < lookAheadBytes) return null
    this.#isInMessage = true
    const hasSeparator = data.subarray(0, separator.length).equals(separator)
    return hasSeparator && lineEnd >= 0 ? lineEnd + 1 : 0
  }

  #take(bytes: Buffer): void {
    this.#size += bytes.length
    const room = this.#limit - this.#kept
    if (room <= 0 || bytes.length === 0) return
    const part = Buffer.from(bytes.subarray(0, room))
    this.#kept += part.length
    this.#parts.push(part)
  }

  #finish(): MboxMessage | null {
    const raw = Buffer.concat(this.#parts)
    const isCut = this.#size > this.#limit
    this.#parts = []
    this.#size = 0
    this.#kept = 0
    this.#isInMessage = false
    if (raw.length === 0) return null
    this.#number++
    return { number: this.#number, bytes: unquoteFromLines(isCut ? raw : withoutLastBlankLine(raw)), isCut }
  }
}

/** Whether the `From ` line at `at` separates messages, as far as what follows tells. */
function separatorAt(data: Buffer, at: number, isEnd: boolean): 'yes' | 'no' | 'more' {
  const window = data.subarray(at, at + lookAheadBytes)
  const isWhole = isEnd || window.length === lookAheadBytes
  const lineEnd = window.indexOf(newline)
  if (lineEnd < 0) return isWhole ? 'no' : 'more'
  for (let index = lineEnd + 1; index < window.length; index++) {
    const byte = window[index] ?? 0
    if (byte === 0x3a) return index > lineEnd + 1 ? 'yes' : 'no'
    // RFC 5322 s2.2: a field name is printable US-ASCII without the colon. Some programs write `>From ` lines first.
    if (byte === greaterThan && index === lineEnd + 1) return 'yes'
    if (byte <= 0x20 || byte > 0x7e) return 'no'
  }
  return isWhole ? 'no' : 'more'
}

/**
 * `at` is the line end before the separator; the line that it ends has to be empty. Without bytes before it, it is the
 * start of the message, or a place that was judged in the chunk before.
 */
function hasBlankLineBefore(data: Buffer, at: number, isMessageStart: boolean): boolean {
  const previous = data[at - 1] === carriageReturn ? at - 2 : at - 1
  return previous < 0 ? isMessageStart : data[previous] === newline
}

function withoutLastBlankLine(message: Buffer): Buffer {
  let end = message.length
  if (message[end - 1] === newline && message[end - 2] === newline) end -= 1
  else if (message[end - 1] === carriageReturn) end -= 1
  return message.subarray(0, end)
}

/** mboxrd: one `>` is taken from every line of `>`s before `From `. */
function unquoteFromLines(message: Buffer): Buffer {
  const parts: Buffer[] = []
  let start = 0
  for (let at = message.indexOf(quoteStart); at >= 0; at = message.indexOf(quoteStart, at + 1)) {
    let word = at + 1
    while (message[word] === greaterThan) word++
    if (!message.subarray(word, word + separator.length).equals(separator)) continue
    parts.push(message.subarray(start, at + 1))
    start = at + 2
  }
  return parts.length === 0 ? message : Buffer.concat([...parts, message.subarray(start)])
}
