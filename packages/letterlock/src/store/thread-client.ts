import { type ResourceLimits, Worker } from 'node:worker_threads'
import type { FromThread, ToWriter } from './thread-messages.ts'

type Asked = Extract<ToWriter, { readonly id: number }>

/**
 * Heap of a thread of the store in MiB. What it keeps is bounded to a fraction of it; without a limit the engine, which
 * looks at the memory of the machine, lets several times that much garbage stand.
 */
const threadHeap: ResourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 12 }

/** Calls to a thread of the store, with their answers. */
export class ThreadClient {
  readonly worker: Worker
  readonly #calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #lastId = 0
  #ending: Error | null = null

  constructor(file: URL, setup: unknown) {
    // Compiled files need none of the flags with which sources may have been started.
    this.worker = new Worker(file, { workerData: setup, execArgv: [], resourceLimits: threadHeap })
    this.worker.on('message', (message: FromThread) => this.#take(message))
    this.worker.on('error', error => this.#fail(error instanceof Error ? error : new Error(String(error))))
    this.worker.on('exit', () => this.#fail(new Error('the store was closed')))
  }

  #take(message: FromThread): void {
    if (message.type !== 'answer' && message.type !== 'refused') return
    const call = this.#calls.get(message.id)
    this.#calls.delete(message.id)
    if (message.type === 'answer') call?.resolve(message.value)
    else call?.reject(new Error(message.message))
  }

  #fail(error: Error): void {
    this.#ending = error
    for (const call of this.#calls.values()) call.reject(error)
    this.#calls.clear()
  }

  /** Sends what is asked under a new id, and resolves with the answer. */
  call(ask: (id: number) => Asked): Promise<unknown> {
    if (this.#ending !== null) return Promise.reject(this.#ending)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.worker.postMessage(ask(id))
    })
  }

  /** Waits until the thread ended by itself after it was told to close. */
  async ended(): Promise<void> {
    if (this.#ending !== null) return
    await new Promise<void>(resolve => this.worker.once('exit', () => resolve()))
  }
}
