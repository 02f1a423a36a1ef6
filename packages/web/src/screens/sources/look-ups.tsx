import type { LookUps as State } from '@letterlock/contract'
import { sourcesText } from '../../messages/sources.ts'

const states = { off: 'lookUpsOff', idle: 'lookUpsIdle', working: 'lookUpsWorking', offline: 'lookUpsOffline' } as const

/** What is looked up about the addresses in reports, how much of it waits, and what is not looked at. */
export function LookUps({ lookUps }: { readonly lookUps: State }) {
  return (
    <>
      <p className="sentence">{stateLine(lookUps)}</p>
      <p className="sentence">{sourcesText('lookUpsNot')}</p>
    </>
  )
}

function stateLine({ state, reason, waitingForName, waitingForNetwork }: State): string {
  const line = sourcesText(states[state], { reason: reason ?? '' })
  if (state === 'off') return line
  const names = waitingForName === null ? sourcesText('namesOff') : sourcesText('namesWait', { count: waitingForName })
  const networks =
    waitingForNetwork === null ? sourcesText('networksOff') : sourcesText('networksWait', { count: waitingForNetwork })
  return `${line} ${names} ${networks}`
}
