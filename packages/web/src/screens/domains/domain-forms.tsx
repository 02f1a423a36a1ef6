import type { AddDomainBody, ChangeDomainBody, DomainEntry, DomainType } from '@letterlock/contract'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useChange } from '../../api/changes.ts'
import { change } from '../../api/client.ts'
import { Dialog } from '../../components/dialog.tsx'
import { domainsText } from '../../messages/domains.ts'
import { useScope } from '../../scope/use-scope.ts'

const types = ['sending', 'parked', 'unknown'] as const satisfies readonly DomainType[]

function tagList(text: string): string[] {
  return [...new Set(text.split(',').map(tag => tag.trim()))].filter(tag => tag !== '')
}

export function AddDomain({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('')
  const [type, setType] = useState<DomainType>('sending')
  const [tags, setTags] = useState('')
  const add = useChange((body: AddDomainBody) => change<DomainEntry>('POST', '/domains', body))
  const navigate = useNavigate()
  const filters = useScope()
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(
      { name: name.trim(), type, tags: tagList(tags) },
      {
        onSuccess: added => {
          onClose()
          void navigate({
            to: '/domains/$domain',
            params: { domain: added.name },
            search: { ...filters, domain: undefined },
          })
        },
      },
    )
  }
  return (
    <Dialog title={domainsText('add')} onClose={onClose}>
      <p className="sentence">{domainsText('addHint')}</p>
      <form className="form" onSubmit={onSubmit}>
        <label>
          {domainsText('name')}
          <input className="field" required value={name} onChange={event => setName(event.target.value)} />
        </label>
        <TypeField type={type} onChange={setType} />
        <TagField tags={tags} onChange={setTags} />
        {add.isError && <p role="alert">{add.error.message}</p>}
        <div className="row-of">
          <button type="submit" className="btn primary" disabled={add.isPending}>
            {domainsText('add')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function EditDomain({ domain, onClose }: { readonly domain: DomainEntry; readonly onClose: () => void }) {
  const [type, setType] = useState(domain.type)
  const [tags, setTags] = useState(domain.tags.join(', '))
  const [isTracked, setTracked] = useState(domain.isTracked)
  const path = `/domains/${encodeURIComponent(domain.name)}`
  const edit = useChange((body: ChangeDomainBody) => change('PATCH', path, body))
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    edit.mutate({ type, tags: tagList(tags), isTracked }, { onSuccess: onClose })
  }
  return (
    <Dialog title={domainsText('editTitle', { name: domain.name })} onClose={onClose}>
      <form className="form" onSubmit={onSubmit}>
        <TypeField type={type} onChange={setType} />
        <TagField tags={tags} onChange={setTags} />
        <label className="tick">
          <input type="checkbox" checked={isTracked} onChange={event => setTracked(event.target.checked)} />
          {domainsText('track')}
        </label>
        {edit.isError && <p role="alert">{edit.error.message}</p>}
        <div className="row-of">
          <button type="submit" className="btn primary" disabled={edit.isPending}>
            {domainsText('save')}
          </button>
        </div>
      </form>
      <RemoveDomain name={domain.name} onClose={onClose} />
    </Dialog>
  )
}

function RemoveDomain({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const navigate = useNavigate()
  const scope = useScope()
  const remove = useChange(
    (domain: string) => change('DELETE', `/domains/${encodeURIComponent(domain)}`),
    async () => {
      onClose()
      // The page of the domain may be the one that is shown: it is gone now.
      await navigate({ to: '/domains', search: { ...scope, domain: undefined } })
    },
  )
  return (
    <details className="as-details">
      <summary>{domainsText('remove')}</summary>
      <div className="form">
        <p className="sentence">{domainsText('removeText', { name })}</p>
        <label>
          {domainsText('removeConfirm')}
          <input className="field" value={typed} onChange={event => setTyped(event.target.value)} />
        </label>
        {remove.isError && <p role="alert">{remove.error.message}</p>}
        <div className="row-of">
          <button
            type="button"
            className="btn danger"
            disabled={typed !== name || remove.isPending}
            onClick={() => remove.mutate(name)}
          >
            {domainsText('removeTitle', { name })}
          </button>
        </div>
      </div>
    </details>
  )
}

function TypeField({ type, onChange }: { readonly type: DomainType; readonly onChange: (type: DomainType) => void }) {
  return (
    <label>
      {domainsText('type')}
      <select
        className="field"
        value={type}
        onChange={event => onChange(types.find(entry => entry === event.target.value) ?? 'unknown')}
      >
        {types.map(entry => (
          <option key={entry} value={entry}>
            {domainsText(entry)}
          </option>
        ))}
      </select>
    </label>
  )
}

function TagField({ tags, onChange }: { readonly tags: string; readonly onChange: (tags: string) => void }) {
  return (
    <label>
      {domainsText('tags')}
      <input className="field" value={tags} onChange={event => onChange(event.target.value)} />
    </label>
  )
}
