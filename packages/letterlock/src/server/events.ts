import { type Logger, pino } from 'pino'

/*
 * What a running instance tells, one event for each public operation. No personal data: no address of a client, no
 * query, no name of a file or mailbox, no text of a report.
 */

export interface ServerEvents {
  started(input: { readonly url: string; readonly isDemo: boolean }): void
  stopping(): void
  request(input: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly ms: number
  }): void
  failed(input: { readonly route: string; readonly error: unknown }): void
  imported(input: { readonly deliveries: number; readonly documents: number; readonly quarantined: number }): void
  changed(input: { readonly what: string }): void
  source(input: { readonly level: 'info' | 'warn'; readonly source: number; readonly text: string }): void
  /** `cause` is null when look-ups of reverse names work again. */
  lookUps(input: { readonly cause: string | null }): void
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

/** Events as JSON lines on stderr. */
export function loggedEvents(level: LogLevel): ServerEvents {
  const log: Logger = pino({ name: 'letterlock', level, base: null }, pino.destination({ dest: 2, sync: true }))
  return {
    started: input => log.info(input, 'started'),
    stopping: () => log.info('stopping'),
    request: input => log.debug(input, 'request'),
    failed: ({ route, error }) => log.error({ route, err: error }, 'a request failed'),
    imported: input => log.info(input, 'imported'),
    changed: input => log.info(input, 'changed'),
    source: ({ level: at, source, text }) => log[at]({ source }, text),
    lookUps: ({ cause }) =>
      cause === null
        ? log.info('reverse names are looked up again')
        : log.warn({ cause }, 'reverse names get no answer'),
  }
}

/** Tells nobody: for tests and for programs that embed the server. */
export const silentEvents: ServerEvents = {
  started: () => undefined,
  stopping: () => undefined,
  request: () => undefined,
  failed: () => undefined,
  imported: () => undefined,
  changed: () => undefined,
  source: () => undefined,
  lookUps: () => undefined,
}
