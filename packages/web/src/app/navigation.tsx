import type { TodayAnswer } from '@letterlock/contract'
import { useAnswer, useChoices } from '../api/answers.ts'
import { shell } from '../messages/shell.ts'
import { ScopeLink, type ScreenPath } from '../scope/scope-link.tsx'
import { formatCount } from '../text/format.ts'

type Name = Parameters<typeof shell>[0]

/** Screens in the order of the navigation, in groups; the letter goes there after `g`. */
export const navigation = [
  [
    { to: '/', name: 'today', letter: 't' },
    { to: '/domains', name: 'domains', letter: 'd' },
    { to: '/senders', name: 'senders', letter: 's' },
    { to: '/by-reporter', name: 'byReporter', letter: 'b' },
    { to: '/tls', name: 'tls', letter: 'i' },
  ],
  [
    { to: '/reports', name: 'reports', letter: 'r' },
    { to: '/failure-reports', name: 'failureReports', letter: 'f' },
    { to: '/quarantine', name: 'quarantine', letter: 'q' },
  ],
  [
    { to: '/message', name: 'message', letter: 'm' },
    { to: '/sources', name: 'sources', letter: 'o' },
  ],
] as const satisfies readonly (readonly { readonly to: ScreenPath; readonly name: Name; readonly letter: string }[])[]

/** The name of the screen that a path belongs to. */
export function screenOf(path: string): Name {
  const all = navigation.flat()
  const found = all.find(entry => entry.to !== '/' && (path === entry.to || path.startsWith(`${entry.to}/`)))
  if (path.startsWith('/rows')) return 'rows'
  return found?.name ?? (path === '/' ? 'today' : 'other')
}

export function Navigation({ onFollow }: { readonly onFollow?: () => void }) {
  const counts = useCounts()
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the links inside are followed; this only closes the menu after one
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click as well
    <div onClick={onFollow}>
      {navigation.map(group => (
        <ul key={group[0].to}>
          {group.map(entry => (
            <li key={entry.to}>
              <ScopeLink to={entry.to} isOfNavigation>
                <span>{shell(entry.name)}</span>
                <span className="count">{counts[entry.name] ?? ''}</span>
              </ScopeLink>
            </li>
          ))}
        </ul>
      ))}
    </div>
  )
}

function useCounts(): Partial<Record<Name, string>> {
  const choices = useChoices().data?.data
  const items = useAnswer<TodayAnswer>('/today').data?.data.items.filter(item => item.severity !== 'hint').length ?? 0
  if (choices === undefined) return {}
  const { counts } = choices
  return {
    today: items > 0 ? formatCount(items) : '',
    domains: formatCount(counts.domains),
    senders: formatCount(counts.senders),
    reports: formatCount(counts.reports),
    failureReports: choices.keepsFailureReports ? formatCount(counts.failureReports) : shell('off'),
    quarantine: counts.quarantine > 0 ? formatCount(counts.quarantine) : '',
    sources: counts.sources > 0 ? formatCount(counts.sources) : '',
  }
}
