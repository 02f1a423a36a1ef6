import { partText } from '../messages/parts.ts'
import { Icon } from './icon.tsx'

/** The arrow that opens a row; it turns. */
export function Twist({
  name,
  isOpen,
  controls,
  onToggle,
}: {
  readonly name: string
  readonly isOpen: boolean
  /** Id of the panel that it opens. */
  readonly controls: string
  readonly onToggle: () => void
}) {
  return (
    <button
      type="button"
      className="twist no-print"
      data-row
      aria-expanded={isOpen}
      {...(isOpen && { 'aria-controls': controls })}
      aria-label={partText(isOpen ? 'closeRow' : 'open', { name })}
      onClick={onToggle}
    >
      <Icon name="twist" />
    </button>
  )
}
