import type { ExplanationStep, Fact, MessageExplanation, StepPart, Verdict } from '@letterlock/contract'
import { printable } from './printable.ts'
import { wrapped } from './wrapped.ts'

const headWords = {
  pass: 'PASS',
  fail: 'FAIL',
  unknown: 'UNKNOWN',
  'not tested': 'NOT TESTED',
  'not applicable': 'NO POLICY',
} as const satisfies Record<Verdict, string>

/** The explanation of one message for a terminal. Nothing of the message or of DNS reaches it unescaped. */
export function explanationText(explanation: MessageExplanation, width: number): string {
  const { headline, summary, steps, next, dns, verdict } = explanation
  const paragraph = (text: string, first: string) => wrapped(printable(text), first, width)
  return [
    paragraph(placeOf(explanation), ''),
    '',
    paragraph([headline, ...summary].join(' '), `${headWords[verdict]}  `),
    ...steps.flatMap((step, index) => ['', ...stepLines(step, index + 1, paragraph)]),
    '',
    'What to do next',
    ...next.flatMap(({ text, literal }) => [
      paragraph(text, '   - '),
      ...(literal === null ? [] : [`       ${printable(literal)}`]),
    ]),
    '',
    paragraph(`DNS: ${dns.source}; ${dns.lookups.length} questions.`, ''),
    ...(dns.outsideZones.length === 0
      ? []
      : [paragraph(`Not in the zone files, so taken as not existing: ${dns.outsideZones.join(', ')}.`, '')]),
    '',
  ].join('\n')
}

function placeOf({ name, number, bytes }: MessageExplanation): string {
  return `${name}${number === null ? '' : `, message ${number}`} (${bytes} bytes)`
}

type Paragraph = (text: string, first: string) => string

function stepLines(step: ExplanationStep, number: number, paragraph: Paragraph): string[] {
  return [
    paragraph(`${step.title}${mark(step.verdict, step.result)}`, `${number}. `),
    ...step.sentences.map(sentence => paragraph(sentence, '   ')),
    ...factLines(step.facts, '     ', paragraph),
    ...step.parts.flatMap(part => partLines(part, paragraph)),
  ]
}

function partLines(part: StepPart, paragraph: Paragraph): string[] {
  return [
    paragraph(`${part.title}${mark(part.verdict, part.result)}`, '   * '),
    ...part.sentences.map(sentence => paragraph(sentence, '     ')),
    ...factLines(part.facts, '       ', paragraph),
  ]
}

/** ` [fail: softfail]`: the verdict, and the word of the standard where it is another. */
function mark(verdict: Verdict | null, result: string | null): string {
  if (verdict === null) return ''
  return ` [${verdict}${result === null || result === verdict ? '' : `: ${result}`}]`
}

function factLines(facts: readonly Fact[], indent: string, paragraph: Paragraph): string[] {
  const column = Math.min(24, Math.max(0, ...facts.map(({ name }) => name.length)))
  return facts.map(({ name, value }) => paragraph(value, `${indent}${name.padEnd(column)}  `))
}
