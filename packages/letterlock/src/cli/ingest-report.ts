import type { IntakeProgress, PathResult } from '../intake/intake.ts'
import type { DocumentVerdict } from '../store/intake-op.ts'
import type { CommandContext } from './command.ts'
import { counted } from './counted.ts'
import { type ExitCode, exitCodes, joinExitCodes } from './exit-code.ts'
import { printable } from './printable.ts'

/** What became of a document, as it is told: `tolerated` is stored with deviations. */
type Told = 'stored' | 'tolerated' | 'known' | 'overlapping' | 'quarantine' | 'none' | 'failed'

const toldOrder = ['stored', 'tolerated', 'overlapping', 'known', 'none', 'quarantine', 'failed'] as const

/** Words of the summary, in the order of `toldOrder`. */
const summaryWords = {
  stored: 'stored',
  tolerated: 'stored with deviations',
  overlapping: 'stored beside a report of the same id',
  known: 'known',
  none: 'without a report',
  quarantine: 'in quarantine',
  failed: 'failed',
} as const satisfies Record<Told, string>

/** Deviation codes shown in a line; the rest is counted. */
const shownDeviations = 4

/** Writes what becomes of each document, and the sums at the end. */
export class IngestReport {
  #next = 'letterlock serve'
  readonly #context: CommandContext
  readonly #counts: Record<Told, number> = {
    stored: 0,
    tolerated: 0,
    overlapping: 0,
    known: 0,
    none: 0,
    quarantine: 0,
    failed: 0,
  }
  #rows = 0
  #messages = 0
  #isFirst = true

  constructor(context: CommandContext) {
    this.#context = context
  }

  /** Opens the JSON document: it is written as results come in, so that a large import needs no memory for it. */
  async begin(): Promise<void> {
    if (this.#context.format === 'json') {
      await this.#context.output.write('{\n  "schema": "letterlock.ingest/1",\n  "documents": [')
    }
  }

  progress(progress: IntakeProgress): void {
    if (!this.#context.messages.hasProgress) return
    const share = progress.found === 0 ? 0 : progress.done / progress.found
    const bar = '#'.repeat(Math.round(share * 20)).padEnd(20, '.')
    const megabytes = (progress.bytes / 1_000_000).toFixed(1)
    this.#context.messages.progress(`[${bar}] ${progress.done} of ${progress.found} files, ${megabytes} MB`)
  }

  async take(result: PathResult): Promise<void> {
    if (result.kind === 'failed') {
      this.#counts.failed++
      await this.#write('failed', result.name, null, result.text)
      return
    }
    for (const document of result.verdict.documents) {
      const told = toldOf(document)
      this.#counts[told]++
      if (told === 'stored' || told === 'tolerated' || told === 'overlapping') {
        this.#rows += document.rows
        this.#messages += document.messages
      }
      await this.#write(told, result.verdict.name, document, null)
    }
  }

  /** The sums, and the exit code that follows from them. */
  async end(): Promise<ExitCode> {
    const code = this.#exitCode()
    const { output, format } = this.#context
    const summary = { ...this.#counts, rows: this.#rows, messages: this.#messages }
    if (format === 'json') {
      await output.write(
        `${this.#isFirst ? '' : '\n  '}],\n  "summary": ${JSON.stringify(summary)},\n  "exit": ${code}\n}\n`,
      )
    } else if (format === 'ndjson') await output.ndjson({ type: 'summary', schema: 'letterlock.ingest/1', ...summary })
    else await this.#writeSummary()
    if (this.#counts.failed > 0) this.#context.messages.detail('Run the same command again: what is stored is known.')
    return code
  }

  #exitCode(): ExitCode {
    const codes: ExitCode[] = []
    if (this.#counts.failed > 0) codes.push(exitCodes.failed)
    if (this.#counts.quarantine > 0) codes.push(exitCodes.no)
    return joinExitCodes(codes)
  }

  /** What the person does next, once something is stored. */
  leadTo(next: string): void {
    this.#next = next
  }

  async #writeSummary(): Promise<void> {
    const total = toldOrder.reduce((sum, told) => sum + this.#counts[told], 0)
    const parts = toldOrder
      .filter(told => this.#counts[told] > 0)
      .map(told => `${this.#counts[told].toLocaleString('en-US')} ${summaryWords[told]}`)
    const sums = this.#rows > 0 ? `; ${counted(this.#rows, 'row')}, ${counted(this.#messages, 'message')}` : ''
    await this.#context.output.line(
      `${counted(total, 'document')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}${sums}`,
    )
    const { messages } = this.#context
    if (this.#counts.stored + this.#counts.tolerated > 0 && !this.#context.flags.has('dry-run')) {
      messages.info(`next: ${this.#next}`)
    }
  }

  async #write(told: Told, name: string, document: DocumentVerdict | null, text: string | null): Promise<void> {
    const { output, format, messages } = this.#context
    messages.clearProgress()
    if (format === 'text') {
      await output.line(textLine(told, name, document, text, this.#context.flags.text('quarantine')))
      return
    }
    const told2 = { name, path: document?.path ?? null, verdict: told, ...documentFacts(document), text }
    if (format === 'ndjson') await output.ndjson({ type: 'verdict', ...told2 })
    else {
      await output.write(`${this.#isFirst ? '' : ','}\n    ${JSON.stringify(told2)}`)
      this.#isFirst = false
    }
  }
}

function toldOf(document: DocumentVerdict): Told {
  if (document.verdict === 'note') return 'none'
  if (document.verdict === 'stored' && Object.keys(document.deviations).length > 0) return 'tolerated'
  return document.verdict
}

function documentFacts(document: DocumentVerdict | null): Record<string, unknown> {
  if (document === null) return {}
  const { kind, reportId, rows, messages, deviations, code, reason } = document
  return { kind, report: reportId, rows, messages, deviations, code, reason }
}

function textLine(
  told: Told,
  name: string,
  document: DocumentVerdict | null,
  text: string | null,
  quarantineFolder: string | undefined,
): string {
  // The place of a document begins with the name of its delivery.
  const label = document?.path.startsWith(name) === true ? document.path : name
  const head = `${told.padEnd(11)} ${printable(label).padEnd(40)}`
  if (document === null) return `${head}  ${printable(text ?? '')}`
  switch (told) {
    case 'known':
      return `${head}  same report, same content`
    case 'quarantine':
    case 'none': {
      const kept = told === 'quarantine' && quarantineFolder !== undefined ? `  copy in ${quarantineFolder}` : ''
      return `${head}  ${printable(document.reason ?? document.code ?? '')}${kept}`
    }
    default:
      return `${head}  ${document.kind.padEnd(9)}  ${amounts(document)}${deviationText(document)}`
  }
}

function amounts(document: DocumentVerdict): string {
  if (document.kind === 'tls')
    return `${counted(document.rows, 'policy', 'policies')}, ${counted(document.messages, 'session')}`
  return `${counted(document.rows, 'row')}, ${counted(document.messages, 'message')}`
}

function deviationText(document: DocumentVerdict): string {
  const codes = Object.keys(document.deviations)
  if (codes.length === 0) return ''
  const more = codes.length > shownDeviations ? ` and ${codes.length - shownDeviations} more` : ''
  return `  ${codes.slice(0, shownDeviations).join(', ')}${more}`
}
