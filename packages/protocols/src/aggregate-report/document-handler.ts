import type { Fault } from '../fault.ts'
import type { XmlDeviation, XmlHandler } from '../xml/handler.ts'
import { readAttributes } from '../xml/markup.ts'
import type { XmlScanner } from '../xml/scanner.ts'
import type { XmlTag } from '../xml/vocabulary.ts'
import { ContentLearner } from './content-shape.ts'
import { DeviationLog } from './deviation-log.ts'
import { element, place, placeOf } from './elements.ts'
import { quickLeaf } from './quick-leaf.ts'
import type { AggregateContext, AggregateReportSink } from './reader-contract.ts'
import { endEntry, putInRecord, trimmed } from './record-texts.ts'
import { type AggregateRefusal, aggregateRefusals } from './refusals.ts'
import { ReportDraft } from './report-draft.ts'
import { ShapedRecords } from './shaped-records.ts'

/** Attributes of the root that are looked at: enough for any set of namespaces. */
const attributesLimit = 100

/** Characters of text outside of elements that are kept, to tell the word `unused` from junk. */
const strayLimit = 64

/** Turns elements into reports: knows where each element stands and what it means there. */
export class DocumentHandler implements XmlHandler {
  reports = 0
  fault: Fault<AggregateRefusal> | null = null
  /** A limit was passed: nothing more is read. */
  isStopped = false
  hasFeedback = false
  /** Text that stands outside of all elements. */
  stray = ''
  scanner: XmlScanner | null = null
  readonly #sink: AggregateReportSink
  readonly #context: AggregateContext
  readonly #inside: number[] = []
  #log = new DeviationLog()
  #report: ReportDraft | null = null
  #reportAt = 0
  #isCut = false
  #isRecordCut = false
  /** The part that is being read counts: it is the first of its kind in the record. */
  #isPartRead = true
  readonly #shaped = ShapedRecords.take()
  readonly #parts = this.#shaped.memory
  /** Deviations that were met before the record began. */
  #metBefore = 0
  /** The part of a record that is read because it is not remembered. */
  readonly #newPart = new NewContent()
  readonly #learner = new ContentLearner()
  #bareText: { text: string; at: number } | null = null

  constructor(sink: AggregateReportSink, context: AggregateContext) {
    this.#sink = sink
    this.#context = context
  }

