import type { SettingValues } from '../config/settings.ts'
import type { Store } from '../store/store.ts'
import { type Networks, openNetworks } from './networks.ts'
import { ReverseNames } from './reverse-names.ts'
import { type EnricherState, SourceEnricher } from './source-enricher.ts'

/** An enricher, not yet started, and what of its settings could not be used. */
export interface OpenedEnricher {
  readonly enricher: SourceEnricher
  readonly warnings: readonly string[]
}

/** The look-ups that the configuration asks for. A file of networks that cannot be read is a warning and no more. */
export async function openEnricher(
  store: Store,
  values: Pick<SettingValues, 'senders.asn-file' | 'senders.reverse-names'>,
  changed: (state: EnricherState) => void = () => undefined,
): Promise<OpenedEnricher> {
  const warnings: string[] = []
  const asnFile = values['senders.asn-file']
  let networks: Networks | null = null
  try {
    if (asnFile !== null) networks = await openNetworks(asnFile)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    warnings.push(`senders.asn-file: ${text}. Senders are not named by network.`)
  }
  const reverseNames = values['senders.reverse-names'] ? new ReverseNames() : null
  const now = () => Math.floor(Date.now() / 1000)
  return { enricher: new SourceEnricher({ store, reverseNames, networks, now, changed }), warnings }
}
