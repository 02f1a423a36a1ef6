import './sources.css'
import type { SourceEntry, SourcesAnswer } from '@letterlock/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useReadOnly } from '../../api/answers.ts'
import { getJson } from '../../api/client.ts'
import { askForFiles } from '../../app/import-queue.ts'
import { Empty } from '../../components/empty.tsx'
import { Block, Head } from '../../components/head.tsx'
import { Loaded } from '../../components/loaded.tsx'
import { partText } from '../../messages/parts.ts'
import { sourcesText } from '../../messages/sources.ts'
import { AddFolder } from './add-folder.tsx'
import { AddMailbox } from './add-mailbox.tsx'
import { LookUps } from './look-ups.tsx'
import { SettingsForm } from './settings-form.tsx'
import { SourceTable } from './source-table.tsx'

/** How often the state of sources is asked for while the screen is open. */
const stateMilliseconds = 5_000

/** Where reports come from, and how long they are kept. */
export function Sources() {
  const query = useQuery({
    queryKey: ['/sources'],
    queryFn: ({ signal }) => getJson<SourcesAnswer>('/sources', '', signal),
    refetchInterval: stateMilliseconds,
  })
  const [adding, setAdding] = useState<SourceEntry['kind'] | null>(null)
  const isReadOnly = useReadOnly()
  const title = isReadOnly ? partText('readOnly') : undefined
  const onClose = () => setAdding(null)
  return (
    <>
      <Head title={sourcesText('title')}>
        <p>{sourcesText('lede')}</p>
        {isReadOnly && <p>{partText('readOnly')}</p>}
      </Head>
      <Block
        title={sourcesText('files')}
        actions={
          <button type="button" className="btn" disabled={isReadOnly} title={title} onClick={askForFiles}>
            {sourcesText('choose')}
          </button>
        }
      >
        <p className="sentence">{sourcesText('filesText')}</p>
      </Block>
      <Block
        title={sourcesText('connected')}
        actions={
          <>
            <button type="button" className="btn" disabled={isReadOnly} title={title} onClick={() => setAdding('imap')}>
              {sourcesText('addMailbox')}
            </button>
            <button
              type="button"
              className="btn"
              disabled={isReadOnly}
              title={title}
              onClick={() => setAdding('folder')}
            >
              {sourcesText('addFolder')}
            </button>
          </>
        }
      >
        <Loaded query={query} lines={2}>
          {answer =>
            answer.sources.length === 0 ? (
              <Empty>{sourcesText('none')}</Empty>
            ) : (
              <SourceTable sources={answer.sources} />
            )
          }
        </Loaded>
      </Block>
      <Block title={sourcesText('lookUps')}>
        <Loaded query={query} lines={1}>
          {answer => <LookUps lookUps={answer.lookUps} />}
        </Loaded>
      </Block>
      <SettingsForm />
      {adding === 'imap' && <AddMailbox onClose={onClose} />}
      {adding === 'folder' && <AddFolder onClose={onClose} />}
    </>
  )
}
