/**
 * Text from outside for a terminal: control characters (C0, DEL, C1) and characters that turn the direction of writing
 * are shown as escapes, so that no name can move the cursor or disguise itself.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
