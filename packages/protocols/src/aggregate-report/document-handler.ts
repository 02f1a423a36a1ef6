import type { Fault } from '../fault.ts'
import { wellFormed } from '../xml/encoding.ts'
import type { XmlDeviation, XmlHandler } from '../xml/handler.ts'
import { readAttributes } from '../xml/markup.ts'
import type { XmlScanner } from '../xml/scanner.ts'
import type { XmlTag } from '../xml/vocabulary.ts'
import { BlockMemory } from './block-memory.ts'
import { DeviationLog } from './deviation-log.ts'
import { element, place, placeOf } from './elements.ts'
import { noIpv4, readIpv4 } from './ipv4-places.ts'
import { blockCharactersLimit, textLimit } from './limits.ts'
import type { AggregateContext, AggregateReportSink } from './reader-contract.ts'
import type { EvaluatedPart, IdentifiersPart, ResultsPart } from './record-draft.ts'
import { type AggregateRefusal, aggregateRefusals } from './refusals.ts'
import { ReportDraft } from './report-draft.ts'

/** Attributes of the root that are looked at: enough for any set of namespaces. */
const attributesLimit = 100

/** Lengths of parts that are tried before the end of one is searched. */
const guesses = 4

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
  #evaluated = new BlockMemory<EvaluatedPart>()
  #identifiers = new BlockMemory<IdentifiersPart>()
  #results = new BlockMemory<ResultsPart>()
  readonly #blockLengths = new Uint32Array(64 * guesses)
  #nextGuess = 0
  #blockFrom = 0
  #blockTo = 0
  #blockSerial = -1
  #blockMet = 0
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
    this.#openPart(tag, inside, at)
    // A reason without elements of its own says what it says as text (report-tolerance 59): it comes as a leaf.
    return false
  }

  close(_tag: XmlTag, at: number): void {
    const found = this.#inside.pop() ?? 0
    if (found !== 0) this.#closePart(found, at)
  }

  text(tag: XmlTag, text: string, at: number): void {
    this.#put(tag, text, at)
  }

  leaf(tag: XmlTag, from: number, to: number): void {
    const inside = this.#top()
    const scanner = this.scanner
    if (inside === 0 || scanner === null) return
    if (inside === element.row && this.#quickLeaf(tag.element, scanner, from, to)) return
    const at = scanner.offset(from)
    const text = scanner.value(from, to)
    if (placeOf(inside, tag.element) !== place.container) {
      this.#put(tag, text, at)
      return
    }
    this.#inside.push(tag.element)
    this.#bareText = { text: this.#trim(text, at), at }
    this.#openPart(tag, inside, at)
    this.close(tag, at)
    this.#bareText = null
  }

  block(tag: XmlTag, from: number): number {
    const inside = this.#top()
    const record = this.#report?.record
    const scanner = this.scanner
    if ((inside !== element.record && inside !== element.row) || record === undefined || scanner === null) return -1
    if (record.has(tag.element)) return -1
    const octets = scanner.octets
    if (octets === null) return -1
    // Lengths repeat: where the end tag stands as far on as one of the last times, nothing has to be searched.
    const lengths = tag.element * guesses
    for (let guess = 0; guess < guesses; guess += 1) {
      const length = this.#blockLengths[lengths + guess] ?? 0
      if (length === 0 || !scanner.buffer.startsWith(tag.close, from + length)) continue
      if (this.#recall(tag.element, octets, from, from + length)) return from + length + tag.close.length
      break
    }
    const length = scanner.buffer.slice(from, from + blockCharactersLimit).indexOf(tag.close)
    if (length === -1) return -1
    this.#blockLengths[lengths + this.#nextGuess] = length
    this.#nextGuess = (this.#nextGuess + 1) % guesses
    if (this.#recall(tag.element, octets, from, from + length)) return from + length + tag.close.length
    this.#blockFrom = from
    this.#blockTo = from + length
    this.#blockSerial = scanner.serial
    this.#blockMet = this.#log.met
    return -1
  }

  cut(at: number): void {
    const report = this.#report
    if (report === null) return
    this.#isRecordCut = this.#inside.includes(element.record)
    this.#log.add(this.#isRecordCut ? 'record-cut' : 'document-cut', at, '')
    this.#isCut = true
  }

  #top(): number {
    return this.#inside[this.#inside.length - 1] ?? 0
  }

  #openReport(tag: XmlTag, attributes: string, at: number): void {
    this.hasFeedback = true
    // What was tolerated before the first root belongs to the first report.
    if (this.#report !== null || this.reports > 0) this.#log = new DeviationLog()
    if (this.#inside.length > 1) this.#log.add('root-wrapped', at, tag.name)
    this.#report = new ReportDraft(this.#sink, this.#context, this.#log, () => this.#forgetBlocks())
    this.#reportAt = at
    this.#forgetBlocks()
    const name = tag.prefix === '' ? 'xmlns' : `xmlns:${tag.prefix.toLowerCase()}`
    this.#report.head.root(readAttributes(attributes, attributesLimit).get(name) ?? null)
  }

  /** What was remembered of parts points to values of the report that is over, or that started anew. */
  #forgetBlocks(): void {
    this.#evaluated = new BlockMemory()
    this.#identifiers = new BlockMemory()
    this.#results = new BlockMemory()
  }

  #openPart(tag: XmlTag, inside: number, at: number): void {
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
      default:
        if (inside === element.policyEvaluated || inside === element.authResults) report.record.beginEntry()
    }
  }

  #closePart(found: number, at: number): void {
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
        if (!this.#isRecordCut) this.#refuse(report.endRecord(), true)
        return
      case element.row:
        return
      case element.policyEvaluated:
      case element.identifiers:
      case element.authResults:
        if (this.#isPartRead) this.#closeBlock(report, found, at)
        this.#isPartRead = true
        return
      default:
        if (this.#isPartRead) this.#closeEntry(report, found, at)
    }
  }

  #closeEntry(report: ReportDraft, found: number, at: number): void {
    if (found === element.dateRange) return
    if (found === element.reason && this.#bareText !== null)
      report.record.reasonText(this.#bareText.text, this.#bareText.at)
    else report.record.endEntry(found, at)
  }

  #closeBlock(report: ReportDraft, found: number, at: number): void {
    const { record } = report
    record.endPart(found)
    const scanner = this.scanner
    if (scanner === null || scanner.serial !== this.#blockSerial || this.#log.met !== this.#blockMet) return
    if (scanner.offset(this.#blockTo) !== at) return
    this.#blockSerial = -1
    const octets = scanner.octets
    if (octets === null) return
    const from = this.#blockFrom
    const to = this.#blockTo
    if (found === element.policyEvaluated) this.#evaluated.remember(octets, from, to, record.evaluated())
    else if (found === element.identifiers) this.#identifiers.remember(octets, from, to, record.identifiers())
    else this.#results.remember(octets, from, to, record.results())
  }

  #recall(found: number, octets: DataView, from: number, to: number): boolean {
    const record = this.#report?.record
    if (record === undefined) return false
    if (found === element.policyEvaluated) {
      const part = this.#evaluated.find(octets, from, to)
      if (part !== undefined) record.putEvaluated(part)
      return part !== undefined
    }
    if (found === element.identifiers) {
      const part = this.#identifiers.find(octets, from, to)
      if (part !== undefined) record.putIdentifiers(part)
      return part !== undefined
    }
    const part = this.#results.find(octets, from, to)
    if (part !== undefined) record.putResults(part)
    return part !== undefined
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

  /** Source and count as they nearly always are: met before, or a few digits. */
  #quickLeaf(found: number, scanner: XmlScanner, from: number, to: number): boolean {
    const report = this.#report
    if (report === null || !this.#isPartRead) return false
    const { record } = report
    if (found === element.sourceIp && record.isSourceOpen) {
      const address = readIpv4(scanner.buffer, from, to)
      if (address === noIpv4) return false
      const known = report.values.ipv4(address)
      record.putSource(known === -1 ? report.values.addIpv4(address, scanner.value(from, to)) : known)
      return true
    }
    if (found !== element.count || !record.isCountOpen || to === from || to - from > 9) return false
    let count = 0
    for (let at = from; at < to; at += 1) {
      const digit = scanner.buffer.charCodeAt(at) - 0x30
      if (digit < 0 || digit > 9) return false
      count = count * 10 + digit
    }
    record.putCount(count)
    return true
  }

  #trim(text: string, at: number): string {
    const trimmed = text.trim()
    if (trimmed.length !== text.length && trimmed !== '') this.#log.add('value-padded', at, text, trimmed)
    if (trimmed.length <= textLimit) return trimmed
    this.#log.add('text-long', at, trimmed)
    return wellFormed(trimmed.slice(0, textLimit))
  }

  /** An element that holds text. */
  #put(tag: XmlTag, raw: string, at: number): void {
    const report = this.#report
    if (report === null || this.#isRecordCut) return
    const text = this.#trim(raw, at)
    const inside = this.#top()
    if (placeOf(inside, tag.element) !== place.text) {
      this.#log.add('unknown-element', at, `<${tag.name}>${text}`)
      return
    }
    if (inside === element.feedback) report.head.version(text)
    else if (inside === element.reportMetadata || inside === element.dateRange)
      report.head.metadata(tag.element, text, at)
    else if (inside === element.policyPublished) report.head.policy(tag.element, text, at)
    else if (this.#isPartRead) this.#putInRecord(report, inside, tag.element, text, at)
  }

  #putInRecord(report: ReportDraft, inside: number, found: number, text: string, at: number): void {
    const { record } = report
    if (found === element.sourceIp) record.source(text, at)
    else if (found === element.count) record.count(text, at)
    else if (inside === element.policyEvaluated) record.evaluation(found, text, at)
    else if (inside === element.identifiers) record.identifier(found, text, at)
    else record.entry(found, text, at)
  }
}
