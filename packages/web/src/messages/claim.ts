import { translator } from '../text/message.tsx'

/** Claim levels and verdicts: how a statement is known, and what it says. */
export const claimText = translator({
  title: 'How this is known',
  observed: 'Letterlock got the bytes itself.',
  reported: 'A named other party says so. Reports are not checked for authenticity yet.',
  derived: 'Computed by a fixed rule from what was observed or reported; never stronger than the weakest input.',
  inferred: 'The best explanation; others are possible.',
  unknown: 'Not measured, or it could not be determined.',
  by: 'By',
  from: 'From',
  rule: 'Rule',
})

export const verdictText = translator({
  pass: 'pass',
  fail: 'fail',
  unknown: 'could not be determined',
  'not tested': 'not tested',
  'not applicable': 'not applicable',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  decide: 'Decide',
  hint: 'Hint',
})
