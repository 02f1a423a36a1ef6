import type { AddSourceBody, TestSourceAnswer } from '@letterlock/contract'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useRef } from 'react'
import { useChange } from '../../api/changes.ts'
import { change } from '../../api/client.ts'
import { Dialog } from '../../components/dialog.tsx'
import { sourcesText } from '../../messages/sources.ts'

/** The form of a new source with its test; the fields are the caller's. */
export function AddForm({
  title,
  children,
  bodyOf,
  onClose,
}: {
  readonly title: string
  readonly children: ReactNode
  readonly bodyOf: (data: FormData) => AddSourceBody
  readonly onClose: () => void
}) {
  const form = useRef<HTMLFormElement>(null)
  const add = useChange((body: AddSourceBody) => change('POST', '/sources', body))
  const test = useMutation({
    mutationFn: (body: AddSourceBody) => change<TestSourceAnswer>('POST', '/sources/test', body),
  })
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    add.mutate(bodyOf(new FormData(event.currentTarget)), { onSuccess: onClose })
  }
  const onTest = () => {
    if (form.current?.reportValidity()) test.mutate(bodyOf(new FormData(form.current)))
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} className="form" onSubmit={onSubmit}>
        <label>
          {sourcesText('name')}
          <input className="field" name="name" required maxLength={200} />
        </label>
        {children}
        <p role="status" className="test-result">
          {test.isSuccess && <TestResult answer={test.data} />}
          {test.isError && test.error.message}
        </p>
        {add.isError && <p role="alert">{add.error.message}</p>}
        <div className="row-of">
          <button type="submit" className="btn primary" disabled={add.isPending}>
            {sourcesText('add')}
          </button>
          <button type="button" className="btn" disabled={test.isPending} onClick={onTest}>
            {sourcesText(test.isPending ? 'testing' : 'test')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function TestResult({ answer }: { readonly answer: TestSourceAnswer }) {
  if (!answer.ok) return sourcesText('testFailed', { text: answer.text })
  return (
    <>
      {sourcesText('testOk', { text: answer.text })}{' '}
      {answer.messages !== null && sourcesText('testMessages', { count: answer.messages })}
    </>
  )
}

/** A field of a form as text; '' where it is absent. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value.trim() : ''
}
