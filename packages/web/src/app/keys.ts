import { useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { scopeOf } from '../scope/search.ts'
import { navigation } from './navigation.tsx'

/** How long `g` waits for its second key. */
const sequenceMilliseconds = 1_500

interface KeyActions {
  readonly onSearch: () => void
  readonly onHelp: () => void
}

/** The keys of the whole app. Keys typed into a field, and those of an open dialog, are left alone. */
export function useKeys({ onSearch, onHelp }: KeyActions): void {
  const navigate = useNavigate()
  const router = useRouter()
  const pendingSince = useRef(0)
  useEffect(() => {
    const go = (letter: string) => {
      const target = navigation.flat().find(entry => entry.letter === letter)
      if (target) void navigate({ to: target.to, search: scopeOf(router.state.location.search) })
    }
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        onSearch()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || hasDialog()) return
      const isSecond = event.timeStamp - pendingSince.current < sequenceMilliseconds && pendingSince.current > 0
      pendingSince.current = 0
      if (isSecond) {
        go(event.key)
        return
      }
      if (event.key === 'g') pendingSince.current = event.timeStamp
      else if (event.key === '/') {
        event.preventDefault()
        onSearch()
      } else if (event.key === 'f') {
        event.preventDefault()
        document.querySelector<HTMLElement>('main [data-filter]')?.focus()
      } else if (event.key === '?') onHelp()
      else if (event.key === 'j') moveRow(1)
      else if (event.key === 'k') moveRow(-1)
      else if (event.key === 'e') document.querySelector<HTMLElement>('main [data-export]')?.click()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [navigate, router, onSearch, onHelp])
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

function hasDialog(): boolean {
  return document.querySelector('[role="dialog"], dialog[open]') !== null
}

/** Moves the focus to the next or the previous row; Enter then opens it as it does any button or link. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')].filter(row => row.offsetParent !== null)
  const present = rows.findIndex(row => row.matches(':focus'))
  const wanted = present === -1 ? (step === 1 ? 0 : rows.length - 1) : present + step
  rows[wanted]?.focus()
  rows[wanted]?.scrollIntoView({ block: 'nearest' })
}
