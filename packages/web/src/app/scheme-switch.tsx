import { useMantineColorScheme } from '@mantine/core'
import { Icon } from '../components/icon.tsx'
import { shell } from '../messages/shell.ts'

const next = { auto: 'light', light: 'dark', dark: 'auto' } as const
const names = { auto: 'schemeAuto', light: 'schemeLight', dark: 'schemeDark' } as const

/** Goes through: as the system, light, dark. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <button type="button" className="bare" onClick={() => setColorScheme(next[colorScheme])}>
      <Icon name="scheme" />
      {shell(names[colorScheme])}
    </button>
  )
}
