import type { MessageExplanation, Verdict, VerifyDocument } from '@letterlock/contract'
import type { CommandContext } from './command.ts'
import { counted } from './counted.ts'
import { type ExitCode, exitCodes, joinExitCodes } from './exit-code.ts'
import { printable } from './printable.ts'
import { explanationText } from './verify-text.ts'
import { textWidth } from './wrapped.ts'

/** The exit code that one explanation stands for. */
function exitOf({ verdict }: MessageExplanation): ExitCode {
  if (verdict === 'pass') return exitCodes.ok
  return verdict === 'unknown' || verdict === 'not tested' ? exitCodes.undetermined : exitCodes.no
}

/** Input that could not be judged. */
type VerifyProblem = VerifyDocument['problems'][number]

/** Words of the last line, in its order. */
const summaryWords = {
  pass: 'proven',
  fail: 'not proven',
  'not applicable': 'without a policy',
  unknown: 'not determined',
  'not tested': 'not tested',
} as const satisfies Record<Verdict, string>

/** Writes each explanation as it comes, so that a large mbox needs no memory for them, and sums at the end. */
export class VerifyReport {
  readonly #context: CommandContext
  readonly #codes = new Set<ExitCode>()
  readonly #counts = new Map<Verdict, number>()
  readonly #problems: VerifyProblem[] = []
  #messages = 0
  #isMissingSession = false

  constructor(context: CommandContext) {
    this.#context = context
  }

  async begin(): Promise<void> {
    if (this.#context.format === 'json')
      await this.#context.output.write('{\n  "schema": "letterlock.verify/1",\n  "messages": [')
  }

  async take(explanation: MessageExplanation): Promise<void> {
    const { format, output } = this.#context
    this.#codes.add(exitOf(explanation))
    this.#counts.set(explanation.verdict, (this.#counts.get(explanation.verdict) ?? 0) + 1)
    this.#messages += 1
    if (explanation.verdict === 'unknown' && explanation.results.spf === null) this.#isMissingSession = true
    if (format === 'ndjson') await output.ndjson(explanation)
    else if (format === 'json')
      await output.write(`${this.#messages === 1 ? '' : ','}\n${JSON.stringify(explanation, null, 2)}`)
    else {
      if (this.#messages > 1) await output.line(`\n${'='.repeat(textWidth())}\n`)
      await output.write(explanationText(explanation, textWidth()))
    }
  }

  async problem(problem: VerifyProblem, code: ExitCode): Promise<void> {
    this.#codes.add(code)
    this.#problems.push(problem)
    const { name, number, at, text } = problem
    const place = `${printable(name)}${number === null ? '' : `, message ${number}`}${at === null ? '' : `, octet ${at}`}`
    this.#context.messages.error(`${place}: ${printable(text)}`)
    if (this.#context.format === 'ndjson') await this.#context.output.ndjson({ problem })
  }

  /** The sums, and the exit code that follows from them. */
  async end(): Promise<ExitCode> {
    const { format, output } = this.#context
    const exit = joinExitCodes([...this.#codes])
    const summary = Object.fromEntries(
      Object.keys(summaryWords).map(verdict => [verdict, [...this.#counts].find(([one]) => one === verdict)?.[1] ?? 0]),
    )
    if (format === 'json') {
      const end: Omit<VerifyDocument, 'schema' | 'messages'> = { problems: this.#problems, summary, exit }
      await output.write(`\n  ],\n${JSON.stringify(end, null, 2).slice(2)}\n`)
    }
    if (format === 'text' && this.#messages > 1) await output.line(this.#sums())
    if (this.#isMissingSession)
      this.#context.messages.info(
        this.#context.flags.has('from-headers')
          ? 'SPF was not tested: the header does not tell enough. Give --ip ADDRESS and --mail-from ADDRESS.'
          : 'SPF was not tested. Give --ip ADDRESS and --mail-from ADDRESS, or let --from-headers take them from the message.',
      )
    return exit
  }

  #sums(): string {
    const parts = Object.entries(summaryWords).flatMap(([verdict, words]) => {
      const count = [...this.#counts].find(([one]) => one === verdict)?.[1] ?? 0
      return count === 0 ? [] : [`${count} ${words}`]
    })
    return `\n${counted(this.#messages, 'message')}: ${parts.join(', ')}`
  }
}
