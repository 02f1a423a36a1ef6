import { alignmentPaths, authenticationClasses, classifyRow, rollupDispositions } from '@letterlock/posture'
import {
  type AddedValues,
  type DkimResult,
  dispositions,
  evaluations,
  type Reason,
  type RecordColumns,
  type SpfResult,
} from '@letterlock/protocols'
import type { KnownEvidence, SenderAnswer, SenderIds } from './sender-ids.ts'
import { type Dictionary, type DictionaryEntry, dictionaryText, type RowPlace, type Session } from './session.ts'
import { dkimMembers, reasonMembers, spfMembers } from './value-set.ts'

/** Cells of one report kept before they are added to the stored roll-up: bounds memory for reports of many sources. */
const cellsLimit = 5_000

/** One cell of the roll-up, in the making. */
interface Cell {
  readonly sender: number
  readonly headerFrom: number
  readonly disposition: number
  readonly alignment: number
  readonly authentication: number
  messages: number
  records: number
}

/** What rows of one run have in common that differ in source, count and envelope only. Members are places. */
interface RowKind {
  readonly headerFrom: number
  readonly disposition: number
  readonly dkim: number
  readonly spf: number
  readonly reasons: number
  readonly spfResults: number
  /** Its class, as the codes that are stored. */
  readonly alignment: number
  readonly authentication: number
  readonly rolledDisposition: number
  readonly evidence: KnownEvidence
  /** The cell of the last row: most kinds have one sender. */
  cell: Cell | null
}

/** The values of a report that rows refer to by place: each with its id in the store. */
class StoredValues<T> {
  readonly ids: number[] = []
  readonly values: T[] = []

  id(place: number): number {
    return this.ids[place] ?? 0
  }

  /** Puts the ids that were missing in their places. */
  fill(places: readonly number[], ids: readonly number[]): void {
    for (const [at, place] of places.entries()) this.ids[place] = ids[at] ?? 0
  }

  clear(): void {
    this.ids.length = 0
    this.values.length = 0
  }
}

/** Writes the records of one aggregate report, run by run, and its cells of the roll-up. */
export class AggregateWriter {
  readonly #session: Session
  readonly #senders: SenderIds
  readonly #place: RowPlace
  readonly #catalogue: number
  readonly #sources = new StoredValues<string | null>()
  readonly #names = new StoredValues<string | null>()
  readonly #reasons = new StoredValues<readonly Reason[]>()
  readonly #dkim = new StoredValues<readonly DkimResult[]>()
  readonly #spf = new StoredValues<readonly SpfResult[]>()
  readonly #cells = new Map<string, Cell>()
  rows = 0
  messages = 0

  constructor(options: { session: Session; senders: SenderIds; place: RowPlace; catalogue: number }) {
    this.#session = options.session
    this.#senders = options.senders
    this.#place = options.place
    this.#catalogue = options.catalogue
  }

