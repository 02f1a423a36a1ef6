import { expect } from 'vitest'

/** Seconds of a long run; without it a short run of a fixed number of inputs is made, the same each time. */
const seconds = Number(process.env['LETTERLOCK_FUZZ_SECONDS'] ?? 0)
const shortRuns = 3_000
/** Bytes of an input at most: doubling pieces would outgrow any limit. */
const inputLimit = 262_144
/** CPU time that an input may take: a start-up allowance, and so much for each kilobyte. */
const allowedMicroseconds = { start: 150_000, eachKilobyte: 3_000 }

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Fuzzing {
  readonly seeds: readonly Buffer[]
  /** Words of the format, put in and swapped: they reach deeper than random bytes. */
  readonly words: readonly string[]
  /** Must neither throw nor take long. */
  readonly target: (input: Buffer) => unknown
}

/** Gives changed seeds to the target. What fails is told as base64 of the input, so that it can become a test. */
export async function fuzz({ seeds, words, target }: Fuzzing): Promise<void> {
  const seed = seconds > 0 ? Math.floor(Math.random() * 2 ** 31) : 1
  const random = seededRandom(seed)
  const until = Date.now() + seconds * 1000
  const pool = [...seeds]
  for (let run = 0; seconds > 0 ? Date.now() < until : run < shortRuns; run += 1) {
    let input = pick(pool, random)
    for (let change = Math.ceil(random() * 6); change > 0; change -= 1) input = changed(input, words, pool, random)
    const problem = await problemOf(input, target)
    if (problem !== null)
      expect.fail(`${problem}; seed ${seed}, run ${run}, input ${input.toString('base64').slice(0, 20_000)}`)
    // Changed inputs become seeds themselves now and then, so that changes add up.
    if (random() < 0.02) pool[seeds.length + Math.floor(random() * 50)] = input
  }
}

async function problemOf(input: Buffer, target: (input: Buffer) => unknown): Promise<string | null> {
  const allowed = allowedMicroseconds.start + (input.length / 1024) * allowedMicroseconds.eachKilobyte
  for (let attempt = 0; ; attempt += 1) {
    const start = process.cpuUsage()
    try {
      await target(input)
    } catch (error) {
      return `threw ${String(error)}`
    }
    const { user } = process.cpuUsage(start)
    if (user <= allowed) return null
    // Once may be the collector of garbage; three times is the input.
    if (attempt === 2) return `took ${user} µs for ${input.length} bytes`
  }
}

function pick<T>(list: readonly T[], random: () => number): T {
  const present = list.filter(entry => entry !== undefined)
  const entry = present[Math.floor(random() * present.length)]
  if (entry === undefined) throw new Error('There is nothing to pick from.')
  return entry
}

function changed(input: Buffer, words: readonly string[], pool: readonly Buffer[], random: () => number): Buffer {
  const place = () => Math.floor(random() * (input.length + 1))
  const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number]
  const word = Buffer.from(pick(words, random), 'latin1')
  switch (Math.floor(random() * 8)) {
    case 0:
      return Buffer.concat([input.subarray(0, from), word, input.subarray(from)])
    case 1:
      return Buffer.concat([input.subarray(0, from), word, input.subarray(to)])
    case 2:
      return Buffer.concat([input.subarray(0, from), input.subarray(to)])
    case 3: {
      const piece = input.subarray(from, Math.min(to, from + 2_000))
      const times = Math.min(Math.ceil(random() * 500), Math.floor(inputLimit / (piece.length + 1)))
      return Buffer.concat([
        input.subarray(0, from),
        ...Array.from({ length: times }, () => piece),
        input.subarray(from),
      ]).subarray(0, inputLimit)
    }
    case 4: {
      const other = pick(pool, random)
      const at = Math.floor(random() * (other.length + 1))
      return Buffer.concat([input.subarray(0, from), other.subarray(at)]).subarray(0, inputLimit)
    }
    case 5: {
      const times = Math.min(Math.ceil(random() * 3_000), Math.floor(inputLimit / (word.length + 1)))
      return Buffer.concat([
        input.subarray(0, from),
        ...Array.from({ length: times }, () => word),
        input.subarray(from),
      ]).subarray(0, inputLimit)
    }
    default: {
      const copy = Buffer.from(input)
      if (copy.length > 0) copy[from % copy.length] = Math.floor(random() * 256)
      return copy
    }
  }
}
