import { translator } from '../text/message.tsx'

/** Words of outcomes, dispositions, alignment paths and decisions: the same on every screen. */
export const outcomeText = translator({
  aligned: 'aligned',
  broken: 'ours but broken',
  unauthenticated: 'unauthenticated',
  'third-party': 'third party unaligned',
  forwarded: 'forwarded (likely)',
  unknown: 'unknown',
})

export const dispositionText = translator({
  pass: 'DMARC pass',
  none: 'none',
  quarantine: 'quarantine',
  reject: 'reject',
  override: 'failed, delivered by override',
  unknown: 'unknown',
})

export const alignmentText = translator({
  'dkim+spf': 'DKIM + SPF',
  dkim: 'DKIM only',
  spf: 'SPF only',
  none: 'none',
  unknown: 'unknown',
})

export const decisionText = translator({
  undecided: 'undecided',
  mine: 'mine',
  forwarding: 'expected forwarding',
  'not-mine': 'not mine',
  mixed: 'differs by domain',
})
