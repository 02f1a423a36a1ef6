import { translator } from '../text/message.tsx'

/** One domain: effective policy, health, volume. */
export const domainText = translator({
  lede: '{messages, plural, one {# message} other {# messages}} reported, {share}\u00a0% aligned.',
  ledeNone: 'No messages reported in this scope.',
  policy: 'Effective policy',
  newest:
    'As {reporters, plural, one {# reporter} other {# reporters}} saw it on {day}. Letterlock did not ask DNS: live checks are not part of this version.',
  noRecord:
    'No report of this scope shows a record. Letterlock did not ask DNS: live checks are not part of this version.',
  testing: '<b>t=y</b> is one step lower for receivers of RFC 9989; receivers of RFC 7489 do not know it.',
  generations: 'Effective policy by generation of receivers',
  rfc9989: 'RFC 9989',
  rfc7489: 'RFC 7489',
  generationSub:
    '{reporters, plural, one {# reporter} other {# reporters}}, {messages, plural, one {# message} other {# messages}}',
  generationNone: 'no reports of this form',
  subdomains: 'Subdomains that exist',
  nonexistent: 'Names that do not exist',
  notKnown: 'not known',
  health: 'Health',
  healthSum: '{fail, number} fail, {unknown, number} could not be determined, {untested, number} not tested',
  published: 'Records that reports show',
  publishedCaption: 'Published policies by time',
  record: 'Record',
  seen: 'First and last seen',
  reports: 'Reports',
  headerFrom: 'Author domains',
  headerFromCaption: 'Messages by the domain of the From header',
  name: 'Name',
  messages: 'Messages',
  aligned: 'Aligned %',
  outcome: 'Outcome',
  noName: 'none reported',
  selectors: 'DKIM selectors in reports',
  selectorNote:
    'Whether a key stands in DNS is not known here; which selectors exist cannot be listed from DNS at all.',
  selector: 'Selector',
  noSelector: 'not stated',
  pass: 'Pass',
  fail: 'Fail',
  other: 'Other',
  reporters: 'Reporters',
  senders: 'Senders of this domain',
  tls: 'Inbound TLS',
  bar: 'Outcomes of {name}',
})
