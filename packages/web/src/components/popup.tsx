import { Popover } from '@mantine/core'
import { type ReactNode, useState } from 'react'

/** A button that opens a panel beside it. Escape closes it, focus goes in and comes back. */
export function Popup({
  label,
  className,
  children,
  panel,
  width,
}: {
  /** Name of the panel for those who do not see it. */
  readonly label: string
  readonly className: string
  readonly children: ReactNode
  /** Content of the panel; it is given the function that closes it. */
  readonly panel: (close: () => void) => ReactNode
  readonly width?: number
}) {
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-start"
      offset={4}
      trapFocus
      returnFocus
      withinPortal
      transitionProps={{ duration: 0 }}
      {...(width !== undefined && { width })}
    >
      <Popover.Target>
        <button type="button" className={className} onClick={() => setOpen(open => !open)}>
          {children}
        </button>
      </Popover.Target>
      <Popover.Dropdown className="pop" aria-label={label}>
        {panel(close)}
      </Popover.Dropdown>
    </Popover>
  )
}
