import { type ReactNode, useEffect, useRef } from 'react'
import { partText } from '../messages/parts.ts'

/** A modal dialog: the browser keeps the focus inside and closes it on Escape. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    return () => {
      // Taken out of the page it leaves the focus nowhere, where no other screen has taken it.
      if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus()
    }
  }, [])
  return (
    <dialog ref={dialog} className="dialog" aria-label={title} onClose={onClose}>
      <div className="block-head">
        <h2>{title}</h2>
        <span className="gap" />
        <button type="button" className="btn" onClick={() => dialog.current?.close()}>
          {partText('close')}
        </button>
      </div>
      {children}
    </dialog>
  )
}
