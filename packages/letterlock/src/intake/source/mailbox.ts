import { setTimeout as sleep } from 'node:timers/promises'
import type { ImapFlow } from 'imapflow'
import type { Intake } from '../intake.ts'
import { describeFault, openImapConnection } from './imap-connection.ts'
import { readFolder } from './mailbox-reader.ts'
import type { MailboxConfig, MailboxState } from './source-config.ts'
import type { SourceState } from './sources.ts'

/** First pause after a fault, in milliseconds; it doubles up to `backoffLimitMs`. */
export const backoffStartMs = 1000
/** Longest pause, and the pause after a fault that trying again does not heal, such as a wrong password. */
export const backoffLimitMs = 5 * 60_000

export interface MailboxOptions {
  readonly id: number
  readonly config: MailboxConfig
  readonly state: MailboxState
  readonly intake: Intake
  readonly saveState: (state: MailboxState) => Promise<void>
  /** Called after each pass and each fault. */
  readonly onRun: (error: string | null) => Promise<void>
  readonly log: (level: 'info' | 'warn', text: string) => void
  /** First pause after a fault; only tests set it. */
  readonly backoffStartMs?: number
}

/** One mailbox that is read until it is stopped: history first, then what comes in. */
export class Mailbox {
  readonly #options: MailboxOptions
  readonly #stop = new AbortController()
  readonly #attempts = new Map<string, number>()
  readonly #running: Promise<void>
  #client: ImapFlow | null = null
  #state: SourceState

  constructor(options: MailboxOptions) {
    this.#options = options
    this.#state = { id: options.id, phase: 'starting', done: 0, total: 0, error: null }
    this.#running = this.#run()
  }

  get state(): SourceState {
    return this.#state
  }

  /** Waits for what is being stored, then ends the connection. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#client?.close()
    await this.#running
    this.#state = { ...this.#state, phase: 'stopped' }
  }

  async #run(): Promise<void> {
    const start = this.#options.backoffStartMs ?? backoffStartMs
    let pause = start
    while (!this.#stop.signal.aborted) {
      const before = Date.now()
      const fault = await this.#session()
      if (this.#stop.signal.aborted) return
      if (fault === null) continue
      this.#state = { ...this.#state, phase: 'waiting', error: fault.message }
      this.#options.log('warn', fault.message)
      await this.#options.onRun(fault.message).catch(() => undefined)
      if (Date.now() - before > backoffLimitMs) pause = start
      const wait = fault.isLasting ? backoffLimitMs : pause
      // Spread, so that many mailboxes of one server do not come back in the same instant.
      await sleep(wait * (0.75 + Math.random() / 2), undefined, { signal: this.#stop.signal }).catch(() => undefined)
      pause = Math.min(pause * 2, backoffLimitMs)
    }
  }

  /** One connection, from log-in until it breaks or the mailbox is stopped. */
  async #session(): Promise<ReturnType<typeof describeFault> | null> {
    let client: ImapFlow | null = null
    try {
      client = await openImapConnection(this.#options.config)
      this.#client = client
      await this.#follow(client)
      return null
    } catch (error) {
      return this.#stop.signal.aborted ? null : describeFault(error)
    } finally {
      if (client !== null && this.#stop.signal.aborted) await client.logout().catch(() => undefined)
      client?.close()
      this.#client = null
    }
  }

  async #follow(client: ImapFlow): Promise<void> {
    const { config, log, onRun } = this.#options
    let isHistory = true
    while (!this.#stop.signal.aborted) {
      this.#state = { ...this.#state, phase: isHistory ? 'history' : 'watching' }
      // The first folder comes last: it stays selected, so that the server tells of its new mail.
      for (const folder of config.folders.toReversed()) {
        const taken = await readFolder(this.#pass(client, folder))
        if (taken > 0) log('info', `${folder}: ${taken} mails read`)
      }
      if (this.#stop.signal.aborted) return
      isHistory = false
      this.#state = { ...this.#state, phase: 'watching', error: null }
      await onRun(null)
      await this.#waitForMail(client)
    }
  }

  #pass(client: ImapFlow, folder: string): Parameters<typeof readFolder>[0] {
    const { config, state, intake, saveState, log } = this.#options
    return {
      client,
      intake,
      config,
      folder,
      state,
      signal: this.#stop.signal,
      attempts: this.#attempts,
      saveState,
      onProgress: (done, total) => {
        this.#state = { ...this.#state, done, total }
      },
      onPassedOver: (uid, reason) => log('warn', `${folder}: message ${uid} was passed over: ${reason}`),
    }
  }

  /** Until the server tells of new mail, the time to ask again has come, or the connection breaks (throws). */
  async #waitForMail(client: ImapFlow): Promise<void> {
    const wake = new AbortController()
    const wakeUp = (): void => wake.abort()
    const either = AbortSignal.any([wake.signal, this.#stop.signal])
    client.on('exists', wakeUp)
    client.once('close', wakeUp)
    // With IDLE the library leaves it when the next command comes; without it, it asks with NOOP.
    const idle = client.idle().catch(() => undefined)
    await sleep(this.#options.config.pollSeconds * 1000, undefined, { signal: either }).catch(() => undefined)
    client.off('exists', wakeUp)
    client.off('close', wakeUp)
    if (this.#stop.signal.aborted) return
    if (!client.usable) throw new Error('the connection was broken off')
    // The next command ends IDLE.
    await client.noop()
    await idle
  }
}
