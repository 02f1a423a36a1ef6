import type { Link as ApiLink } from '@letterlock/contract'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Breakable } from '../components/breakable.tsx'
import { type Search, scopeOf, withFilters } from './search.ts'
import { useScope } from './use-scope.ts'

export type ScreenPath =
  | '/'
  | '/domains'
  | '/senders'
  | '/by-reporter'
  | '/tls'
  | '/tls/failures'
  | '/tls/results'
  | '/rows'
  | '/reports'
  | '/failure-reports'
  | '/quarantine'
  | '/message'
  | '/sources'

interface ScopeLinkProps {
  readonly to: ScreenPath
  /** Added to the present scope; a domain here takes the place of the scope's. */
  readonly filters?: Readonly<Record<string, readonly string[]>>
  readonly view?: Pick<Search, 'key' | 'order' | 'open'>
  readonly className?: string
  readonly label?: string
  /** In the navigation a link is current on its whole screen, elsewhere only where it leads to the present URL. */
  readonly isOfNavigation?: boolean
  readonly 'data-row'?: boolean
  readonly children: ReactNode
}

/** A link that takes the scope along. */
export function ScopeLink({ to, filters, view, className, label, isOfNavigation, children, ...rest }: ScopeLinkProps) {
  const scope = useScope()
  return (
    <Link
      to={to}
      search={{ ...withFilters(scope, filters ?? {}), ...view }}
      className={className}
      {...(label !== undefined && { 'aria-label': label })}
      activeOptions={isOfNavigation ? { exact: to === '/', includeSearch: false } : { exact: true }}
      {...rest}
    >
      {children}
    </Link>
  )
}

/** A link to the page of a domain, with period and reporters of the present scope. */
export function DomainLink({
  domain,
  className,
  children,
  ...rest
}: {
  readonly domain: string
  readonly className?: string
  readonly children?: ReactNode
  readonly 'data-row'?: boolean
}) {
  const scope = useScope()
  return (
    <Link
      to="/domains/$domain"
      params={{ domain }}
      search={{ ...scope, domain: undefined }}
      className={className}
      {...rest}
    >
      {children ?? <Breakable text={domain} />}
    </Link>
  )
}

/** A link to one report. */
export function ReportLink({
  report,
  className,
  children,
  ...rest
}: {
  readonly report: number | string
  readonly className?: string
  readonly children: ReactNode
  readonly 'data-row'?: boolean
}) {
  const scope = useScope()
  return (
    <Link
      to="/reports/$report"
      params={{ report: String(report) }}
      search={scopeOf(scope)}
      className={className}
      {...rest}
    >
      {children}
    </Link>
  )
}

const screens = {
  rows: '/rows',
  senders: '/senders',
  tls: '/tls',
  'tls-failures': '/tls/failures',
  'tls-results': '/tls/results',
  reports: '/reports',
  'failure-reports': '/failure-reports',
  quarantine: '/quarantine',
  sources: '/sources',
} as const satisfies Partial<Record<ApiLink['screen'], ScreenPath>>

/** A link as the API gives it. `dataRow` makes it a stop of the keys j and k. */
export function AnswerLink({
  link,
  className,
  dataRow,
  children,
}: {
  readonly link: ApiLink
  readonly className?: string
  readonly dataRow?: boolean
  readonly children: ReactNode
}) {
  const rest = { ...(className !== undefined && { className }), ...(dataRow && { 'data-row': true }) }
  if (link.screen === 'domain')
    return (
      <DomainLink domain={link.id ?? ''} {...rest}>
        {children}
      </DomainLink>
    )
  if (link.screen === 'report')
    return (
      <ReportLink report={link.id ?? ''} {...rest}>
        {children}
      </ReportLink>
    )
  const to = link.screen === 'sender' ? '/senders' : screens[link.screen]
  return (
    <ScopeLink to={to} filters={link.query} {...(link.id !== null && { view: { open: link.id } })} {...rest}>
      {children}
    </ScopeLink>
  )
}