  deviation(code: XmlDeviation, at: number, raw: string, value?: string): void {
    if (this.#isCut) return
    if (code === 'text-before-root' || code === 'text-after-root') this.stray = raw.slice(0, strayLimit)
    this.#log.add(code, at, raw, value)
  }

  open(tag: XmlTag, attributes: string, at: number): boolean {
    const inside = this.#top()
    if (inside === 0) {
      this.#inside.push(tag.isRoot ? element.feedback : 0)
      if (tag.isRoot && !this.isStopped) this.#openReport(tag, attributes, at)
      return false
    }
    if (placeOf(inside, tag.element) !== place.container) return true
    this.#inside.push(tag.element)
    this.#openPart(tag, attributes, at)
    // A reason without elements of its own says what it says as text (report-tolerance 59): it comes as a leaf.
    return false
  }

  close(tag: XmlTag, at: number): void {
    const found = this.#inside.pop() ?? 0
    if (found !== 0) this.#closePart(found, tag, at)
  }

  text(tag: XmlTag, text: string, at: number): void {
    this.#shaped.learner.spoil()
    this.#learner.spoil()
    this.#put(tag, text, at)
  }

  leaf(tag: XmlTag, from: number, to: number): void {
    const inside = this.#top()
    const scanner = this.scanner
    if (inside === 0 || scanner === null) return
    if (inside === element.row && this.#quickLeaf(tag, scanner, from, to)) return
    if (inside === element.row || inside === element.record) this.#shaped.learner.spoil()
    else this.#learner.leaf(scanner, tag, from, to)
    const at = scanner.offset(from)
    const text = scanner.value(from, to)
    if (placeOf(inside, tag.element) !== place.container) {
      this.#put(tag, text, at)
      return
    }
    this.#inside.push(tag.element)
    this.#bareText = { text: trimmed(this.#log, text, at), at }
    this.#openPart(tag, '', at)
    this.close(tag, at)
    this.#bareText = null
  }

  block(tag: XmlTag, from: number): number {
    const inside = this.#top()
    const report = this.#report
    const scanner = this.scanner
    if (report === null || scanner === null) return -1
    if (tag.element === element.record) return this.#readShaped(report, scanner, tag, from)
    if (report.record.has(tag.element)) return -1
    const octets = scanner.octets
    if (octets === null || (inside !== element.record && inside !== element.row)) return -1
    // Lengths repeat: where the end tag stands as far on as one of the last times, nothing has to be searched.
    for (let guess = 0; ; guess += 1) {
      const length = this.#parts.length(tag.element, guess)
      if (length === 0) break
      const to = from + length
      if (!scanner.buffer.startsWith(tag.close, to)) continue
      if (this.#recall(report, tag, octets, from, to)) return to + tag.close.length
      break
    }
    const to = this.#parts.search(tag, scanner.buffer, from)
    if (to === -1) return -1
    if (this.#recall(report, tag, octets, from, to)) return to + tag.close.length
    this.#newPart.begin(scanner.serial, this.#log.met, from, to)
    this.#learner.begin(scanner, from)
    return -1
  }

  #recall(report: ReportDraft, tag: XmlTag, octets: DataView, from: number, to: number): boolean {
    const { scanner } = this
    if (scanner === null || !this.#parts.recall(tag.element, octets, from, to, report.record)) return false
    this.#known(scanner, tag, from, to)
    return true
  }

  #known(scanner: XmlScanner, tag: XmlTag, from: number, to: number): void {
    const isBehindRow = this.#report?.record.has(element.row) ?? false
    this.#shaped.learner.item(scanner, tag, { from, to, isBehindRow })
  }

  /** Reads records that are written alike. Gives where the scanner goes on; -1 where it goes on with this one. */
  #readShaped(report: ReportDraft, scanner: XmlScanner, tag: XmlTag, first: number): number {
    let from = first
    while (this.#top() === element.feedback) {
      const outcome = this.#shaped.read(report, scanner, tag, from)
      if (outcome.kind === 'none') break
      this.#isPartRead = true
      if (outcome.kind === 'partly') {
        const { item } = outcome
        this.#shaped.learner.spoil()
        for (const { element: found } of item.path) this.#inside.push(found)
        scanner.enter(item.path, item.before)
        return outcome.to
      }
      this.#refuse(report.endRecord(), true)
      const next = pastSpaces(scanner.buffer, outcome.to)
      if (this.isStopped || !scanner.buffer.startsWith(tag.open, next)) return outcome.to
      from = next + tag.open.length
    }
    return from === first ? -1 : from - tag.open.length
  }

  cut(at: number): void {
    const report = this.#report
    if (report === null) return
    this.#isRecordCut = this.#inside.includes(element.record)
    this.#log.add(this.#isRecordCut ? 'record-cut' : 'document-cut', at, '')
    this.#isCut = true
  }

  /** The document is over: what may serve the next one is given back. */
  release(): void {
    this.#shaped.release()
  }

  #top(): number {
    return this.#inside[this.#inside.length - 1] ?? 0
  }

  #openReport(tag: XmlTag, attributes: string, at: number): void {
    this.hasFeedback = true
    // What was tolerated before the first root belongs to the first report.
    if (this.#report !== null || this.reports > 0) this.#log = new DeviationLog()
    if (this.#inside.length > 1) this.#log.add('root-wrapped', at, tag.name)
    this.#report = new ReportDraft(this.#sink, this.#context, this.#log, () => this.#parts.forget())
    this.#reportAt = at
    this.#parts.forget()
    const name = tag.prefix === '' ? 'xmlns' : `xmlns:${tag.prefix.toLowerCase()}`
    this.#report.head.root(readAttributes(attributes, attributesLimit).get(name) ?? null)
  }

  #openPart(tag: XmlTag, attributes: string, at: number): void {
    const report = this.#report
    if (report === null) return
    switch (tag.element) {
      case element.reportMetadata:
        report.head.openMetadata(at)
        return
      case element.policyPublished:
        report.head.openPolicy(at)
        return
      case element.record:
        this.#isPartRead = true
        report.record.begin(at)
        this.#metBefore = this.#log.met
        this.#learn(tag, attributes, at)
        return
      case element.row:
        // In a second row the first value of each kind counts, as in one row.
        report.record.beginPart(tag.element, at)
        return
      case element.policyEvaluated:
      case element.identifiers:
      case element.authResults:
        this.#isPartRead = report.record.beginPart(tag.element, at)
        if (tag.name === 'identities') this.#log.add('identities', at, tag.name)
        return
      case element.dkim:
      case element.spf:
      case element.reason:
        report.record.beginEntry()
        if (this.scanner !== null) this.#learner.entry(this.scanner, 'open', tag, at)
        return
      default:
        return
    }
  }

  #closePart(found: number, tag: XmlTag, at: number): void {
    const report = this.#report
    if (report === null) return
    switch (found) {
      case element.feedback:
        this.#closeReport(report)
        return
      case element.reportMetadata:
        report.head.closeMetadata()
        return
      case element.policyPublished:
        report.head.closePolicy()
        return
      case element.record:
        if (this.#isRecordCut) return
        this.#refuse(report.endRecord(), true)
        this.#learned(tag, at)
        return
      case element.row:
        return
      case element.policyEvaluated:
      case element.identifiers:
      case element.authResults:
        if (this.#isPartRead) this.#closeBlock(report, tag, at)
        else this.#shaped.learner.spoil()
        this.#isPartRead = true
        return
      default:
        if (this.#isPartRead) this.#closeEntry(report, tag, at)
    }
  }

  #closeEntry(report: ReportDraft, tag: XmlTag, at: number): void {
    const { scanner } = this
    if (scanner !== null) this.#learner.entry(scanner, 'close', tag, at)
    if (tag.element === element.reason && this.#bareText !== null)
      report.record.reasonText(this.#bareText.text, this.#bareText.at)
    else endEntry(report.record, tag.element, at)
  }

  #closeBlock(report: ReportDraft, tag: XmlTag, at: number): void {
    const { record } = report
    record.endPart(tag.element)
    const { scanner } = this
    const octets = this.#octetsOf(this.#newPart, at)
    if (octets === null || scanner === null) {
      this.#shaped.learner.spoil()
      return
    }
    const { from, to } = this.#newPart
    this.#parts.remember(tag.element, octets, from, to, record)
    const shape = this.#learner.finish(scanner, to)
    if (shape !== null) this.#parts.learned(tag.element, shape)
    this.#known(scanner, tag, from, to)
  }

  /** The octets that hold a content which ended at `at`; null where it is not to be remembered. */
  #octetsOf(content: NewContent, at: number): DataView | null {
    const { scanner } = this
    if (scanner === null || !content.ends(scanner.serial, this.#log.met)) return null
    return scanner.offset(content.to) === at ? scanner.octets : null
  }

  #learn(tag: XmlTag, attributes: string, at: number): void {
    const { scanner } = this
    if (scanner === null || scanner.octets === null || attributes !== '') this.#shaped.learner.spoil()
    else this.#shaped.learn(scanner, tag, at - scanner.offset(0) + tag.open.length)
  }

  /** A record was read the usual way. */
  #learned(tag: XmlTag, at: number): void {
    const { scanner } = this
    if (scanner === null || this.#log.met !== this.#metBefore) return
    const to = at - scanner.offset(0)
    if (scanner.buffer.startsWith(tag.close, to)) this.#shaped.learned(scanner, tag, to + tag.close.length)
  }

  #closeReport(report: ReportDraft): void {
    const refusal = report.end(this.#isRecordCut)
    this.#refuse(refusal, false)
    if (refusal === null) this.reports += 1
    this.#report = null
    this.#log = new DeviationLog()
  }

  #refuse(code: AggregateRefusal | null, isFinal: boolean): void {
    if (code === null) return
    this.fault ??= { code, at: this.#reportAt, text: aggregateRefusals[code] }
    if (!isFinal) return
    this.isStopped = true
    this.#report = null
  }

  #quickLeaf(tag: XmlTag, scanner: XmlScanner, from: number, to: number): boolean {
    const report = this.#report
    if (report === null || !this.#isPartRead || !quickLeaf(report, scanner, tag.element, { from, to })) return false
    this.#known(scanner, tag, from, to)
    return true
  }

  /** An element that holds text. */
  #put(tag: XmlTag, raw: string, at: number): void {
    const report = this.#report
    if (report === null || this.#isRecordCut) return
    const text = trimmed(this.#log, raw, at)
    const inside = this.#top()
    if (placeOf(inside, tag.element) !== place.text) {
      this.#log.add('unknown-element', at, `<${tag.name}>${text}`)
      return
    }
    if (inside === element.feedback) report.head.version(text)
    else if (inside === element.reportMetadata || inside === element.dateRange)
      report.head.metadata(tag.element, text, at)
    else if (inside === element.policyPublished) report.head.policy(tag.element, text, at)
    else if (this.#isPartRead) putInRecord(report.record, inside, tag.element, text, at)
  }
}

function pastSpaces(buffer: string, from: number): number {
  let at = from
  for (let code = buffer.charCodeAt(at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) {
    at += 1
    code = buffer.charCodeAt(at)
  }
  return at
}

/** Where content stands that is read because it is not remembered yet. */
class NewContent {
  from = 0
  to = 0
  #serial = -1
  #met = 0

  /** `met`: deviations so far. */
  begin(serial: number, met: number, from: number, to: number): void {
    this.from = from
    this.to = to
    this.#serial = serial
    this.#met = met
  }

  /** Whether it is still in the window and nothing departed in it; asked once. */
  ends(serial: number, met: number): boolean {
    const isSound = serial === this.#serial && met === this.#met
    this.#serial = -1
    return isSound
  }
}
