import { describe, expect, test } from 'vitest'
import { darkTokens, lightTokens, type Token } from './tokens.ts'

/** Relative luminance and contrast, WCAG 2.2 definitions. */
function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(one: string, two: string): number {
  const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b)
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05)
}

const grounds = ['canvas', 'surface', 'sunken', 'raised'] as const satisfies readonly Token[]
const texts = ['text', 'text-2', 'text-3', 'accent', 'pass', 'fail', 'warn'] as const satisfies readonly Token[]
const controls = ['control', 'line-strong'] as const satisfies readonly Token[]
const outcomes = ['o-aligned', 'o-broken', 'o-unauth', 'o-third', 'o-forwarded', 'o-unknown'] as const

describe.each([
  ['light', lightTokens],
  ['dark', darkTokens],
] as const)('contrast, %s', (_name, tokens) => {
  test('WCAG 1.4.3: text has 4.5 on every ground', () => {
    for (const text of texts)
      for (const ground of grounds)
        expect(contrast(tokens[text], tokens[ground]), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
  })

  test('WCAG 1.4.11: controls have 3.0 on every ground', () => {
    for (const control of controls)
      for (const ground of grounds)
        expect(contrast(tokens[control], tokens[ground]), `${control} on ${ground}`).toBeGreaterThanOrEqual(3)
  })

  test('WCAG 1.4.11: outcomes have 3.0 on the surface that charts are drawn on', () => {
    for (const outcome of outcomes) expect(contrast(tokens[outcome], tokens.surface), outcome).toBeGreaterThanOrEqual(3)
  })

  test('text on filled marks', () => {
    expect(contrast(tokens['on-accent'], tokens.accent)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(tokens.fail, tokens['fail-soft'])).toBeGreaterThanOrEqual(4.5)
    expect(contrast(tokens.surface, tokens.fail)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(tokens.warn, tokens['warn-soft'])).toBeGreaterThanOrEqual(4.5)
  })
})
