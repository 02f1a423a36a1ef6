import { useRouterState } from '@tanstack/react-router'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'

/** The path whose heading was shown last: the first is the one that the page was opened with. */
let shownPath = typeof location === 'undefined' ? '' : location.pathname

/**
 * Moves the focus to the heading when another screen is shown, so that who does not see the page hears where it is and
 * goes on from its top. Filters and opened rows change the address without another screen: the focus stays.
 */
function useFocusOnScreen(heading: RefObject<HTMLHeadingElement | null>): void {
  const path = useRouterState({ select: state => state.resolvedLocation?.pathname ?? state.location.pathname })
  useEffect(() => {
    if (path === shownPath) return
    shownPath = path
    heading.current?.focus({ preventScroll: true })
  }, [path, heading])
}

/** Title of a screen; the browser's title follows it, and the focus comes here from other screens. */
export function Head({
  title,
  actions,
  children,
}: {
  readonly title: string
  readonly actions?: ReactNode
  readonly children?: ReactNode
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  useFocusOnScreen(heading)
  useEffect(() => {
    document.title = `${title} · Letterlock`
  }, [title])
  return (
    <div className="head">
      <div className="head-line">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions}
      </div>
      {children && <div className="lede">{children}</div>}
    </div>
  )
}

/** A section with its head: title, claim, and what can be done at the right. */
export function Block({
  title,
  aside,
  actions,
  children,
  id,
}: {
  readonly title: string
  readonly aside?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly id?: string
}) {
  return (
    <section className="block" id={id}>
      <div className="block-head">
        <h2>{title}</h2>
        {aside}
        <span className="gap" />
        {actions}
      </div>
      {children}
    </section>
  )
}
