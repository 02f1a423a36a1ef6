import type { DnsLookup, ExplanationStep, Fact, MessageExplanation, StepPart } from '@letterlock/contract'
import { Block } from '../../components/head.tsx'
import { Icon } from '../../components/icon.tsx'
import { Literal } from '../../components/literal.tsx'
import { Verdict } from '../../components/verdict.tsx'
import { messageText } from '../../messages/message.ts'

/** What the server says of a message: the answer, the steps, what to do, the evidence. */
export function Explanation({ explanation }: { readonly explanation: MessageExplanation }) {
  const { verdict, headline, summary, steps, next, dns, authenticationResults } = explanation
  return (
    <>
      <section className="block" aria-label={messageText('result')}>
        <div className="message-answer">
          <Verdict verdict={verdict} />
          <div>
            <h2>{headline}</h2>
            <p className="sentence">{summary.join(' ')}</p>
          </div>
        </div>
      </section>
      <Block title={messageText('steps')}>
        <ol className="message-steps">
          {steps.map(step => (
            <Step key={step.id} step={step} />
          ))}
        </ol>
      </Block>
      <Block title={messageText('next')}>
        <ul className="message-next">
          {next.map(({ text, literal }) => (
            <li key={text}>
              <p className="sentence">{text}</p>
              {literal !== null && <Literal text={literal} />}
            </li>
          ))}
        </ul>
      </Block>
      <Lookups lookups={dns.lookups} source={dns.source} />
      {authenticationResults !== null && (
        <details className="message-more">
          <summary>{messageText('results')}</summary>
          <Literal text={authenticationResults.replaceAll('\r\n', '\n')} />
        </details>
      )}
    </>
  )
}

function Step({ step }: { readonly step: ExplanationStep }) {
  const { title, verdict, result, claim, sentences, parts, facts } = step
  return (
    <li>
      <span className="message-mark">{verdict !== null && <Verdict verdict={verdict} />}</span>
      <div>
        <h3>
          {title} <Word verdict={verdict} result={result} />
        </h3>
        <Sentences sentences={sentences} />
        {parts.map(part => (
          <Part key={part.title} part={part} />
        ))}
        <Facts facts={facts} />
      </div>
      <span className={`claim claim-${claim.level}`}>
        <Icon name={claim.level} size={11} />
        {`${claim.level}: ${claim.text}`}
      </span>
    </li>
  )
}

/** The word of the standard, where it is another than the verdict. */
function Word({ verdict, result }: { readonly verdict: ExplanationStep['verdict']; readonly result: string | null }) {
  return result === null || result === verdict ? null : <span className="message-word">{result}</span>
}

function Part({ part }: { readonly part: StepPart }) {
  return (
    <div className="message-part">
      <h4>
        <Verdict verdict={part.verdict} /> {part.title} <Word verdict={part.verdict} result={part.result} />
      </h4>
      <Sentences sentences={part.sentences} />
      <Facts facts={part.facts} />
    </div>
  )
}

function Sentences({ sentences }: { readonly sentences: readonly string[] }) {
  return sentences.map(sentence => (
    <p key={sentence} className="sentence">
      {sentence}
    </p>
  ))
}

function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  if (facts.length === 0) return null
  return (
    <details>
      <summary>{messageText('details')}</summary>
      <dl className="detail-list">
        {facts.map(({ name, value }) => (
          <div key={`${name} ${value}`} className="message-fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function Lookups({ lookups, source }: { readonly lookups: readonly DnsLookup[]; readonly source: string }) {
  return (
    <details className="message-more">
      <summary>{messageText('lookups', { count: lookups.length })}</summary>
      <div className="message-table">
        <table>
          <caption>{messageText('lookupsCaption', { source })}</caption>
          <thead>
            <tr>
              <th scope="col">{messageText('name')}</th>
              <th scope="col">{messageText('type')}</th>
              <th scope="col">{messageText('answer')}</th>
            </tr>
          </thead>
          <tbody>
            {lookups.map(lookup => (
              <tr key={`${lookup.name} ${lookup.type}`}>
                <td>{lookup.name}</td>
                <td>{lookup.type}</td>
                <td>
                  <Answer lookup={lookup} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function Answer({ lookup }: { readonly lookup: DnsLookup }) {
  if (lookup.outcome !== 'records')
    return <span className="small">{messageText(`outcome.${lookup.outcome}`, { cause: lookup.cause ?? '' })}</span>
  return lookup.answers.map(answer => (
    <div key={answer}>
      <code>{answer}</code>
    </div>
  ))
}
