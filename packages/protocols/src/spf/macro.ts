import type { Fault, Result } from '../fault.ts'

/** Letters of RFC 7208 s7.2; the last three are for explanations alone (SPF-043). */
export type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'v' | 'h' | 'c' | 'r' | 't'

const recordLetters = 'slodipvh'
const explanationLetters = 'slodipvhcrt'

/** One `%{…}` (RFC 7208 s7.1). */
export interface Macro {
  readonly letter: MacroLetter
  /** Parts kept from the right; null keeps all. */
  readonly keep: number | null
  readonly isReversed: boolean
  readonly delimiters: string
  /** Written in upper case: the value is percent-encoded (SPF-083). */
  readonly isEncoded: boolean
}

/** A macro-string as literal texts and macros in turn. */
export type MacroString = readonly (string | Macro)[]

export type MacroFault = 'spf-macro-syntax' | 'spf-macro-letter' | 'spf-macro-zero' | 'spf-macro-character'

/** Values for the letters. */
export type MacroValues = Readonly<Record<MacroLetter, string>>

const macroForm = /%\{([A-Za-z])([0-9]*)([Rr]?)([.\-+,/_=]*)\}/y
/** Macros that stand for one fixed text (RFC 7208 s7.1). */
const fixedMacros = new Map([
  ['%%', '%'],
  ['%_', ' '],
  ['%-', '%20'],
])

/**
 * Reads a macro-string (RFC 7208 s7.1). `offset` is where it stands in the record. An explanation may hold spaces and
 * the letters c, r and t (s6.2).
 */
export function parseMacroString(
  text: string,
  offset: number,
  place: 'record' | 'explanation',
): Result<MacroString, MacroFault> {
  const parts: (string | Macro)[] = []
  let literal = ''
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code !== 0x25) {
      const isSpace = code === 0x20 && place === 'explanation'
      if ((code < 0x21 || code > 0x7e) && !isSpace)
        return failed('spf-macro-character', offset + at, 'a macro-string holds visible ASCII only')
      literal += text.charAt(at)
      at += 1
      continue
    }
    const fixed = fixedMacros.get(text.slice(at, at + 2))
    if (fixed !== undefined) {
      literal += fixed
      at += 2
      continue
    }
    const macro = readMacro(text, at, offset, place)
    if (!macro.ok) return macro
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(macro.value.macro)
    at = macro.value.end
  }
  if (literal !== '') parts.push(literal)
  return { ok: true, value: parts }
}

function readMacro(
  text: string,
  at: number,
  offset: number,
  place: 'record' | 'explanation',
): Result<{ macro: Macro; end: number }, MacroFault> {
  macroForm.lastIndex = at
  const match = macroForm.exec(text)
  if (match === null) return failed('spf-macro-syntax', offset + at, 'a "%" begins no macro')
  const [whole, letter = '', digits = '', reverse = '', delimiters = ''] = match
  const lower = letter.toLowerCase()
  if (!isLetter(lower)) return failed('spf-macro-letter', offset + at, `"%{${letter}}" is no macro`)
  if (place === 'record' && !recordLetters.includes(lower))
    return failed('spf-macro-letter', offset + at, `"%{${letter}}" is for explanations only`)
  // RFC 7208 s7.3: a transformer of zero is an error; values to 127 must work, larger ones keep every part anyway.
  const keep = digits === '' ? null : Number(digits)
  if (keep === 0) return failed('spf-macro-zero', offset + at, 'a digit transformer must not be zero')
  return {
    ok: true,
    value: {
      macro: {
        letter: lower,
        keep,
        isReversed: reverse !== '',
        delimiters: delimiters || '.',
        isEncoded: letter !== lower,
      },
      end: at + whole.length,
    },
  }
}

function isLetter(letter: string): letter is MacroLetter {
  return explanationLetters.includes(letter)
}

function failed(code: MacroFault, at: number, text: string): { ok: false; fault: Fault<MacroFault> } {
  return { ok: false, fault: { code, at, text } }
}

/** The macro-string with its macros replaced (RFC 7208 s7.3), up to `length` characters or a little more. */
export function expandMacros(text: MacroString, values: MacroValues, length: number): string {
  let out = ''
  for (const part of text) {
    if (out.length > length) return out
    out += typeof part === 'string' ? part : expandMacro(part, values[part.letter])
  }
  return out
}

/** Characters at the end of an expanded name that decide what is left of it: 253 and the dot before (SPF-084). */
const nameEnd = 254

/**
 * The end of the name that a domain-spec comes to: what stands before cannot count. Built from its end, since a record
 * of 64 KB may stand for many megabytes.
 */
export function expandMacrosEnd(text: MacroString, values: MacroValues): string {
  let out = ''
  for (let index = text.length - 1; index >= 0 && out.length < nameEnd; index -= 1) {
    const part = text[index] ?? ''
    out = (typeof part === 'string' ? part : expandMacro(part, values[part.letter])) + out
  }
  return out
}

function expandMacro(macro: Macro, value: string): string {
  let parts = splitAtAny(value, macro.delimiters)
  if (macro.isReversed) parts = parts.reverse()
  if (macro.keep !== null) parts = parts.slice(-macro.keep)
  const joined = parts.join('.')
  return macro.isEncoded ? percentEncode(joined) : joined
}

function splitAtAny(value: string, delimiters: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < value.length; at += 1) {
    if (!delimiters.includes(value.charAt(at))) continue
    parts.push(value.slice(from, at))
    from = at + 1
  }
  parts.push(value.slice(from))
  return parts
}

/** Everything but the unreserved characters of RFC 3986 s2.3, which encodeURIComponent leaves a few more of. */
function percentEncode(value: string): string {
  return value.replace(/[^A-Za-z0-9\-._~]/g, character =>
    [...Buffer.from(character, 'utf8')].map(octet => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

/** Whether the macro-string uses a letter. */
export function usesLetter(text: MacroString, letter: MacroLetter): boolean {
  return text.some(part => typeof part !== 'string' && part.letter === letter)
}
