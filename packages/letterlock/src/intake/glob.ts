/** True where a path holds characters of a pattern. */
export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path)
}

/** The folder from which a pattern is looked for: everything before its first part with pattern characters. */
export function globBase(pattern: string): string {
  const parts = pattern.split('/')
  const firstPattern = parts.findIndex(isGlob)
  const base = parts.slice(0, firstPattern).join('/')
  if (base === '') return pattern.startsWith('/') ? '/' : '.'
  return base
}

/**
 * A pattern as a regular expression over whole paths with `/`: `*` and `?` stay within a name, `**` spans folders,
 * `[ ]` is a set, `{a,b}` a choice. The expression has no nested repetition over the same characters, so it is linear
 * enough for file names.
 */
export function globToRegExp(pattern: string): RegExp {
  let source = ''
  let choices = 0
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] ?? ''
    if (pattern.startsWith('**/', index)) {
      source += '(?:[^/]+/)*'
      index += 2
    } else if (pattern.startsWith('**', index)) {
      source += '.*'
      index += 1
    } else if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (character === '[') {
      const end = pattern.indexOf(']', index + 2)
      if (end < 0) source += '\\['
      else {
        const set = pattern
          .slice(index + 1, end)
          .replace(/\\/g, '\\\\')
          .replace(/^!/, '^')
        source += `[${set}]`
        index = end
      }
    } else if (character === '{' && pattern.indexOf('}', index) > 0) {
      choices++
      source += '(?:'
    } else if (character === '}' && choices > 0) {
      choices--
      source += ')'
    } else if (character === ',' && choices > 0) source += '|'
    else source += character.replace(/[.+^$()|\\{}[\]]/g, '\\$&')
  }
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    // A set such as [z-a] is none: the pattern then stands for the name itself.
    return new RegExp(`^${pattern.replace(/[.*+?^$()|\\{}[\]]/g, '\\$&')}$`, 's')
  }
}
