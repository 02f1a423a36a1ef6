/** Names of the design tokens; each becomes the CSS variable `--ll-<name>`. */
export type Token =
  | 'canvas' // page
  | 'surface' // panels, charts, controls
  | 'sunken' // navigation, track of a switch
  | 'raised' // opened row, literal text, hover
  | 'line' // hairline between rows: decoration only
  | 'control' // border of every control
  | 'line-strong' // head and foot of tables, axis, underline of numbers
  | 'text' // headings, figures, names
  | 'text-2' // sentences
  | 'text-3' // labels, claim levels, axis text
  | 'accent' // link, focus ring, primary action, selected cell
  | 'accent-soft'
  | 'on-accent'
  | 'pass'
  | 'fail'
  | 'fail-soft'
  | 'warn' // close to a limit, severity medium
  | 'warn-soft'
  | OutcomeToken

/** Fill colours of outcomes; disposition and alignment path use the same slots. */
export type OutcomeToken = 'o-aligned' | 'o-broken' | 'o-unauth' | 'o-third' | 'o-forwarded' | 'o-unknown'

/** Ink on paper. Every pair that carries meaning is proven in tokens.test.ts. */
export const lightTokens: Readonly<Record<Token, string>> = {
  canvas: '#fbfaf7',
  surface: '#ffffff',
  sunken: '#f4f2ee',
  raised: '#f7f6f2',
  line: '#e2dfda',
  control: '#8d8a84',
  'line-strong': '#86837b',
  text: '#181e2a',
  'text-2': '#444954',
  'text-3': '#626872',
  accent: '#2b4d9c',
  'accent-soft': '#e8effb',
  'on-accent': '#ffffff',
  pass: '#006a6a',
  fail: '#b12b07',
  'fail-soft': '#feece5',
  warn: '#875806',
  'warn-soft': '#fdf2dd',
  'o-aligned': '#5f90c1',
  'o-broken': '#c43603',
  'o-unauth': '#443163',
  'o-third': '#bd841b',
  'o-forwarded': '#0d6557',
  'o-unknown': '#7e8085',
}

export const darkTokens: Readonly<Record<Token, string>> = {
  canvas: '#101318',
  surface: '#181b22',
  sunken: '#0b0d12',
  raised: '#21242c',
  line: '#2e323a',
  control: '#6b707b',
  'line-strong': '#6f757f',
  text: '#ebe9e5',
  'text-2': '#b6b9c0',
  'text-3': '#8f949d',
  accent: '#9cbaf8',
  'accent-soft': '#202b42',
  'on-accent': '#0d1421',
  pass: '#66cbc5',
  fail: '#f88d5b',
  'fail-soft': '#3d2219',
  warn: '#e8b966',
  'warn-soft': '#332815',
  'o-aligned': '#4f83bd',
  'o-broken': '#f27744',
  'o-unauth': '#dac0f3',
  'o-third': '#edc160',
  'o-forwarded': '#59c5af',
  'o-unknown': '#909297',
}

export const sansFamily = 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
export const monoFamily =
  'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Noto Sans Mono", "DejaVu Sans Mono", monospace'
