import './message.css'
import type { MessageExample, MessageExamples } from '@letterlock/contract'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { getJson } from '../../api/client.ts'
import { Empty } from '../../components/empty.tsx'
import { Block, Head } from '../../components/head.tsx'
import { Failure } from '../../components/loaded.tsx'
import { messageText } from '../../messages/message.ts'
import { explain } from './explain.ts'
import { Explanation } from './explanation.tsx'
import { useMessageDrop } from './message-drop.ts'
import { emptyDraft, type MessageDraft, MessageForm } from './message-form.tsx'

/** Who really sent a message: pasted, dropped or chosen; explained by the server. */
export function Message() {
  const [draft, setDraft] = useState<MessageDraft>(emptyDraft)
  const examples = useQuery({
    queryKey: ['/messages/examples'],
    queryFn: ({ signal }) => getJson<MessageExamples>('/messages/examples', '', signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const answer = useMutation({ mutationFn: explain })
  const asksDns = examples.data?.asksDns ?? true
  const submit = (wanted: MessageDraft) =>
    answer.mutate({
      ...wanted,
      message: wanted.file ?? new Blob([wanted.text]),
      isExample: wanted.isExample || !asksDns,
    })
  const take = (file: File) => setDraft({ ...emptyDraft, file, isExample: !asksDns })
  const isOver = useMessageDrop(take)
  const show = (example: MessageExample) => {
    const chosen = { ...emptyDraft, ...exampleDraft(example) }
    setDraft(chosen)
    submit(chosen)
  }
  return (
    <>
      <Head title={messageText('title')}>
        <p>{messageText('lede')}</p>
        <p>{messageText(asksDns ? 'privacy' : 'demo')}</p>
      </Head>
      {isOver && (
        <div className="drop-hint" role="status">
          {messageText('drop')}
        </div>
      )}
      <Block title={messageText('form')}>
        <MessageForm
          draft={draft}
          onChange={setDraft}
          onSubmit={() => submit(draft)}
          onFile={take}
          isPending={answer.isPending}
          asksDns={asksDns}
        />
        <Examples examples={examples.data?.examples ?? []} onChoose={show} />
      </Block>
      {answer.isError && <Failure error={answer.error} />}
      {answer.isIdle && <Empty>{messageText('empty')}</Empty>}
      {answer.isSuccess && <Result key={answer.submittedAt} answer={answer.data} />}
    </>
  )
}

function exampleDraft({ message, ip, helo, mailFrom }: MessageExample): Partial<MessageDraft> {
  return { text: message.replaceAll('\r\n', '\n'), ip, helo, mailFrom, isExample: true }
}

function Examples({
  examples,
  onChoose,
}: {
  readonly examples: readonly MessageExample[]
  readonly onChoose: (example: MessageExample) => void
}) {
  if (examples.length === 0) return null
  return (
    <div className="message-examples">
      <h3>{messageText('examples')}</h3>
      <div className="row-of">
        {examples.map(example => (
          <button key={example.id} type="button" className="btn" onClick={() => onChoose(example)}>
            {example.title}
          </button>
        ))}
      </div>
    </div>
  )
}

/** Takes the focus, so that who does not see the page hears that the answer is there. */
function Result({ answer }: { readonly answer: Parameters<typeof Explanation>[0]['explanation'] }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    place.current?.focus({ preventScroll: true })
    place.current?.scrollIntoView({ block: 'start' })
  }, [])
  return (
    <div ref={place} tabIndex={-1} className="message-result">
      <Explanation explanation={answer} />
    </div>
  )
}
