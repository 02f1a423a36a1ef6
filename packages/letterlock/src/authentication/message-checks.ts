import type { MessageExamples as ExamplesAnswer, MessageExplanation } from '@letterlock/contract'
import { type DnsSource, openDnsSource } from './dns-source.ts'
import { explainMessage } from './explain-message.ts'
import { type MessageExamples, makeMessageExamples } from './message-examples.ts'
import { type MessageFault, MessageReader } from './read-message.ts'
import type { GivenSession } from './session.ts'

export interface MessageChecksOptions {
  /** Seconds since 1970. */
  readonly now: () => number
  /** False in a demonstration, which asks nobody. */
  readonly asksDns: boolean
  /** Resolvers to ask; null takes those of the system. */
  readonly servers: readonly string[] | null
}

/** One message to be explained. */
export interface MessageQuestion {
  readonly given: GivenSession
  /** Takes what is not given from Received and Return-Path. */
  readonly usesHeaders: boolean
  /** `examples`: the invented DNS of the examples. */
  readonly dns: 'live' | 'examples'
  readonly signal?: AbortSignal
}

export type MessageAnswer =
  | { readonly ok: true; readonly explanation: MessageExplanation }
  | { readonly ok: false; readonly fault: MessageFault }

/** Explains messages that people and programs send to a running instance. Nothing of them is kept. */
export class MessageChecks {
  readonly #options: MessageChecksOptions
  #live: DnsSource | null = null
  #examples: MessageExamples | null = null

  constructor(options: MessageChecksOptions) {
    this.#options = options
  }

  get asksDns(): boolean {
    return this.#options.asksDns
  }

  examples(): ExamplesAnswer {
    return { asksDns: this.asksDns, examples: [...this.#ofExamples().examples] }
  }

  async explain(message: AsyncIterable<Uint8Array>, question: MessageQuestion): Promise<MessageAnswer> {
    const dns = question.dns === 'examples' ? this.#exampleSource() : this.#liveSource()
    const { given, usesHeaders, signal } = question
    const reader = new MessageReader({
      name: 'message',
      given,
      usesHeaders,
      resolver: dns.resolver,
      now: this.#options.now(),
      ...(signal === undefined ? {} : { signal }),
    })
    for await (const chunk of message) reader.push(chunk)
    const found = await reader.end()
    return found.ok ? { ok: true, explanation: explainMessage(found.message, dns) } : found
  }

  async close(): Promise<void> {
    await this.#live?.close()
    this.#live = null
  }

  #liveSource(): DnsSource {
    this.#live ??= openDnsSource({ zones: [], servers: this.#options.servers })
    return this.#live
  }

  #exampleSource(): DnsSource {
    return {
      resolver: this.#ofExamples().resolver,
      text: 'the invented DNS of the examples',
      zones: [],
      close: async () => undefined,
    }
  }

  /** Made when they are asked for first: making keys and signatures takes time, and most instances never show them. */
  #ofExamples(): MessageExamples {
    this.#examples ??= makeMessageExamples(this.#options.now())
    return this.#examples
  }
}
