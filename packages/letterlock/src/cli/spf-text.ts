import type { SpfMatch, SpfTreeNode, SpfTreeProblem, SpfTreeTerm } from '@letterlock/protocols'
import { matchPath } from '../authentication/explain-spf.ts'
import { type SpfExplanation, type SpfQuestion, spfAnswer, termWords } from '../authentication/spf-explanation.ts'
import { printable } from './printable.ts'
import { wrapped } from './wrapped.ts'

/** Terms and void look-ups that a record may take (RFC 7208 s4.6.4). */
const termsLimit = 10
const voidLookupsLimit = 2

/** Columns of a term before its meaning. */
const termColumns = 34

interface Surroundings {
  readonly source: string
  readonly outside: readonly string[]
  readonly width: number
}

/** The tree for a terminal. Nothing of DNS reaches it unescaped. */
export function spfText(
  question: Pick<SpfQuestion, 'ip'> & { readonly name: string },
  { tree, evaluation }: SpfExplanation,
  { source, outside, width }: Surroundings,
): string {
  const { root, problems } = tree
  const path = matchPath(evaluation?.matched ?? null)
  const paragraph = (text: string, first = '') => wrapped(printable(text), first, width)
  return [
    paragraph(
      `${question.name}: ${root.lookups} of ${termsLimit} look-ups, ${root.voidLookups} of ${voidLookupsLimit} that find nothing`,
    ),
    ...(root.status === 'none' ? [] : ['', ...nodeLines(root, { depth: 0, isIncluded: false, path, width })]),
    ...(evaluation === null || question.ip === null
      ? []
      : [
          '',
          paragraph(spfAnswer(question.ip, evaluation)),
          ...(path.length === 0
            ? []
            : [
                paragraph(
                  `Decided by ${path.map(({ term, domain }) => `"${term}" of ${domain}`).join(', and in it by ')}, after ${evaluation.terms} look-ups.`,
                ),
              ]),
          ...(evaluation.problem === null ? [] : [paragraph(`Because ${evaluation.problem.text}.`)]),
          ...(evaluation.explanation === null ? [] : [paragraph(`The domain itself says: ${evaluation.explanation}`)]),
        ]),
    ...(problems.length === 0
      ? []
      : ['', ...problems.map(problem => paragraph(problemText(problem), `${levels[problem.level]}  `))]),
    '',
    paragraph(`DNS: ${source}.`),
    ...(outside.length === 0
      ? []
      : [paragraph(`Not in the zone files, so taken as not existing: ${outside.join(', ')}.`)]),
    '',
  ].join('\n')
}

const levels = { error: 'error', warning: 'warn ', unknown: '?    ' } as const

function problemText({ domain, at, text }: SpfTreeProblem): string {
  return `${domain}${at === null ? '' : `, octet ${at + 1}`}: ${text}`
}

const statusWords = {
  none: 'no SPF record',
  several: 'several SPF records',
  syntax: 'broken',
  undetermined: 'not determined',
  loop: 'a loop',
  limit: 'not read',
} as const satisfies Record<Exclude<SpfTreeNode['status'], 'record'>, string>

interface Shape {
  readonly depth: number
  readonly isIncluded: boolean
  readonly path: readonly SpfMatch[]
  readonly width: number
}

function nodeLines(node: SpfTreeNode, shape: Shape): string[] {
  const { depth, isIncluded, path, width } = shape
  const indent = '    '.repeat(depth)
  const head = node.status === 'record' ? node.domain : `${node.domain} (${statusWords[node.status]})`
  return [
    wrapped(printable(head), indent, width),
    ...(node.faultAt === null || node.record === null ? [] : pointer(node.record, node.faultAt, indent)),
    ...node.terms.flatMap(term => {
      const isDecisive = path.some(
        match => match.at === term.at && same(match.domain, node.domain) && match.term === term.text,
      )
      const lines = [termLine(term, termWords(term, isIncluded), { indent, isDecisive, width })]
      return term.child === null
        ? lines
        : [
            ...lines,
            ...nodeLines(term.child, {
              ...shape,
              depth: depth + 1,
              isIncluded: term.kind === 'include' || (isIncluded && term.kind === 'redirect'),
            }),
          ]
    }),
  ]
}

/** Octets of a record shown on each side of a fault. */
const shownAround = 30

/** The place of a fault in a record, with a mark below it. */
function pointer(record: string, at: number, indent: string): string[] {
  const from = Math.max(0, at - shownAround)
  const before = printable(record.slice(from, at))
  const shown = `${before}${printable(record.slice(at, at + shownAround))}`
  return [`${indent}     ${shown}`, `${indent}     ${' '.repeat(before.length)}^`]
}

function same(a: string, b: string): boolean {
  return a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '')
}

/** `3  include:_spf.example.net   the servers that ...`: look-ups with what is below, the term, its meaning. */
function termLine(
  term: SpfTreeTerm,
  words: string,
  { indent, isDecisive, width }: { readonly indent: string; readonly isDecisive: boolean; readonly width: number },
): string {
  const count = term.lookupsBelow === 0 ? '' : String(term.lookupsBelow)
  const first = `${indent}${count.padStart(3)}${isDecisive ? ' >' : '  '}${printable(term.text).padEnd(termColumns)}  `
  // A long term leaves no room beside it.
  if (first.length > width - 20) return `${first.trimEnd()}\n${wrapped(printable(words), `${indent}       `, width)}`
  return wrapped(printable(words), first, width).replace(/\s+$/gm, '')
}
