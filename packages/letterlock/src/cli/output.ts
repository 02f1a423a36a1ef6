import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

/** Where the data of a command goes. A reader that went away (`| head`) ends it silently. */
export class Output {
  readonly #stream: Writable
  readonly #isFile: boolean
  /** The reader closed its end: nothing that is written is seen any more. */
  isClosed = false
  failure: Error | null = null

  constructor(stream: Writable, isFile: boolean) {
    this.#stream = stream
    this.#isFile = isFile
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.isClosed = true
      if (error.code !== 'EPIPE') this.failure = error
    })
  }

  /** Writes text as it stands; waits when the reader is slow. */
  async write(text: string): Promise<void> {
    await this.#put(text)
  }

  /** Writes octets as they stand. */
  async bytes(octets: Uint8Array): Promise<void> {
    await this.#put(octets)
  }

  async #put(data: string | Uint8Array): Promise<void> {
    if (this.isClosed || data.length === 0) return
    if (!this.#stream.write(data) && !this.isClosed) {
      await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined)
    }
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** One JSON document. Name its schema in the member `schema`, such as `letterlock.ingest/1`. */
  async json(document: { readonly schema: string } & Readonly<Record<string, unknown>>): Promise<void> {
    await this.write(`${JSON.stringify(document, null, 2)}\n`)
  }

  /** One line of NDJSON. */
  async ndjson(value: unknown): Promise<void> {
    await this.write(`${JSON.stringify(value)}\n`)
  }

  async end(): Promise<void> {
    if (!this.#isFile || this.isClosed) return
    this.#stream.end()
    await once(this.#stream, 'finish').catch(() => undefined)
  }
}

export function openOutput(path: string | undefined): Output {
  if (path === undefined || path === '-') return new Output(process.stdout, false)
  return new Output(createWriteStream(path), true)
}

export type Verbosity = 'quiet' | 'normal' | 'verbose'

export interface MessageOptions {
  readonly verbosity: Verbosity
  readonly hasColor: boolean
  readonly hasProgress: boolean
}

/** Hints, warnings and progress on stderr. Colour never carries meaning alone: the word stands in front. */
export class Messages {
  readonly #options: MessageOptions
  #progressLength = 0

  constructor(options: MessageOptions) {
    this.#options = options
  }

  get hasProgress(): boolean {
    return this.#options.hasProgress
  }

  error(text: string): void {
    this.#line(`${this.paint('red', 'error')}  ${text}`)
  }

  warn(text: string): void {
    this.#line(`${this.paint('yellow', 'warn')}  ${text}`)
  }

  /** Left out with `-q`. */
  info(text: string): void {
    if (this.#options.verbosity !== 'quiet') this.#line(text)
  }

  /** Only with `-v`. */
  detail(text: string): void {
    if (this.#options.verbosity === 'verbose') this.#line(text)
  }

  /** Replaces the progress line; does nothing off a terminal. */
  progress(text: string): void {
    if (!this.#options.hasProgress) return
    const line = text.slice(0, Math.max(20, (process.stderr.columns ?? 80) - 1))
    process.stderr.write(`\r${line}${' '.repeat(Math.max(0, this.#progressLength - line.length))}`)
    this.#progressLength = line.length
  }

  clearProgress(): void {
    if (this.#progressLength === 0) return
    process.stderr.write(`\r${' '.repeat(this.#progressLength)}\r`)
    this.#progressLength = 0
  }

  /** Text in a colour where colour is on. */
  paint(color: 'red' | 'yellow' | 'green' | 'cyan' | 'bold' | 'dim', text: string): string {
    return this.#options.hasColor ? styleText(color, text, { validateStream: false }) : text
  }

  #line(text: string): void {
    this.clearProgress()
    process.stderr.write(`${text}\n`)
  }
}

/** Off with `--no-color`, a non-empty NO_COLOR, TERM=dumb and off a terminal. */
export function wantsColor(
  isTerminal: boolean,
  isSwitchedOff: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (!isTerminal || isSwitchedOff) return false
  if ((environment['NO_COLOR'] ?? '') !== '') return false
  return environment['TERM'] !== 'dumb'
}
