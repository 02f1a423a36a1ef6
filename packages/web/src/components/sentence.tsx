import type { Sentence as ApiSentence } from '@letterlock/contract'
import { AnswerLink } from '../scope/scope-link.tsx'
import { withDays } from '../text/format.ts'

/** A sentence of the API; its numbers lead to their rows. */
export function Sentence({ pieces }: { readonly pieces: ApiSentence }) {
  return pieces.map((piece, index) =>
    piece.link === null ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one sentence keep their order
      <span key={index}>{withDays(piece.text)}</span>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one sentence keep their order
      <AnswerLink key={index} link={piece.link} className="num">
        {withDays(piece.text)}
      </AnswerLink>
    ),
  )
}
