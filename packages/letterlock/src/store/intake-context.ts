import type { SenderIds } from './sender-ids.ts'
import type { Session } from './session.ts'

/** What a delivery needs beside its steps. */
export interface DeliveryContext {
  readonly session: Session
  readonly senders: SenderIds
  /** Seconds since 1970. */
  readonly now: number
  /** Keep failure reports whole. */
  readonly keepsFailureReports: boolean
}
