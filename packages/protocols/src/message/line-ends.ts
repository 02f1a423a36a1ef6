const carriageReturn = 0x0d
const lineFeed = 0x0a

/**
 * A message with every line end as CRLF, the form that travels: bare CR and bare LF become CRLF (RFC 6376 s5.3,
 * DKIM-058). For signing what was stored or written by hand; the same octets where nothing is to be changed. Linear.
 */
export function withCrlfLineEnds(message: Uint8Array): Uint8Array {
  const bare = countBare(message)
  if (bare === 0) return message
  const out = Buffer.allocUnsafe(message.length + bare)
  let to = 0
  for (let at = 0; at < message.length; at += 1) {
    const octet = message[at] ?? 0
    if (octet === lineFeed && message[at - 1] !== carriageReturn) {
      out[to] = carriageReturn
      to += 1
    }
    out[to] = octet
    to += 1
    if (octet === carriageReturn && message[at + 1] !== lineFeed) {
      out[to] = lineFeed
      to += 1
    }
  }
  return out
}

function countBare(message: Uint8Array): number {
  let bare = 0
  for (let at = 0; at < message.length; at += 1) {
    const octet = message[at]
    if (octet === lineFeed && message[at - 1] !== carriageReturn) bare += 1
    else if (octet === carriageReturn && message[at + 1] !== lineFeed) bare += 1
  }
  return bare
}
