/** Every screen of the app, by path, in the whole scope of the demonstration. */
export const screens: readonly string[] = [
  '/',
  '/domains',
  '/domains?text=shop&order=aligned',
  '/domains/example.org',
  '/senders',
  '/senders?text=led',
  '/by-reporter',
  '/tls',
  '/tls/failures',
  '/tls/results',
  '/rows?domain=example.org&outcome=broken',
  '/reports',
  '/failure-reports',
  '/quarantine',
  '/message',
  '/sources',
]

/** The same screens in a scope of few rows: what a check of accessibility finds in one row it finds in a hundred. */
export const smallScreens: readonly string[] = [
  '/',
  '/domains',
  '/domains/example.org',
  '/senders?domain=example.org&open=service%3Alocal-ledgerly',
  '/by-reporter?domain=example.org',
  '/tls?domain=example.net',
  '/tls/failures?domain=example.net&reporter=cablenet&result_type=starttls-not-supported',
  '/tls/results?domain=example.net&reporter=cablenet',
  '/rows?domain=shop.example&sender=envelope%3Aalumni.example',
  '/reports?domain=parked.example&reporter=cablenet',
  '/failure-reports',
  '/quarantine',
  '/message',
  '/sources',
  '/no-such-screen',
]
