import type { MessagePort } from 'node:worker_threads'
import { collectGarbage } from './collect-garbage.ts'
import { handOver, ownBuffers } from './hand-over.ts'
import type { DeliveryVerdict, IntakeOp, IntakeStore } from './intake-op.ts'

/*
 * An IntakeStore across threads. `serveIntake` stands beside the writer, `connectIntake` in the thread that parses.
 * Columns and pieces go straight from one to the other.
 */

/** What a writer takes across a port. */
export interface ServedIntake extends IntakeStore {
  /** Rewrites a report from the steps of parsing its delivery again. */
  reparse(report: number, steps: AsyncIterable<IntakeOp>): Promise<{ readonly reports: number; readonly rows: number }>
}

type ToServer =
  | { readonly type: 'many'; readonly id: number; readonly deliveries: readonly (readonly IntakeOp[])[] }
  | { readonly type: 'open'; readonly id: number; readonly report: number | null }
  | { readonly type: 'step'; readonly id: number; readonly op: IntakeOp }
  | { readonly type: 'close'; readonly id: number; readonly error: string | null }

type ToClient =
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly message: string }
  | { readonly type: 'taken'; readonly id: number }

/** Steps of a stream that may be under way: enough to keep both threads busy, few enough to bound memory. */
const stepsInFlight = 3

interface OpenCall {
  resolve(value: unknown): void
  reject(error: Error): void
  /** Steps sent and not yet taken. */
  inFlight: number
  wake: (() => void) | null
  isOver: boolean
}

class IntakeClient implements ServedIntake {
  readonly #port: MessagePort
  readonly #calls = new Map<number, OpenCall>()
  #lastId = 0

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (message: ToClient) => this.#take(message))
    port.on('close', () => this.#fail(new Error('the store was closed')))
    // The port alone keeps no thread alive; a call that waits does.
    port.unref()
  }

  #take(message: ToClient): void {
    const call = this.#calls.get(message.id)
    if (call === undefined) return
    if (message.type === 'taken') {
      call.inFlight -= 1
      call.wake?.()
      return
    }
    this.#end(message.id, call)
    if (message.type === 'answer') call.resolve(message.value)
    else call.reject(new Error(message.message))
  }

  #fail(error: Error): void {
    for (const [id, call] of this.#calls) {
      this.#end(id, call)
      call.reject(error)
    }
  }

  #end(id: number, call: OpenCall): void {
    this.#calls.delete(id)
    call.isOver = true
    call.wake?.()
    if (this.#calls.size === 0) this.#port.unref()
  }

  #call(): { readonly id: number; readonly call: OpenCall; readonly answer: Promise<unknown> } {
    this.#lastId += 1
    const id = this.#lastId
    let call: OpenCall | null = null
    const answer = new Promise<unknown>((resolve, reject) => {
      call = { resolve, reject, inFlight: 0, wake: null, isOver: false }
    })
    if (call === null) throw new Error('a promise runs its executor at once')
    this.#calls.set(id, call)
    this.#port.ref()
    return { id, call, answer }
  }

  /** Not an async function, which would hold the steps until the answer comes: they were copied. */
  writeMany(deliveries: readonly (readonly IntakeOp[])[]): Promise<readonly DeliveryVerdict[]> {
    const { id, answer } = this.#call()
    const sent = handOver(deliveries)
    this.#send({ type: 'many', id, deliveries: sent.deliveries }, sent.buffers)
    // The server is this file: what it answers to `many` are verdicts.
    return answer.then(verdicts => verdicts as readonly DeliveryVerdict[])
  }

  async writeStream(steps: AsyncIterable<IntakeOp>): Promise<DeliveryVerdict> {
    return (await this.#stream(null, steps)) as DeliveryVerdict
  }

  async reparse(report: number, steps: AsyncIterable<IntakeOp>): Promise<{ reports: number; rows: number }> {
    return (await this.#stream(report, steps)) as { reports: number; rows: number }
  }

  async #stream(report: number | null, steps: AsyncIterable<IntakeOp>): Promise<unknown> {
    const { id, call, answer } = this.#call()
    // The answer may come as a refusal while steps are still read.
    answer.catch(() => undefined)
    this.#send({ type: 'open', id, report }, [])
    try {
      for await (const op of steps) {
        while (call.inFlight >= stepsInFlight && !call.isOver)
          await new Promise<void>(resolve => {
            call.wake = resolve
          })
        if (call.isOver) break
        call.inFlight += 1
        this.#send({ type: 'step', id, op }, ownBuffers(op))
      }
      this.#send({ type: 'close', id, error: null }, [])
    } catch (error) {
      this.#send({ type: 'close', id, error: error instanceof Error ? error.message : String(error) }, [])
      await answer.catch(() => undefined)
      throw error
    }
    return answer
  }

  #send(message: ToServer, buffers: readonly ArrayBuffer[]): void {
    this.#port.postMessage(message, buffers)
  }
}

/** The store's intake, for the other end of a port that `Store.intakePort` gave. */
export function connectIntake(port: MessagePort): IntakeStore {
  return new IntakeClient(port)
}

/** As `connectIntake`, with what the store itself needs across the port. */
export function connectServedIntake(port: MessagePort): ServedIntake {
  return new IntakeClient(port)
}

/** Steps of one stream on their way from the port to the writer. */
class StepQueue implements AsyncIterable<IntakeOp> {
  readonly #steps: IntakeOp[] = []
  readonly #taken: () => void
  #wake: (() => void) | null = null
  #end: { readonly error: string | null } | null = null

  constructor(taken: () => void) {
    this.#taken = taken
  }

  push(op: IntakeOp): void {
    this.#steps.push(op)
    this.#wake?.()
  }

  close(error: string | null): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<IntakeOp, void> {
    for (;;) {
      const op = this.#steps.shift()
      if (op !== undefined) {
        yield op
        // What one step of a large report leaves behind is freed before the next: the engine would let it stand beside
        // what the other threads leave.
        collectGarbage()
        this.#taken()
        continue
      }
      if (this.#end !== null) {
        if (this.#end.error !== null) throw new Error(this.#end.error)
        return
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}

/** Answers a port from this thread's writer. What is under way when the port closes is taken back. */
export function serveIntake(port: MessagePort, intake: ServedIntake): void {
  const streams = new Map<number, StepQueue>()
  const answer = (id: number, value: Promise<unknown>) => {
    value.then(
      result => port.postMessage({ type: 'answer', id, value: result } satisfies ToClient),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        port.postMessage({ type: 'refused', id, message } satisfies ToClient)
      },
    )
  }
  port.on('message', (message: ToServer) => {
    const { id } = message
    switch (message.type) {
      case 'many':
        answer(id, intake.writeMany(message.deliveries))
        return
      case 'open': {
        const queue = new StepQueue(() => port.postMessage({ type: 'taken', id } satisfies ToClient))
        streams.set(id, queue)
        const done = message.report === null ? intake.writeStream(queue) : intake.reparse(message.report, queue)
        answer(
          id,
          done.finally(() => streams.delete(id)),
        )
        return
      }
      case 'step':
        streams.get(id)?.push(message.op)
        return
      case 'close':
        streams.get(id)?.close(message.error)
        return
    }
  })
  port.on('close', () => {
    for (const queue of streams.values()) queue.close('the thread that read it ended')
  })
}
