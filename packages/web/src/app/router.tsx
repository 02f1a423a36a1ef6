import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { formatSearch, parseSearch, type Search } from '../scope/search.ts'
import { Shell } from './shell.tsx'

const root = createRootRoute({
  component: Shell,
  // The parser below has already brought the query into this shape.
  validateSearch: (search: Record<string, unknown>): Search => search,
  notFoundComponent: lazyRouteComponent(() => import('../screens/not-found.tsx'), 'NotFound'),
})

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: lazyRouteComponent(() => import('../screens/today/today.tsx'), 'Today'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/domains',
    component: lazyRouteComponent(() => import('../screens/domains/domains.tsx'), 'Domains'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/domains/$domain',
    component: lazyRouteComponent(() => import('../screens/domain/domain.tsx'), 'Domain'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/senders',
    component: lazyRouteComponent(() => import('../screens/senders/senders.tsx'), 'Senders'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/by-reporter',
    component: lazyRouteComponent(() => import('../screens/by-reporter/by-reporter.tsx'), 'ByReporter'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tls',
    component: lazyRouteComponent(() => import('../screens/tls/tls.tsx'), 'InboundTls'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tls/failures',
    component: lazyRouteComponent(() => import('../screens/tls/tls-failures.tsx'), 'TlsFailures'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/tls/results',
    component: lazyRouteComponent(() => import('../screens/tls/tls-results.tsx'), 'TlsResults'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/rows',
    component: lazyRouteComponent(() => import('../screens/rows/rows.tsx'), 'Rows'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/reports',
    component: lazyRouteComponent(() => import('../screens/reports/reports.tsx'), 'Reports'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/reports/$report',
    component: lazyRouteComponent(() => import('../screens/reports/report.tsx'), 'Report'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/failure-reports',
    component: lazyRouteComponent(() => import('../screens/failure-reports/failure-reports.tsx'), 'FailureReports'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/quarantine',
    component: lazyRouteComponent(() => import('../screens/quarantine/quarantine.tsx'), 'Quarantine'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/message',
    component: lazyRouteComponent(() => import('../screens/message/message.tsx'), 'Message'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sources',
    component: lazyRouteComponent(() => import('../screens/sources/sources.tsx'), 'Sources'),
  }),
] as const

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch: query => ({ ...parseSearch(query) }),
  stringifySearch: search => formatSearch(search),
  scrollRestoration: true,
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