  async add(columns: RecordColumns, added: AddedValues): Promise<void> {
    if (added.startsAnew === true) this.#startAnew()
    await this.#addText(this.#sources, 'source', added.sources)
    await this.#addText(this.#names, 'name', added.names)
    await this.#addSets(this.#reasons, 'reason_set', added.reasonSets, reasonMembers)
    await this.#addSets(this.#dkim, 'dkim_set', added.dkimSets, dkimMembers)
    await this.#addSets(this.#spf, 'spf_set', added.spfSets, spfMembers)
    this.#senders.begin()
    const kinds = this.#kindsOf(columns)
    const answers = kinds.map(({ evidence }, at) => {
      const source = columns.source[at] ?? 0
      return this.#senders.ask(evidence, this.#sources.id(source), this.#sources.values[source] ?? null)
    })
    await this.#senders.answer(this.#session)
    const first = this.rows
    const values = this.#valuesOf(columns, kinds, answers)
    await this.#session.appendRows({ place: this.#place, catalogue: this.#catalogue, first, values })
    if (this.#cells.size > cellsLimit) await this.#flushCells()
  }

  /** Call it after the last run. */
  async finish(): Promise<void> {
    await this.#flushCells()
  }

  /** Places of values mean something else from here on. */
  #startAnew(): void {
    for (const values of [this.#sources, this.#names, this.#reasons, this.#dkim, this.#spf]) values.clear()
  }

  async #addText(
    into: StoredValues<string | null>,
    dictionary: 'source' | 'name',
    values: readonly (string | null)[],
  ): Promise<void> {
    const { tenant } = this.#place
    const known = this.#session.knownIds(dictionary, tenant)
    const missing: DictionaryEntry[] = []
    const places: number[] = []
    for (const value of values) {
      const id = value === null ? 0 : known.get(value)
      if (value !== null && id === undefined) {
        missing.push({ key: dictionaryText(value), extra: [] })
        places.push(into.ids.length)
      }
      into.values.push(value)
      into.ids.push(id ?? 0)
    }
    if (missing.length > 0) into.fill(places, await this.#session.intern(dictionary, tenant, missing))
  }

  async #addSets<T>(
    into: StoredValues<readonly T[]>,
    dictionary: Dictionary,
    sets: readonly (readonly T[])[],
    membersOf: (set: readonly T[]) => string,
  ): Promise<void> {
    const { tenant } = this.#place
    const known = this.#session.knownIds(dictionary, tenant)
    const missing: DictionaryEntry[] = []
    const places: number[] = []
    for (const set of sets) {
      const members = membersOf(set)
      const id = set.length === 0 ? 0 : known.get(members)
      if (id === undefined) {
        missing.push({ key: members, extra: [members] })
        places.push(into.ids.length)
      }
      into.values.push(set)
      into.ids.push(id ?? 0)
    }
    if (missing.length > 0) into.fill(places, await this.#session.intern(dictionary, tenant, missing))
  }

  /** The kind of each row. Rows of the same DKIM results are compared one by one: there are a few kinds of them. */
  #kindsOf(columns: RecordColumns): readonly RowKind[] {
    const kinds: RowKind[] = []
    const byDkim = new Map<number, RowKind[]>()
    for (let at = 0; at < columns.length; at++) {
      const dkimResults = columns.dkimResults[at] ?? 0
      let alike = byDkim.get(dkimResults)
      if (alike === undefined) {
        alike = []
        byDkim.set(dkimResults, alike)
      }
      let kind = alike.find(
        one =>
          one.spfResults === columns.spfResults[at] &&
          one.dkim === columns.dkim[at] &&
          one.spf === columns.spf[at] &&
          one.headerFrom === columns.headerFrom[at] &&
          one.disposition === columns.disposition[at] &&
          one.reasons === columns.reasons[at],
      )
      if (kind === undefined) {
        kind = this.#newKind(columns, at)
        alike.push(kind)
      }
      kinds.push(kind)
    }
    return kinds
  }

  #newKind(columns: RecordColumns, at: number): RowKind {
    const headerFrom = columns.headerFrom[at] ?? 0
    const disposition = columns.disposition[at] ?? 0
    const dkim = columns.dkim[at] ?? 0
    const spf = columns.spf[at] ?? 0
    const reasons = columns.reasons[at] ?? 0
    const dkimPlace = columns.dkimResults[at] ?? 0
    const spfPlace = columns.spfResults[at] ?? 0
    const headerFromName = this.#names.values[headerFrom] ?? ''
    const dkimResults = this.#dkim.values[dkimPlace] ?? []
    const spfResults = this.#spf.values[spfPlace] ?? []
    const found = classifyRow(
      {
        headerFrom: headerFromName,
        disposition: dispositions[disposition] ?? 'unknown',
        dkim: evaluations[dkim] ?? 'unknown',
        spf: evaluations[spf] ?? 'unknown',
        reasons: this.#reasons.values[reasons] ?? [],
        dkimResults,
        spfResults,
      },
      this.#senders.attributor.organizationalDomain,
    )
    const evidence = this.#senders.known({
      headerFrom: this.#names.id(headerFrom),
      headerFromName,
      dkimSet: this.#dkim.id(dkimPlace),
      dkimResults,
      spfSet: this.#spf.id(spfPlace),
      spfResults,
    })
    return {
      headerFrom,
      disposition,
      dkim,
      spf,
      reasons,
      spfResults: spfPlace,
      evidence,
      cell: null,
      alignment: alignmentPaths.indexOf(found.alignment),
      authentication: authenticationClasses.indexOf(found.authentication),
      rolledDisposition: rollupDispositions.indexOf(found.disposition),
    }
  }

  #valuesOf(columns: RecordColumns, kinds: readonly RowKind[], answers: readonly SenderAnswer[]): number[] {
    const values: number[] = []
    for (const [at, kind] of kinds.entries()) {
      const { sender = 0, isProven = false } = answers[at] ?? {}
      const { evidence } = kind.evidence
      const messages = columns.count[at] ?? 0
      // In the order of `rowColumns`.
      values.push(this.#sources.id(columns.source[at] ?? 0), messages)
      values.push(evidence.headerFrom, this.#names.id(columns.envelopeFrom[at] ?? 0))
      values.push(this.#names.id(columns.envelopeTo[at] ?? 0), this.#reasons.id(kind.reasons))
      values.push(evidence.dkimSet, evidence.spfSet, sender)
      values.push(isProven ? 1 : 0, kind.disposition, kind.dkim, kind.spf, columns.flags[at] ?? 0)
      values.push(kind.alignment, kind.authentication, kind.rolledDisposition)
      const cell = this.#cellOf(kind, sender)
      cell.messages += messages
      cell.records += 1
      this.messages += messages
    }
    this.rows += kinds.length
    return values
  }

  #cellOf(kind: RowKind, sender: number): Cell {
    if (kind.cell !== null && kind.cell.sender === sender) return kind.cell
    const { headerFrom } = kind.evidence.evidence
    const { alignment, authentication, rolledDisposition: disposition } = kind
    const key = `${sender} ${headerFrom} ${disposition}${alignment}${authentication}`
    let cell = this.#cells.get(key)
    if (cell === undefined) {
      cell = { sender, headerFrom, disposition, alignment, authentication, messages: 0, records: 0 }
      this.#cells.set(key, cell)
    }
    kind.cell = cell
    return cell
  }

  async #flushCells(): Promise<void> {
    if (this.#cells.size === 0) return
    const values: number[] = []
    // In the order of `cellColumns`.
    for (const {
      sender,
      headerFrom,
      disposition,
      alignment,
      authentication,
      messages,
      records,
    } of this.#cells.values())
      values.push(sender, headerFrom, disposition, alignment, authentication, messages, records)
    this.#cells.clear()
    await this.#session.addCells({ place: this.#place, values })
  }
}
