import { useState } from 'react'
import { partText } from '../messages/parts.ts'
import { Icon } from './icon.tsx'

/** Text to be copied as it is: a record, an address, a line of a file. Wrapped, never cut. */
export function Literal({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <div className="literal">
      <code>{text}</code>
      {'clipboard' in navigator && (
        <button type="button" className="bare copy" aria-label={partText('copy', { text })} onClick={() => void copy()}>
          {isCopied ? <span className="small">{partText('copied')}</span> : <Icon name="copy" size={14} />}
        </button>
      )}
      <span className="vh" aria-live="polite">
        {isCopied && partText('copied')}
      </span>
    </div>
  )
}
