import type { AddSourceBody } from '@letterlock/contract'
import { useState } from 'react'
import { sourcesText } from '../../messages/sources.ts'
import { AddForm, textOf } from './add-form.tsx'

const securities = ['tls', 'starttls', 'none'] as const
/** The port that servers offer each kind of encryption at (RFC 8314 s7.3, RFC 9051 s2.1). */
const usualPorts = { tls: 993, starttls: 143, none: 143 } as const
const afterStoring = ['keep', 'mark-seen', 'move', 'delete'] as const

function bodyOf(data: FormData): AddSourceBody {
  const action = afterStoring.find(entry => entry === data.get('after')) ?? 'keep'
  return {
    kind: 'imap',
    name: textOf(data, 'name'),
    config: {
      host: textOf(data, 'host'),
      port: Number(textOf(data, 'port')),
      security: securities.find(entry => entry === data.get('security')) ?? 'tls',
      user: textOf(data, 'user'),
      passwordFile: textOf(data, 'passwordFile'),
      folders: textOf(data, 'folders')
        .split('\n')
        .map(folder => folder.trim())
        .filter(folder => folder !== ''),
      afterStoring: action === 'move' ? { action, folder: textOf(data, 'moveTo') } : { action },
      pollSeconds: Number(textOf(data, 'poll')),
    },
  }
}

export function AddMailbox({ onClose }: { readonly onClose: () => void }) {
  const [after, setAfter] = useState<string>('keep')
  const [security, setSecurity] = useState<(typeof securities)[number]>('tls')
  const [port, setPort] = useState<string | null>(null)
  return (
    <AddForm title={sourcesText('addMailbox')} bodyOf={bodyOf} onClose={onClose}>
      <div className="pair">
        <label>
          {sourcesText('host')}
          <input className="field" name="host" required />
        </label>
        <label>
          {sourcesText('port')}
          <input
            className="field"
            name="port"
            type="number"
            required
            min={1}
            max={65535}
            value={port ?? usualPorts[security]}
            onChange={event => setPort(event.target.value)}
          />
        </label>
      </div>
      <label>
        {sourcesText('security')}
        <select
          className="field"
          name="security"
          value={security}
          onChange={event => setSecurity(securities.find(entry => entry === event.target.value) ?? 'tls')}
        >
          {securities.map(entry => (
            <option key={entry} value={entry}>
              {sourcesText(entry === 'none' ? 'unencrypted' : entry)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {sourcesText('user')}
        <input className="field" name="user" required autoComplete="off" />
      </label>
      <label>
        {sourcesText('passwordFile')}
        <input className="field" name="passwordFile" required aria-describedby="password-hint" />
        <span className="small" id="password-hint">
          {sourcesText('passwordHint')}
        </span>
      </label>
      <label>
        {sourcesText('folders')}
        <textarea className="field" name="folders" rows={2} required defaultValue="INBOX" />
      </label>
      <div className="pair">
        <label>
          {sourcesText('after')}
          <select className="field" name="after" value={after} onChange={event => setAfter(event.target.value)}>
            {afterStoring.map(entry => (
              <option key={entry} value={entry}>
                {sourcesText(entry)}
              </option>
            ))}
          </select>
        </label>
        {after === 'move' && (
          <label>
            {sourcesText('moveTo')}
            <input className="field" name="moveTo" required />
          </label>
        )}
        <label>
          {sourcesText('poll')}
          <input className="field" name="poll" type="number" required min={10} max={86400} defaultValue={300} />
        </label>
      </div>
    </AddForm>
  )
}
