import { translator } from '../text/message.tsx'

/** Quarantine: what could not be read, why, and what can be done. */
export const quarantineText = translator({
  title: 'Quarantine',
  lede: '{entries, plural, =0 {Everything that came could be read} one {# document could not be read} other {# documents could not be read}}. The rest of each delivery was stored.',
  scopeNote: 'What could not be read belongs to no domain and no day: the scope above does not apply here.',
  caption: 'Documents that could not be read, newest first',
  name: 'Delivery',
  reason: 'Why',
  when: 'When',
  size: 'Size',
  actions: 'Actions',
  channel: 'by {channel}',
  download: 'Download',
  downloadOf: 'Download {name} as received',
  retry: 'Read again',
  retryOf: 'Read {name} again',
  remove: 'Remove',
  removeOf: 'Remove {name} and its bytes',
  confirm: 'Remove {name} and its bytes for good?',
  notKept: 'bytes not kept',
  stored: 'Read now: {count, plural, one {# document} other {# documents}} stored.',
  again: 'It still cannot be read: {reason}',
})
