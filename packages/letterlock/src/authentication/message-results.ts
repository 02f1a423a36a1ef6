import type { DmarcReadingResult, MessageResults, SignatureResult, SpfCheckResult } from '@letterlock/contract'
import type { Author, DkimVerification, DmarcReading, SpfFinding } from '@letterlock/protocols'
import { standingResult } from './explain-dmarc.ts'
import { matchPath } from './explain-spf.ts'
import type { AuthenticatedMessage } from './read-message.ts'
import { moment } from './session.ts'

/** The results for a program, in the words of the standards. */
export function messageResults({ report, isFailProven }: AuthenticatedMessage): MessageResults {
  const { author, spf, helo, dkim, arc, dmarc } = report
  const result = standingResult(dmarc.result, isFailProven)
  return {
    author: authorResult(author),
    spf: spf === null ? null : spfResult(spf),
    helo: helo === null ? null : spfResult(helo),
    dkim: dkim.map(signatureResult),
    arc: {
      result: arc.result,
      code: arc.code,
      text: arc.text,
      sealers: arc.sets.map(({ instance, seal }) => ({
        instance,
        domain: seal.seal.domain,
        selector: seal.seal.selector,
      })),
      oldestPass: arc.oldestPass,
    },
    dmarc: {
      result,
      // What was not proven to fail is asked for nothing.
      applied: result === 'fail' ? dmarc.applied : null,
      problem: dmarc.problem,
      evaluations: dmarc.evaluations.map(evaluation => ({
        authorDomain: evaluation.authorDomain,
        rfc9989: readingResult(evaluation.rfc9989, isFailProven),
        rfc7489: evaluation.rfc7489 === null ? null : readingResult(evaluation.rfc7489, isFailProven),
        differences: [...evaluation.differences],
        asked: [...evaluation.asked],
      })),
    },
  }
}

function authorResult(author: Author): MessageResults['author'] {
  switch (author.kind) {
    case 'domains':
      return {
        kind: author.kind,
        addresses: [...author.addresses],
        domains: [...author.domains],
        code: null,
        text: null,
      }
    case 'none':
      return { kind: author.kind, addresses: [], domains: [], code: null, text: null }
    case 'malformed':
      return { kind: author.kind, addresses: [], domains: [], code: author.code, text: author.text }
  }
}

function spfResult({ identity, domain, evaluation }: SpfFinding): SpfCheckResult {
  const { result, matched, problem, explanation, terms, voidLookups } = evaluation
  return {
    identity,
    domain,
    result,
    matched: matchPath(matched).map(({ domain: at, term, at: octet }) => ({ domain: at, term, at: octet })),
    problem,
    explanation,
    terms,
    voidLookups,
  }
}

function signatureResult(found: DkimVerification): SignatureResult {
  const { index, result, code, text, domain, selector, keyBits, isTesting, isKeySecure, signature } = found
  return {
    index: index + 1,
    result,
    code,
    text,
    domain,
    selector,
    algorithm: signature?.algorithm ?? null,
    keyBits,
    isTesting,
    isKeySecure,
    signedAt: signature?.signedAt == null ? null : moment(signature.signedAt),
    expiresAt: signature?.expiresAt == null ? null : moment(signature.expiresAt),
    signedFields: [...(signature?.signedNames ?? [])],
  }
}

function readingResult(reading: DmarcReading, isFailProven: boolean): DmarcReadingResult {
  const { finding } = reading
  const policy = finding.kind === 'policy' ? finding : null
  const owner = finding.kind === 'policy' || finding.kind === 'unusable' ? finding : null
  return {
    result: standingResult(reading.result, isFailProven),
    policyDomain: owner?.policyDomain ?? null,
    record: owner?.record.text ?? null,
    tag: policy?.tag ?? null,
    policy: policy?.policy ?? null,
    applied: policy?.applied ?? null,
    organizationalDomain: reading.organizationalDomain,
    alignments: reading.alignments.map(({ identifier, isAligned, mode, organizationalDomain }) => ({
      ...identifier,
      isAligned,
      mode,
      organizationalDomain,
    })),
    problem: reading.problem,
  }
}
