import { seededRandom } from '../fuzzing.ts'

/** Choices that are the same for the same seed. */
export class Choices {
  private readonly random: () => number

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor(this.random() * end)
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  pick<Entry>(list: readonly Entry[]): Entry {
    const entry = list[this.below(list.length)]
    if (entry === undefined) throw new RangeError('there is nothing to pick from')
    return entry
  }

  /** Between `least` and `most` results of `make`. */
  several<Entry>(least: number, most: number, make: () => Entry): Entry[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make)
  }

  /** By weight: the first member of each pair is how often, beside the others. */
  weighted<Entry>(list: readonly (readonly [number, Entry])[]): Entry {
    let left = this.random() * list.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, entry] of list) {
      left -= weight
      if (left < 0) return entry
    }
    return this.pick(list)[1]
  }
}
