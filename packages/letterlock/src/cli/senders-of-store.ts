import { parseSenderKey, senderLabel } from '@letterlock/posture'
import { decide, decisionHistory } from '../senders/decisions.ts'
import { listSenders } from '../senders/list-senders.ts'
import { loadedCatalogue, senderMapState, writeSenderMap } from '../senders/map-store.ts'
import type { Store } from '../store/store.ts'
import { momentText } from '../views/time.ts'
import type { SendersAccess } from './senders-access.ts'

const secondsNow = () => Math.floor(Date.now() / 1000)

/** The senders of a store that this command opened. */
export function storeSenders(store: Store, isShared: boolean): SendersAccess {
  return {
    isShared,
    async list(scope) {
      const senders = await listSenders(store.read, scope)
      const catalogue = await loadedCatalogue(store.read)
      return senders.map(sender => {
        const key = parseSenderKey(sender.key)
        const label = key === null ? null : senderLabel(key, catalogue)
        return { ...sender, name: label === null || label.from === 'key' ? null : label.name }
      })
    },
    async about(domain, sender) {
      const { name } = senderLabel(sender, await loadedCatalogue(store.read))
      const history = await decisionHistory(store.read, domain, sender)
      return { name, history: history.map(entry => ({ ...entry, decidedAt: momentText(entry.decidedAt) })) }
    },
    async decide(change) {
      return (await decide(store.write, { ...change, now: secondsNow() })).kind
    },
    async map() {
      return (await senderMapState(store.read)) ?? { names: 0, services: 0 }
    },
    async loadMap({ name, map }) {
      const loaded = await writeSenderMap(store.write, map, { name, loadedAt: secondsNow() })
      return { rowsRenamed: (await store.reattribute(loaded)).rows }
    },
    close: () => store.close(),
  }
}
