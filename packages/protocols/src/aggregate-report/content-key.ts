/**
 * 32 hexadecimal digits that follow from a text: four FNV-1a hashes of 32 bits with different starts. It tells reports
 * without an id apart; it does not protect against anybody (the store has a SHA-256 of the document for that).
 */
export function contentKey(text: string): string {
  const hashes = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b]
  return hashes.map(start => fnv1a(text, start).toString(16).padStart(8, '0')).join('')
}

function fnv1a(text: string, start: number): number {
  let hash = start
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
