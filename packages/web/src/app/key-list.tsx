import { Fragment } from 'react'
import { Dialog } from '../components/dialog.tsx'
import { keyText } from '../messages/keys.ts'
import { shell } from '../messages/shell.ts'
import { navigation } from './navigation.tsx'

const keys = [
  { keys: ['/', 'Ctrl K', '⌘ K'], text: 'search' },
  { keys: ['j'], text: 'next' },
  { keys: ['k'], text: 'previous' },
  { keys: ['Enter'], text: 'open' },
  { keys: ['f'], text: 'filter' },
  { keys: ['e'], text: 'export' },
  { keys: ['Esc'], text: 'close' },
  { keys: ['?'], text: 'help' },
] as const

/** Every key of the app. */
export function KeyList({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title={keyText('title')} onClose={onClose}>
      <dl className="detail-list">
        {keys.map(entry => (
          <Fragment key={entry.text}>
            <dt>
              {entry.keys.map((key, index) => (
                <Fragment key={key}>
                  {index > 0 && ` ${keyText('or')} `}
                  <kbd>{key}</kbd>
                </Fragment>
              ))}
            </dt>
            <dd>{keyText(entry.text)}</dd>
          </Fragment>
        ))}
        {navigation.flat().map(entry => (
          <Fragment key={entry.to}>
            <dt>
              <kbd>g</kbd> {keyText('thenKey')} <kbd>{entry.letter}</kbd>
            </dt>
            <dd>{keyText('goTo', { screen: shell(entry.name) })}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  )
}
