import type { Verdict as ApiVerdict, Item } from '@letterlock/contract'
import { verdictText } from '../messages/claim.ts'
import { Icon } from './icon.tsx'

const verdictIcons = {
  pass: 'verdict-pass',
  fail: 'verdict-fail',
  unknown: 'verdict-unknown',
  'not tested': 'verdict-untested',
  'not applicable': 'verdict-na',
} as const satisfies Readonly<Record<ApiVerdict, string>>

/** A verdict as a shape; its word is read aloud. */
export function Verdict({ verdict }: { readonly verdict: ApiVerdict }) {
  return (
    <span className={`verdict verdict-${verdict.replace(' ', '-')}`}>
      <Icon name={verdictIcons[verdict]} size={16} />
      <span className="vh">{verdictText(verdict)}</span>
    </span>
  )
}

/** How bad an item is, in shape and word. */
export function Severity({ severity }: { readonly severity: Item['severity'] }) {
  return (
    <span className={`severity severity-${severity}`}>
      <Icon name={severity} size={15} />
      {verdictText(severity)}
    </span>
  )
}
