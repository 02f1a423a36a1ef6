import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, type MouseEvent, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useReadOnly } from '../api/answers.ts'
import { Icon } from '../components/icon.tsx'
import { OutcomePatterns } from '../components/outcome.tsx'
import { shell } from '../messages/shell.ts'
import { ScopeLink } from '../scope/scope-link.tsx'
import { DropTarget } from './drop-target.tsx'
import { useKeys } from './keys.ts'
import { Navigation, screenOf } from './navigation.tsx'
import { SchemeSwitch } from './scheme-switch.tsx'
import { ScopeBar } from './scope-bar.tsx'

const loadPalette = () => import('./palette.tsx').then(module => ({ default: module.Palette }))
const Palette = lazy(loadPalette)
const KeyList = lazy(() => import('./key-list.tsx').then(module => ({ default: module.KeyList })))

/** After this the first screen is there, and the palette can be fetched. */
const paletteMilliseconds = 1_500

/** The frame of every screen. */
export function Shell() {
  const [dialog, setDialog] = useState<'search' | 'keys' | null>(null)
  const onSearch = useCallback(() => setDialog('search'), [])
  const onHelp = useCallback(() => setDialog('keys'), [])
  const onClose = useCallback(() => setDialog(null), [])
  useKeys({ onSearch, onHelp })
  useEffect(() => {
    // Who types right after `/` must not be faster than the dialog.
    const timer = setTimeout(() => void loadPalette(), paletteMilliseconds)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="app">
      {/* biome-ignore lint/a11y/useValidAnchor: it does go to a place on the page */}
      <a className="btn skip" href="#content" onClick={skipToContent}>
        {shell('skip')}
      </a>
      <OutcomePatterns />
      <header className="side">
        <div className="side-inner">
          <Brand />
          <nav className="nav" aria-label={shell('mainNavigation')}>
            <Navigation />
          </nav>
          <SideFoot onHelp={onHelp} />
        </div>
      </header>
      <TopBar onHelp={onHelp} />
      <div className="page">
        <ScopeBar onSearch={onSearch} />
        <main id="content" tabIndex={-1}>
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <DropTarget />
      <Suspense>
        {dialog === 'search' && <Palette onClose={onClose} onHelp={onHelp} />}
        {dialog === 'keys' && <KeyList onClose={onClose} />}
      </Suspense>
    </div>
  )
}

/** Goes there without a mark in the address, which is a piece of evidence. */
function skipToContent(event: MouseEvent) {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function Brand() {
  return (
    <ScopeLink to="/" className="brand">
      <svg className="logo" viewBox="0 0 20 20" aria-hidden="true">
        <path d="M2.5 4.5h15v11h-15z" />
        <path d="M2.5 4.5 10 11l7.5-6.5" />
        <path className="seal" d="M10 8.2v5.6" />
      </svg>
      {shell('brand')}
    </ScopeLink>
  )
}

function SideFoot({ onHelp }: { readonly onHelp: () => void }) {
  const isReadOnly = useReadOnly()
  return (
    <div className="side-foot">
      <SchemeSwitch />
      <button type="button" className="bare" onClick={onHelp}>
        {shell('keys')}
      </button>
      {isReadOnly && <p className="demo-note">{shell('demo')}</p>}
    </div>
  )
}

/** In place of the navigation on narrow screens. */
function TopBar({ onHelp }: { readonly onHelp: () => void }) {
  const path = useRouterState({ select: state => state.location.pathname })
  const menu = useRef<HTMLDetailsElement>(null)
  const close = () => menu.current?.removeAttribute('open')
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') menu.current?.removeAttribute('open')
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <header className="top">
      <Brand />
      <details className="menu" ref={menu}>
        <summary>
          {shell(screenOf(path))} <Icon name="caret" />
        </summary>
        <nav className="nav" aria-label={shell('menu')}>
          <Navigation onFollow={close} />
          <SideFoot onHelp={onHelp} />
        </nav>
      </details>
    </header>
  )
}
