import type { SenderEvidence, SourceFacts } from '@letterlock/posture'
import type { DkimResult, SpfResult } from '@letterlock/protocols'
import type { Attributor } from './attribution.ts'
import { dictionaryText, type Session, storableText } from './session.ts'

/**
 * Answers, and facts of sources, that are remembered: some 5 MB of each. A row of the same kind from the same source
 * comes again with the next report. One call may add as many as it has questions: a run of records.
 */
const answersLimit = 32_768

/** What is known of a row that may name its sender, by the ids of the dictionaries. */
export interface SenderQuestion {
  readonly source: number
  readonly sourceIp: string | null
  readonly headerFrom: number
  readonly headerFromName: string
  readonly dkimSet: number
  readonly dkimResults: readonly DkimResult[]
  readonly spfSet: number
  readonly spfResults: readonly SpfResult[]
}

/** Which sender a row has. */
export interface SenderAnswer {
  readonly sender: number
  /** Named by what passed; facts about the source do not change it. */
  readonly isProven: boolean
}

const noAnswer: SenderAnswer = { sender: 0, isProven: false }

/** Names senders for one tenant's rows. It lives as long as the catalogue does; facts that change are told to it. */
export class SenderIds {
  readonly attributor: Attributor
  readonly #tenant: number
  readonly #answers = new Map<string, SenderAnswer>()
  readonly #restsOnSource = new Map<string, boolean>()
  readonly #facts = new Map<number, SourceFacts | null>()
  /** Senders were added that are not durable yet. */
  #isPending = false

  constructor(attributor: Attributor, tenant: number) {
    this.attributor = attributor
    this.#tenant = tenant
  }

  /** Id of the catalogue's version, to be stored beside each sender. */
  async catalogue(session: Session): Promise<number> {
    const [id] = await session.intern('catalogue', this.#tenant, [{ key: this.attributor.version, extra: [] }])
    return id ?? 0
  }

  /** The answers in the order of the questions. */
  async of(session: Session, questions: readonly SenderQuestion[]): Promise<readonly SenderAnswer[]> {
    this.#makeRoom()
    const keys: string[] = []
    const open = new Map<string, SenderQuestion>()
    for (const question of questions) {
      const proven = `${question.dkimSet} ${question.spfSet} ${question.headerFrom}`
      if (!this.#restsOnSource.has(proven)) this.#restsOnSource.set(proven, this.#doesRestOnSource(question))
      const key = this.#restsOnSource.get(proven) === true ? `${proven} ${question.source}` : proven
      keys.push(key)
      if (!this.#answers.has(key)) open.set(key, question)
    }
    if (open.size > 0) await this.#answer(session, open)
    return keys.map(key => this.#answers.get(key) ?? noAnswer)
  }

  /**
   * Whether the source has a say. Most rows are named by what passed, whatever the source; they share one answer.
   * A PTR name that nobody has shows it: only what passed for another domain comes before a PTR name.
   */
  #doesRestOnSource(question: SenderQuestion): boolean {
    const facts = { confirmedPtr: 'nobody.invalid', asn: null }
    return this.attributor.attribute({ ...this.#evidence(question), facts }).basis === 'ptr'
  }

  async #answer(session: Session, open: ReadonlyMap<string, SenderQuestion>): Promise<void> {
    await this.#loadFacts(session, [...open.values()])
    const entries = [...open.values()].map(question => {
      const { key, basis, from } = this.attributor.attribute(this.#evidence(question))
      return { key: dictionaryText(key), extra: [basis, from === null ? null : storableText(from)] }
    })
    const ids = await session.intern('sender', this.#tenant, entries)
    let at = 0
    for (const key of open.keys()) {
      const isProven = this.#restsOnSource.get(key) === false
      this.#answers.set(key, { sender: ids[at] ?? 0, isProven })
      at += 1
    }
    this.#isPending = true
  }

  #evidence(question: SenderQuestion): SenderEvidence {
    return {
      sourceIp: question.sourceIp,
      headerFrom: question.headerFromName,
      dkimResults: question.dkimResults,
      spfResults: question.spfResults,
      facts: this.#facts.get(question.source) ?? null,
    }
  }

  async #loadFacts(session: Session, questions: readonly SenderQuestion[]): Promise<void> {
    const unknown = new Set<number>()
    for (const { source } of questions) if (source !== 0 && !this.#facts.has(source)) unknown.add(source)
    if (unknown.size === 0) return
    const found = await session.sourceFacts([...unknown])
    for (const id of unknown) this.#facts.set(id, found.get(id) ?? null)
  }

  /** Facts of these sources were changed. */
  forgetSources(sources: readonly number[]): void {
    for (const source of sources) this.#facts.delete(source)
    // Which answers rested on these facts is not kept.
    this.#answers.clear()
  }

  /** The transaction is durable. */
  settle(): void {
    this.#isPending = false
  }

  /** What was added is taken back with the transaction: ids may come to mean something else. */
  undo(): void {
    if (!this.#isPending) return
    this.#isPending = false
    this.#answers.clear()
    this.#restsOnSource.clear()
    this.#facts.clear()
  }

  /** Before a call: within one, answers that were just found are about to be read. */
  #makeRoom(): void {
    if (this.#answers.size > answersLimit) this.#answers.clear()
    if (this.#restsOnSource.size > answersLimit) this.#restsOnSource.clear()
    if (this.#facts.size > answersLimit) this.#facts.clear()
  }
}
