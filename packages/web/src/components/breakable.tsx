import { Fragment } from 'react'

/** Longest part that is kept whole: a label of a name may be as long as a forger likes. */
const partLimit = 14

/**
 * The parts of a name between which a line may break: before its dots and other signs, and inside of what is longer
 * than any column is wide.
 */
export function breakableParts(text: string): readonly string[] {
  return text.split(/(?=[.@/_:])/).flatMap(part => {
    const characters = [...part]
    const pieces: string[] = []
    for (let at = 0; at < characters.length; at += partLimit) pieces.push(characters.slice(at, at + partLimit).join(''))
    return pieces
  })
}

/** A host or domain name that breaks before its dots, so that no column is wider than its content asks for. */
export function Breakable({ text }: { readonly text: string }) {
  return (
    <span className="breakable">
      {breakableParts(text).map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one name never move
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  )
}

/** An address: IPv4 on one line, IPv6 broken before its colons. */
export function Address({ ip }: { readonly ip: string }) {
  return <code>{ip.includes(':') ? <Breakable text={ip} /> : <span className="nowrap">{ip}</span>}</code>
}
