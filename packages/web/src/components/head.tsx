import { type ReactNode, useEffect } from 'react'

/** Title of a screen; the browser's title follows it. */
export function Head({
  title,
  actions,
  children,
}: {
  readonly title: string
  readonly actions?: ReactNode
  readonly children?: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Letterlock`
  }, [title])
  return (
    <div className="head">
      <div className="head-line">
        <h1>{title}</h1>
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
