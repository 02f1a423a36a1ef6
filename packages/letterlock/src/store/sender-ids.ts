import type { SenderEvidence, SourceFacts } from '@letterlock/posture'
import type { DkimResult, SpfResult } from '@letterlock/protocols'
import type { Attributor } from './attribution.ts'
import { dictionaryText, type Session, storableText } from './session.ts'

/**
 * Answers, and facts of sources, that are remembered: some 1.3 MB of each. A row of the same kind from the same source
 * comes again with the next report. One call may add as many as it has questions: a run of records.
 */
const answersLimit = 8_192

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

/** An answer that is given out before its sender is known, and filled in before `of` returns. */
interface OpenAnswer extends SenderAnswer {
  sender: number
}

/** What is remembered of rows with the same results and the same header_from. */
interface KnownEvidence {
  /** The source has a say: there is an answer for each. Else there is one, under `anySource`. */
  readonly restsOnSource: boolean
  /** By source id. */
  readonly answers: Map<number, OpenAnswer>
}

const anySource = 0

interface OpenQuestion {
  readonly question: SenderQuestion
  readonly answer: OpenAnswer
}

/** Names senders for one tenant's rows. It lives as long as the catalogue does; facts that change are told to it. */
export class SenderIds {
  readonly attributor: Attributor
  readonly #tenant: number
  readonly #known = new Map<string, KnownEvidence>()
  /** Answers in all of `#known`. */
  #answers = 0
  readonly #facts = new Map<number, SourceFacts | null>()
  /** Answers were given that are not durable yet, or whose senders are still to be filled in. */
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
    const answers: SenderAnswer[] = []
    const open: OpenQuestion[] = []
    for (const question of questions) {
      const known = this.#knownOf(question)
      const source = known.restsOnSource ? question.source : anySource
      let answer = known.answers.get(source)
      if (answer === undefined) {
        answer = { sender: 0, isProven: !known.restsOnSource }
        known.answers.set(source, answer)
        this.#answers += 1
        open.push({ question, answer })
      }
      answers.push(answer)
    }
    if (open.length > 0) await this.#answer(session, open)
    return answers
  }

  #knownOf(question: SenderQuestion): KnownEvidence {
    const key = `${question.dkimSet} ${question.spfSet} ${question.headerFrom}`
    let known = this.#known.get(key)
    if (known === undefined) {
      known = { restsOnSource: this.#doesRestOnSource(question), answers: new Map() }
      this.#known.set(key, known)
    }
    return known
  }

  /**
   * Whether the source has a say. Most rows are named by what passed, whatever the source; they share one answer.
   * A PTR name that nobody has shows it: only what passed for another domain comes before a PTR name.
   */
  #doesRestOnSource(question: SenderQuestion): boolean {
    const facts = { confirmedPtr: 'nobody.invalid', asn: null }
    return this.attributor.attribute({ ...this.#evidence(question), facts }).basis === 'ptr'
  }

  async #answer(session: Session, open: readonly OpenQuestion[]): Promise<void> {
    this.#isPending = true
    await this.#loadFacts(session, open)
    const entries = open.map(({ question }) => {
      const { key, basis, from } = this.attributor.attribute(this.#evidence(question))
      return { key: dictionaryText(key), extra: [basis, from === null ? null : storableText(from)] }
    })
    const ids = await session.intern('sender', this.#tenant, entries)
    for (const [at, { answer }] of open.entries()) answer.sender = ids[at] ?? 0
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

  async #loadFacts(session: Session, open: readonly OpenQuestion[]): Promise<void> {
    const unknown = new Set<number>()
    for (const { question } of open) {
      const { source } = question
      if (source !== 0 && !this.#facts.has(source)) unknown.add(source)
    }
    if (unknown.size === 0) return
    const found = await session.sourceFacts([...unknown])
    for (const id of unknown) this.#facts.set(id, found.get(id) ?? null)
  }

  /** Facts of these sources were changed. */
  forgetSources(sources: readonly number[]): void {
    for (const source of sources) this.#facts.delete(source)
    // Which answers rested on these facts is not kept.
    for (const { answers } of this.#known.values()) answers.clear()
    this.#answers = 0
  }

  /** The transaction is durable. */
  settle(): void {
    this.#isPending = false
  }

  /** What was added is taken back with the transaction: ids may come to mean something else. */
  undo(): void {
    if (!this.#isPending) return
    this.#isPending = false
    this.#forgetAnswers()
    this.#facts.clear()
  }

  /** Before a call: within one, answers that were just found are about to be read. */
  #makeRoom(): void {
    if (this.#answers > answersLimit || this.#known.size > answersLimit) this.#forgetAnswers()
    if (this.#facts.size > answersLimit) this.#facts.clear()
  }

  #forgetAnswers(): void {
    this.#known.clear()
    this.#answers = 0
  }
}
