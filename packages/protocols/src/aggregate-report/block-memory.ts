import { blocksRemembered } from './limits.ts'

/**
 * What parts of records said, by the part as written. Records repeat: the same policy_evaluated, identifiers and
 * auth_results stand in thousands of them. Only parts without any departure are remembered, so nothing goes untold.
 */
export class BlockMemory<T> {
  readonly #parts = new Map<string, T>()

  find(raw: string): T | undefined {
    return this.#parts.get(raw)
  }

  remember(raw: string, part: T): void {
    if (this.#parts.size >= blocksRemembered) this.#parts.clear()
    this.#parts.set(raw, part)
  }
}
