/** Numbers in [0, 1) that follow from the seed alone, so that the same demonstration comes out every time. */
export type Random = () => number

/** A generator for one subject: what is drawn for one stream of mail never shifts what is drawn for another. */
export function randomOf(...seed: readonly (string | number)[]): Random {
  let state = hashOf(seed.join('\u0000'))
  // Mulberry32: 32 bits of state are plenty for some thousand draws of one subject.
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A whole number near `mean`: the fraction is drawn, so that small streams keep their mean over many days. */
export function drawCount(mean: number, random: Random): number {
  return Math.floor(mean + random())
}

/** `total` split by weight into whole numbers that add up to it. */
export function split(total: number, weights: readonly number[], random: Random): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const parts = weights.map(weight => Math.floor((total * weight) / sum))
  for (let rest = total - parts.reduce((all, part) => all + part, 0); rest > 0; rest -= 1) {
    const place = pick(weights, sum, random)
    parts[place] = (parts[place] ?? 0) + 1
  }
  return parts
}

function pick(weights: readonly number[], sum: number, random: Random): number {
  let left = random() * sum
  const place = weights.findIndex(weight => {
    left -= weight
    return left < 0
  })
  return place === -1 ? 0 : place
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}
