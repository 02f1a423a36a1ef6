/** Every screen of the app with a heading, by path; the demonstration fills them all. */
export const screens: readonly string[] = [
  '/',
  '/domains',
  '/domains/example.org',
  '/senders',
  '/by-reporter',
  '/tls',
  '/tls/failures',
  '/tls/results',
  '/rows?domain=example.org&outcome=broken',
  '/reports',
  '/failure-reports',
  '/quarantine',
  '/sources',
]
