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
import type { SenderAnswer, SenderIds, SenderQuestion } from './sender-ids.ts'
import {
  cellColumns,
  type Dictionary,
  type DictionaryEntry,
  dictionaryText,
  type RowPlace,
  type Session,
} from './session.ts'
import { dkimMembers, reasonMembers, spfMembers } from './value-set.ts'

/** Cells of one report kept before they are added to the stored roll-up: bounds memory for reports of many sources. */
const cellsLimit = 5_000

/** Classes remembered within one report, some 1.5 MB: rows repeat a few, or they do not. */
const combinationsLimit = 8_192

/** Class of a row as the codes that are stored. */
interface ClassCodes {
  readonly alignment: number
  readonly authentication: number
  readonly disposition: number
}

/** The values of a report that rows refer to by place: each with its id in the store. */
class StoredValues<T> {
  readonly ids: number[] = []
  readonly values: T[] = []

  id(place: number): number {
    return this.ids[place] ?? 0
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
  readonly #classes = new Map<string, ClassCodes>()
  readonly #cells = new Map<string, number[]>()
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
    if (this.#classes.size > combinationsLimit) this.#classes.clear()
    await this.#addText(this.#sources, 'source', added.sources)
    await this.#addText(this.#names, 'name', added.names)
    await this.#addSets(this.#reasons, 'reason_set', added.reasonSets, reasonMembers)
    await this.#addSets(this.#dkim, 'dkim_set', added.dkimSets, dkimMembers)
    await this.#addSets(this.#spf, 'spf_set', added.spfSets, spfMembers)
    const questions = Array.from({ length: columns.length }, (_, at) => this.#questionOf(columns, at))
    const senders = await this.#senders.of(this.#session, questions)
    const first = this.rows
    const values = this.#valuesOf(columns, senders)
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
    this.#classes.clear()
  }

  async #addText(
    into: StoredValues<string | null>,
    dictionary: 'source' | 'name',
    values: readonly (string | null)[],
  ): Promise<void> {
    if (values.length === 0) return
    const entries: DictionaryEntry[] = []
    for (const value of values) if (value !== null) entries.push({ key: dictionaryText(value), extra: [] })
    const ids = await this.#session.intern(dictionary, this.#place.tenant, entries)
    let at = 0
    for (const value of values) {
      into.values.push(value)
      into.ids.push(value === null ? 0 : (ids[at++] ?? 0))
    }
  }

  async #addSets<T>(
    into: StoredValues<readonly T[]>,
    dictionary: Dictionary,
    sets: readonly (readonly T[])[],
    membersOf: (set: readonly T[]) => string,
  ): Promise<void> {
    if (sets.length === 0) return
    const entries: DictionaryEntry[] = []
    for (const set of sets) {
      if (set.length === 0) continue
      const members = membersOf(set)
      entries.push({ key: members, extra: [members] })
    }
    const ids = await this.#session.intern(dictionary, this.#place.tenant, entries)
    let at = 0
    for (const set of sets) {
      into.values.push(set)
      into.ids.push(set.length === 0 ? 0 : (ids[at++] ?? 0))
    }
  }

  #questionOf(columns: RecordColumns, at: number): SenderQuestion {
    const source = columns.source[at] ?? 0
    const headerFrom = columns.headerFrom[at] ?? 0
    const dkim = columns.dkimResults[at] ?? 0
    const spf = columns.spfResults[at] ?? 0
    return {
      source: this.#sources.id(source),
      sourceIp: this.#sources.values[source] ?? null,
      headerFrom: this.#names.id(headerFrom),
      headerFromName: this.#names.values[headerFrom] ?? '',
      dkimSet: this.#dkim.id(dkim),
      dkimResults: this.#dkim.values[dkim] ?? [],
      spfSet: this.#spf.id(spf),
      spfResults: this.#spf.values[spf] ?? [],
    }
  }

  #valuesOf(columns: RecordColumns, senders: readonly SenderAnswer[]): number[] {
    const values: number[] = []
    for (let at = 0; at < columns.length; at++) {
      const codes = this.#classOf(columns, at)
      const answer = senders[at]
      const sender = answer?.sender ?? 0
      const headerFrom = this.#names.id(columns.headerFrom[at] ?? 0)
      const messages = columns.count[at] ?? 0
      // In the order of `rowColumns`.
      values.push(this.#sources.id(columns.source[at] ?? 0), messages)
      values.push(columns.disposition[at] ?? 0, columns.dkim[at] ?? 0, columns.spf[at] ?? 0, headerFrom)
      values.push(this.#names.id(columns.envelopeFrom[at] ?? 0), this.#names.id(columns.envelopeTo[at] ?? 0))
      values.push(this.#reasons.id(columns.reasons[at] ?? 0), this.#dkim.id(columns.dkimResults[at] ?? 0))
      values.push(this.#spf.id(columns.spfResults[at] ?? 0), columns.flags[at] ?? 0, sender)
      values.push(answer?.isProven === true ? 1 : 0, codes.alignment, codes.authentication, codes.disposition)
      this.#addToCell(sender, headerFrom, codes, messages)
      this.rows += 1
      this.messages += messages
    }
    return values
  }

  #classOf(columns: RecordColumns, at: number): ClassCodes {
    const headerFrom = columns.headerFrom[at] ?? 0
    const disposition = columns.disposition[at] ?? 0
    const dkim = columns.dkim[at] ?? 0
    const spf = columns.spf[at] ?? 0
    const reasons = columns.reasons[at] ?? 0
    const dkimResults = columns.dkimResults[at] ?? 0
    const spfResults = columns.spfResults[at] ?? 0
    const key = `${headerFrom} ${disposition}${dkim}${spf} ${reasons} ${dkimResults} ${spfResults}`
    const known = this.#classes.get(key)
    if (known !== undefined) return known
    const {
      alignment,
      authentication,
      disposition: rolled,
    } = classifyRow(
      {
        headerFrom: this.#names.values[headerFrom] ?? '',
        disposition: dispositions[disposition] ?? 'unknown',
        dkim: evaluations[dkim] ?? 'unknown',
        spf: evaluations[spf] ?? 'unknown',
        reasons: this.#reasons.values[reasons] ?? [],
        dkimResults: this.#dkim.values[dkimResults] ?? [],
        spfResults: this.#spf.values[spfResults] ?? [],
      },
      this.#senders.attributor.organizationalDomain,
    )
    const codes = {
      alignment: alignmentPaths.indexOf(alignment),
      authentication: authenticationClasses.indexOf(authentication),
      disposition: rollupDispositions.indexOf(rolled),
    }
    this.#classes.set(key, codes)
    return codes
  }

  #addToCell(sender: number, headerFrom: number, codes: ClassCodes, messages: number): void {
    const { alignment, authentication, disposition } = codes
    const key = `${sender} ${headerFrom} ${disposition}${alignment}${authentication}`
    const cell = this.#cells.get(key)
    if (cell === undefined) {
      this.#cells.set(key, [sender, headerFrom, disposition, alignment, authentication, messages, 1])
      return
    }
    const sums = cellColumns.length - 2
    cell[sums] = (cell[sums] ?? 0) + messages
    cell[sums + 1] = (cell[sums + 1] ?? 0) + 1
  }

  async #flushCells(): Promise<void> {
    if (this.#cells.size === 0) return
    await this.#session.addCells({ place: this.#place, values: [...this.#cells.values()].flat() })
    this.#cells.clear()
  }
}
