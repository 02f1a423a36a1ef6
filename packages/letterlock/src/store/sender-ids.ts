import type { SenderEvidence, SourceFacts } from '@letterlock/posture'
import type { DkimResult, SpfResult } from '@letterlock/protocols'
import type { Attributor } from './attribution.ts'
import { dictionaryText, type Session, storableText } from './session.ts'

/**
 * Answers, and facts of sources, that are remembered: some 1.3 MB of each. A row of the same kind from the same source
 * comes again with the next report. One call may add as many as it has questions: a run of records.
 */
const answersLimit = 8_192

/** What passed or failed for a row: all that may name its sender beside its source, with the ids of the dictionaries. */
export interface RowEvidence {
  readonly headerFrom: number
  readonly headerFromName: string
  readonly dkimSet: number
  readonly dkimResults: readonly DkimResult[]
  readonly spfSet: number
  readonly spfResults: readonly SpfResult[]
}

/** What is known of a row that may name its sender. */
export interface SenderQuestion extends RowEvidence {
  readonly source: number
  readonly sourceIp: string | null
}

/** Which sender a row has. */
export interface SenderAnswer {
  readonly sender: number
  /** Named by what passed; facts about the source do not change it. */
  readonly isProven: boolean
}

/** An answer that is given out before its sender is known, and filled in by `answer`. */
interface OpenAnswer extends SenderAnswer {
  sender: number
}

/** What is remembered of rows with the same results and the same header_from. */
export interface KnownEvidence {
  readonly evidence: RowEvidence
  /** The source has a say: there is an answer for each. Else there is one, under `anySource`. */
  readonly restsOnSource: boolean
  /** By source id. */
  readonly answers: Map<number, OpenAnswer>
}

const anySource = 0

interface OpenQuestion {
  readonly known: KnownEvidence
  readonly source: number
  readonly sourceIp: string | null
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
  #open: OpenQuestion[] = []
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
    this.begin()
    const answers = questions.map(question => this.ask(this.known(question), question.source, question.sourceIp))
    await this.answer(session)
    return answers
  }

  /** Call it before the questions of a run: what `known` and `ask` gave before is not to be used any more. */
  begin(): void {
    this.#makeRoom()
  }

  /** What is remembered of rows with this evidence; good for the questions of one run. */
  known(evidence: RowEvidence): KnownEvidence {
    const key = `${evidence.dkimSet} ${evidence.spfSet} ${evidence.headerFrom}`
    let known = this.#known.get(key)
    if (known === undefined) {
      known = { evidence, restsOnSource: this.#doesRestOnSource(evidence), answers: new Map() }
      this.#known.set(key, known)
    }
    return known
  }

  /** Which sender a row has. The answer may be read after `answer`. */
  ask(known: KnownEvidence, source: number, sourceIp: string | null): SenderAnswer {
    const asked = known.restsOnSource ? source : anySource
    let answer = known.answers.get(asked)
    if (answer === undefined) {
      answer = { sender: 0, isProven: !known.restsOnSource }
      known.answers.set(asked, answer)
      this.#answers += 1
      this.#open.push({ known, source: asked, sourceIp, answer })
      this.#isPending = true
    }
    return answer
  }

  /** Answers what is open since `begin`. */
  async answer(session: Session): Promise<void> {
    if (this.#open.length === 0) return
    const open = this.#open
    this.#open = []
    await this.#loadFacts(session, open)
    const entries = open.map(({ known, source, sourceIp }) => {
      const facts = this.#facts.get(source) ?? null
      const { key, basis, from } = this.attributor.attribute(evidenceOf(known.evidence, sourceIp, facts))
      return { key: dictionaryText(key), extra: [basis, from === null ? null : storableText(from)] }
    })
    const ids = await session.intern('sender', this.#tenant, entries)
    for (const [at, { answer }] of open.entries()) answer.sender = ids[at] ?? 0
  }

  /**
   * Whether the source has a say. Most rows are named by what passed, whatever the source; they share one answer.
   * A PTR name that nobody has shows it: only what passed for another domain comes before a PTR name.
   */
  #doesRestOnSource(evidence: RowEvidence): boolean {
    const facts = { confirmedPtr: 'nobody.invalid', asn: null }
    return this.attributor.attribute(evidenceOf(evidence, null, facts)).basis === 'ptr'
  }

  async #loadFacts(session: Session, open: readonly OpenQuestion[]): Promise<void> {
    const unknown = new Set<number>()
    for (const { source } of open) if (source !== anySource && !this.#facts.has(source)) unknown.add(source)
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
    this.#open = []
    this.#answers = 0
  }
}

function evidenceOf(evidence: RowEvidence, sourceIp: string | null, facts: SourceFacts | null): SenderEvidence {
  const { headerFromName, dkimResults, spfResults } = evidence
  return { sourceIp, headerFrom: headerFromName, dkimResults, spfResults, facts }
}
