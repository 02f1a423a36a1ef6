import type { Store } from '../../store/store.ts'
import type { Intake } from '../intake.ts'

/** How a source stands, for the screen. */
export interface SourceState {
  /** Id in `source_config`. */
  readonly id: number
  /**
   * `history` reads what was there before, `watching` waits for new mail or files, `waiting` tries again after a fault.
   */
  readonly phase: 'starting' | 'history' | 'watching' | 'waiting' | 'stopped'
  /** Mails or files of the present pass. */
  readonly done: number
  readonly total: number
  /** The last fault, in words for people; null after a pass without one. */
  readonly error: string | null
}

/** Takes what a source has to tell; no personal data. */
export type SourceLog = (event: {
  readonly level: 'info' | 'warn'
  readonly source: number
  readonly text: string
}) => void

export interface SourcesOptions {
  readonly store: Store
  readonly intake: Intake
  readonly log: SourceLog
}

/** The running mailboxes and watched folders of an instance. */
export interface Sources {
  /** Reads `source_config` again: starts what is new, stops what is gone or disabled, restarts what changed. */
  reload(): Promise<void>
  states(): readonly SourceState[]
  /** Ends every source; what was taken is stored first. */
  stop(): Promise<void>
}
