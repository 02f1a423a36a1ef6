import { Fragment, type ReactNode } from 'react'
import { formatCount } from './format.ts'
import { type Node, parseMessage } from './icu.ts'

/** The texts of one screen by name, in ICU form. */
export type Catalogue = Readonly<Record<string, string>>

/** What may stand for an argument of a text. */
export type Values = Readonly<Record<string, string | number>>

/** What may stand for an argument or a tag where the result is drawn. */
export type RichValues = Readonly<Record<string, ReactNode | ((children: ReactNode) => ReactNode)>>

const parsed = new Map<string, readonly Node[]>()
const plurals = new Intl.PluralRules('en')

function nodesOf(message: string): readonly Node[] {
  let nodes = parsed.get(message)
  if (nodes === undefined) {
    nodes = parseMessage(message)
    parsed.set(message, nodes)
  }
  return nodes
}

/** A text with its arguments filled in. A tag leaves its content only. */
export function formatMessage(message: string, values: Values = {}): string {
  return nodesOf(message)
    .map(node => textOf(node, values))
    .join('')
}

function textOf(node: Node, values: Values): string {
  const many = (nodes: readonly Node[]) => nodes.map(child => textOf(child, values)).join('')
  switch (node.kind) {
    case 'text':
      return node.text
    case 'argument':
      return String(values[node.name] ?? '')
    case 'number':
    case 'hash':
      return numberText(values[node.name])
    case 'tag':
      return many(node.children)
    case 'plural':
    case 'select':
      return many(chosen(node, values[node.name]))
  }
}

function numberText(value: unknown): string {
  return typeof value === 'number' ? formatCount(value) : String(value ?? '')
}

function chosen(
  node: { readonly kind: 'plural' | 'select'; readonly cases: ReadonlyMap<string, readonly Node[]> },
  value: unknown,
): readonly Node[] {
  const exact = node.cases.get(node.kind === 'plural' ? `=${String(value)}` : String(value))
  if (exact !== undefined) return exact
  const rule = node.kind === 'plural' && typeof value === 'number' ? plurals.select(value) : 'other'
  return node.cases.get(rule) ?? node.cases.get('other') ?? []
}

/** A text as drawn content: arguments may be elements, tags are given as functions of their content. */
export function richMessage(message: string, values: RichValues): ReactNode {
  return drawn(nodesOf(message), values)
}

function drawn(nodes: readonly Node[], values: RichValues): ReactNode {
  return nodes.map((node, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the nodes of one message never change their order
    <Fragment key={index}>{drawnNode(node, values)}</Fragment>
  ))
}

function drawnNode(node: Node, values: RichValues): ReactNode {
  if (node.kind === 'text') return node.text
  const value = values[node.name]
  switch (node.kind) {
    case 'argument':
      return typeof value === 'function' ? null : value
    case 'number':
    case 'hash':
      return typeof value === 'number' || value === undefined
        ? numberText(value)
        : typeof value === 'function'
          ? null
          : value
    case 'tag': {
      const children = drawn(node.children, values)
      return typeof value === 'function' ? value(children) : <b>{children}</b>
    }
    case 'plural':
    case 'select':
      return drawn(chosen(node, value), values)
  }
}

/** A translator bound to one catalogue: `t('title', { count })`, and `t.rich` where links or literals stand inside. */
export interface Translator<Texts extends Catalogue> {
  (name: keyof Texts, values?: Values): string
  rich(name: keyof Texts, values: RichValues): ReactNode
  /** The text of a name from outside; the name itself where the catalogue has none. */
  named(name: string): string
}

export function translator<const Texts extends Catalogue>(texts: Texts): Translator<Texts> {
  const translate = (name: keyof Texts, values?: Values) => formatMessage(texts[name] ?? '', values)
  return Object.assign(translate, {
    rich: (name: keyof Texts, values: RichValues) => richMessage(texts[name] ?? '', values),
    named: (name: string) => (Object.hasOwn(texts, name) ? formatMessage(texts[name] ?? '') : name),
  })
}
