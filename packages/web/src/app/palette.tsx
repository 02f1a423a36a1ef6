import './palette.css'
import type { SearchAnswer, SearchHit } from '@letterlock/contract'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { useResource } from '../api/answers.ts'
import { Dialog } from '../components/dialog.tsx'
import { keyText } from '../messages/keys.ts'
import { shell } from '../messages/shell.ts'
import { AnswerLink, ScopeLink } from '../scope/scope-link.tsx'
import { askForFiles } from './import-queue.ts'
import { navigation } from './navigation.tsx'

interface PaletteProps {
  readonly onClose: () => void
  readonly onHelp: () => void
}

/** Search over everything that has a name, and the screens; arrow keys move, Enter follows. */
export function Palette({ onClose, onHelp }: PaletteProps) {
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text.trim())
  const list = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const query = useResource<SearchAnswer>('/search', `?q=${encodeURIComponent(wanted)}`, wanted !== '')
  // What is listed may still be what an earlier text found: Enter waits for what was typed.
  const isStale = text.trim() !== wanted || (wanted !== '' && (query.isPending || query.isPlaceholderData))
  const [isFollowing, setFollowing] = useState(false)
  useEffect(() => field.current?.focus(), [])
  useEffect(() => {
    if (!isFollowing || isStale) return
    setFollowing(false)
    list.current?.querySelector<HTMLElement>('a, button')?.click()
  }, [isFollowing, isStale])
  const hits = wanted === '' ? [] : (query.data?.hits ?? [])
  const screens = navigation.flat().filter(entry => shell(entry.name).toLowerCase().includes(wanted.toLowerCase()))
  const move = (step: 1 | -1) => {
    const stops = [...(list.current?.querySelectorAll<HTMLElement>('a, button') ?? [])]
    const present = stops.findIndex(stop => stop.matches(':focus'))
    const next = present + step
    if (next < 0) field.current?.focus()
    else stops[next]?.focus()
  }
  return (
    <Dialog title={keyText('paletteTitle')} onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field and the links inside take the keys */}
      <div
        onKeyDown={event => {
          if (event.key === 'ArrowDown') move(1)
          else if (event.key === 'ArrowUp') move(-1)
          else if (event.key === 'Enter' && event.target === field.current) setFollowing(true)
          else return
          event.preventDefault()
        }}
      >
        <input
          ref={field}
          className="field palette-field"
          type="search"
          aria-label={keyText('paletteField')}
          placeholder={keyText('paletteField')}
          value={text}
          onChange={event => {
            setFollowing(false)
            setText(event.target.value)
          }}
        />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a followed link inside closes the dialog */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click as well */}
        <div ref={list} className="palette-list" onClick={onClose}>
          {hits.length > 0 && (
            <ul>
              {hits.map(hit => (
                <li key={`${hit.kind}${hit.label}${hit.detail}`}>
                  <Hit hit={hit} />
                </li>
              ))}
            </ul>
          )}
          {screens.length > 0 && (
            <>
              <h3 className="label">{keyText('screens')}</h3>
              <ul>
                {screens.map(entry => (
                  <li key={entry.to}>
                    <ScopeLink to={entry.to}>
                      {shell(entry.name)} <kbd>g {entry.letter}</kbd>
                    </ScopeLink>
                  </li>
                ))}
              </ul>
            </>
          )}
          {wanted === '' && (
            <>
              <h3 className="label">{keyText('actions')}</h3>
              <button type="button" className="bare" onClick={askForFiles}>
                {keyText('importFiles')}
              </button>
              <button type="button" className="bare" onClick={() => setTimeout(onHelp)}>
                {keyText('title')} <kbd>?</kbd>
              </button>
            </>
          )}
          {wanted !== '' && hits.length === 0 && screens.length === 0 && !query.isFetching && (
            <p className="sentence">{query.isError ? query.error.message : keyText('nothing', { text: wanted })}</p>
          )}
        </div>
      </div>
    </Dialog>
  )
}

function Hit({ hit }: { readonly hit: SearchHit }) {
  return (
    <AnswerLink link={hit.link}>
      <span>
        {hit.label}
        {hit.detail !== null && <span className="small">{hit.detail}</span>}
      </span>
      <span className="quiet">{keyText(hit.kind)}</span>
    </AnswerLink>
  )
}
