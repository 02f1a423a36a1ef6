import { type FormEvent, type KeyboardEvent, useRef } from 'react'
import { messageText } from '../../messages/message.ts'
import { messageBytesLimit } from './explain.ts'

/** What a person has filled in so far. */
export interface MessageDraft {
  readonly text: string
  /** Goes before the text; its octets are sent as they are. */
  readonly file: File | null
  readonly ip: string
  readonly helo: string
  readonly mailFrom: string
  readonly takesHeaders: boolean
  /** Judged by the invented DNS of the examples. */
  readonly isExample: boolean
}

export const emptyDraft: MessageDraft = {
  text: '',
  file: null,
  ip: '',
  helo: '',
  mailFrom: '',
  takesHeaders: false,
  isExample: false,
}

interface FormProps {
  readonly draft: MessageDraft
  readonly onChange: (draft: MessageDraft) => void
  readonly onSubmit: () => void
  readonly onFile: (file: File) => void
  readonly isPending: boolean
  readonly asksDns: boolean
}

export function MessageForm({ draft, onChange, onSubmit, onFile, isPending, asksDns }: FormProps) {
  const form = useRef<HTMLFormElement>(null)
  const size = draft.file?.size ?? draft.text.length
  const isTooLarge = size > messageBytesLimit
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (size > 0 && !isTooLarge) onSubmit()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit()
  }
  return (
    <form ref={form} className="form message-form" onSubmit={send}>
      {draft.file === null ? (
        <label>
          {messageText('source')}
          <textarea
            className="field message-source"
            rows={9}
            spellCheck={false}
            autoComplete="off"
            placeholder={messageText('placeholder')}
            value={draft.text}
            onChange={event => {
              const text = event.target.value
              onChange({ ...draft, text, isExample: draft.isExample && text !== '' })
            }}
            onKeyDown={onKey}
          />
        </label>
      ) : (
        <p className="message-file">
          <code>{messageText('file', { name: draft.file.name, bytes: draft.file.size })}</code>
          <button type="button" className="btn" onClick={() => onChange({ ...draft, file: null })}>
            {messageText('remove')}
          </button>
        </p>
      )}
      <fieldset className="message-session">
        <legend>{messageText('session')}</legend>
        <p className="sentence">{messageText('sessionText')}</p>
        <div className="message-fields">
          <SessionField name="ip" draft={draft} onChange={onChange} />
          <SessionField name="helo" draft={draft} onChange={onChange} />
          <SessionField name="mailFrom" draft={draft} onChange={onChange} />
        </div>
        <label className="tick">
          <input
            type="checkbox"
            checked={draft.takesHeaders}
            onChange={event => onChange({ ...draft, takesHeaders: event.target.checked })}
          />
          <span>
            {messageText('headers')} <span className="small">{messageText('headersText')}</span>
          </span>
        </label>
      </fieldset>
      {isTooLarge && <p role="alert">{messageText('tooLarge', { bytes: messageBytesLimit })}</p>}
      {draft.isExample && asksDns && (
        <p className="message-example">
          {messageText('exampleDns')}{' '}
          <button type="button" className="btn" onClick={() => onChange({ ...draft, isExample: false })}>
            {messageText('askDns')}
          </button>
        </p>
      )}
      <div className="row-of">
        <button type="submit" className="btn primary" disabled={isPending || size === 0 || isTooLarge}>
          {messageText(isPending ? 'explaining' : 'explain')}
        </button>
        <FileButton onFile={onFile} />
      </div>
      <p className="vh" role="status">
        {isPending && messageText('explaining')}
      </p>
    </form>
  )
}

function SessionField({
  name,
  draft,
  onChange,
}: {
  readonly name: 'ip' | 'helo' | 'mailFrom'
  readonly draft: MessageDraft
  readonly onChange: (draft: MessageDraft) => void
}) {
  return (
    <label>
      {messageText(name)}
      <input
        className="field"
        name={name}
        maxLength={320}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        value={draft[name]}
        onChange={event => onChange({ ...draft, [name]: event.target.value })}
      />
    </label>
  )
}

function FileButton({ onFile }: { readonly onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        onChange={event => {
          const [file] = event.target.files ?? []
          if (file !== undefined) onFile(file)
          // The same file may be chosen again after it was changed.
          event.target.value = ''
        }}
      />
      <button type="button" className="btn" onClick={() => input.current?.click()}>
        {messageText('choose')}
      </button>
    </>
  )
}
