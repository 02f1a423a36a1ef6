import type { Decision, SenderKey } from '@letterlock/posture'
import type { DecisionChange, DecisionResult } from '../senders/decisions.ts'
import type { ListedSender } from '../senders/list-senders.ts'
import type { SenderMapFile } from '../senders/sender-map.ts'
import { openStore } from '../store/open-store.ts'
import type { CommandContext } from './command.ts'
import { CommandError, exitCodes } from './exit-code.ts'
import { connectInstance } from './instance.ts'
import { storePlace } from './open-store.ts'
import { instanceSenders } from './senders-of-instance.ts'
import { storeSenders } from './senders-of-store.ts'

/** A sender with its name; null where the key says all that is known. */
export type NamedSender = ListedSender & { readonly name: string | null }

/** One change of a decision. `decidedAt` in UTC with seconds. */
export interface DecisionLine {
  readonly decision: Decision
  readonly decidedAt: string
  readonly note: string | null
}

/** Days since 1970, inclusive. */
export interface ListScope {
  readonly domain: string | null
  readonly firstDay: number
  readonly lastDay: number
}

export interface MapFile {
  readonly name: string
  readonly content: string
  /** `content` as it was read. */
  readonly map: SenderMapFile
}

/** What `letterlock senders` works on: a store of its own, or a running instance. */
export interface SendersAccess {
  /** Whether other processes may work on the same store: a database, not a data directory. */
  readonly isShared: boolean
  /** Those with the most messages first. */
  list(scope: ListScope): Promise<readonly NamedSender[]>
  /** How a sender is called, and every decision about it for a domain, newest first. */
  about(
    domain: string,
    sender: SenderKey,
  ): Promise<{ readonly name: string; readonly history: readonly DecisionLine[] }>
  /** `before`: what is decided now. */
  decide(change: Omit<DecisionChange, 'now'>, before: Decision): Promise<DecisionResult['kind']>
  /** Counts of the map in force. */
  map(): Promise<{ readonly names: number; readonly services: number }>
  /** `rowsRenamed` is null where rows are named anew after the command ended. */
  loadMap(file: MapFile): Promise<{ readonly rowsRenamed: number | null }>
  close(): Promise<void>
}

/** The senders of the data that the configuration names, through the instance that runs on it if there is one. */
export async function openSenders(context: CommandContext): Promise<SendersAccess> {
  const place = storePlace(await context.configuration())
  const opened = await openStore(place, { readers: 1 })
  if (opened.state === 'failed') throw new CommandError(exitCodes.failed, opened.text)
  if (opened.state === 'opened') return storeSenders(opened.store, 'postgresUrl' in place)
  return instanceSenders(await connectInstance(opened.socketPath), context.signal)
}
