import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'
import { darkTokens, lightTokens, monoFamily, sansFamily, type Token } from './tokens.ts'

/** Ten steps round the accent; step 7 is the accent on paper, step 3 the accent in the dark. */
const ink: MantineColorsTuple = [
  '#f2f6fe',
  '#e8effb',
  '#c9d9fb',
  '#9cbaf8',
  '#7398e6',
  '#5179cf',
  '#3c62b6',
  '#2b4d9c',
  '#233f80',
  '#1b3164',
]

const rem = (px: number) => `${px / 16}rem`
const em = (px: number) => `${px / 16}em`

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 3 },
  colors: { ink },
  autoContrast: true,
  fontFamily: sansFamily,
  fontFamilyMonospace: monoFamily,
  fontSizes: { xs: rem(12), sm: rem(13), md: rem(14), lg: rem(15), xl: rem(22) },
  lineHeights: { xs: '1.3334', sm: '1.5385', md: '1.4286', lg: '1.6', xl: '1.2728' },
  spacing: { xs: rem(8), sm: rem(12), md: rem(16), lg: rem(24), xl: rem(36) },
  radius: { xs: rem(4), sm: rem(6), md: rem(8), lg: rem(10) },
  defaultRadius: 'sm',
  focusRing: 'auto',
  respectReducedMotion: true,
  cursorType: 'pointer',
  breakpoints: { sm: em(960), md: em(1200), lg: em(1400) },
})

function asVariables(tokens: Readonly<Record<Token, string>>): Record<string, string> {
  return {
    '--mantine-color-body': tokens.canvas,
    '--mantine-color-text': tokens.text,
    '--mantine-color-dimmed': tokens['text-3'],
    '--mantine-color-default': tokens.surface,
    '--mantine-color-default-hover': tokens.raised,
    '--mantine-color-default-color': tokens.text,
    '--mantine-color-default-border': tokens.control,
    '--mantine-color-anchor': tokens.accent,
    '--mantine-color-placeholder': tokens['text-3'],
    '--mantine-color-error': tokens.fail,
  }
}

/** Mantine's own colours from our tokens; our style sheets read `--ll-…` only (vite.config.ts). */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: asVariables(lightTokens),
  dark: asVariables(darkTokens),
})
