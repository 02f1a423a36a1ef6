import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

const document = join(import.meta.dirname, '../../docs/differences.md')

/** Milliseconds for one comparison: seconds on a machine that is free, minutes on one that many share. */
export const differentialTimeout = 300_000

/** One way in which another implementation differs from ours on purpose, or ours from it. */
export interface Difference<Seen> {
  /** Entry of the requirements that says why ours is so. */
  readonly entry: string
  /** For the table of the document: what the two do. */
  readonly what: string
  /** Whether this is what happened here. */
  readonly explains: (seen: Seen) => boolean
}

/** Compares one other implementation case by case, and counts what explains each disagreement. */
export class Findings<Seen> {
  compared = 0
  private readonly counts = new Map<Difference<Seen>, number>()
  private readonly unexplained: string[] = []
  private readonly differences: readonly Difference<Seen>[]

  constructor(differences: readonly Difference<Seen>[]) {
    this.differences = differences
  }

  /** `story` tells the case to whoever has to explain a disagreement. */
  add(seen: Seen, agrees: boolean, story: () => string): void {
    this.compared += 1
    if (agrees) return
    const difference = this.differences.find(entry => entry.explains(seen))
    if (difference === undefined) this.unexplained.push(story())
    else this.counts.set(difference, (this.counts.get(difference) ?? 0) + 1)
  }

  get disagreements(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, this.unexplained.length)
  }

  /** Fails on disagreements that no entry explains, and on explanations that explain nothing. */
  expectAllExplained(): void {
    const shown = this.unexplained.slice(0, Number(process.env['LETTERLOCK_SHOWN_DIFFERENCES'] ?? 3))
    expect(this.unexplained.length, `${this.unexplained.length} unexplained\n${shown.join('\n\n')}`).toBe(0)
    const idle = this.differences.filter(difference => !this.counts.has(difference))
    expect(idle.map(({ entry, what }) => `${entry} ${what}`)).toEqual([])
  }

  /**
   * Holds the table of the document against this run; `LETTERLOCK_WRITE_DIFFERENCES=1` writes it anew. Another
   * version of the other implementation may disagree in other cases, so the numbers count for the versions named.
   */
  expectDocumented(section: string, versions: string): void {
    const rows = this.differences.map(
      difference => `| ${difference.what} | ${difference.entry} | ${this.counts.get(difference) ?? 0} |`,
    )
    const agreed = this.compared - this.disagreements
    const block = [
      `Compared with ${versions}: ${this.compared} cases, ${agreed} agree, ${this.disagreements} differ.`,
      '',
      '| what | entry | cases |',
      '| --- | --- | --- |',
      ...rows,
    ].join('\n')
    const text = readFileSync(document, 'utf8')
    const [before, after] = [`<!-- ${section} -->\n`, `\n<!-- end of ${section} -->`]
    const from = text.indexOf(before)
    const to = text.indexOf(after)
    expect(from, `docs/differences.md has no place for ${section}`).not.toBe(-1)
    const written = text.slice(from + before.length, to)
    if (process.env['LETTERLOCK_WRITE_DIFFERENCES'] === '1')
      writeFileSync(document, text.slice(0, from + before.length) + block + text.slice(to))
    else if (written.includes(versions)) expect(written).toBe(block)
  }
}
