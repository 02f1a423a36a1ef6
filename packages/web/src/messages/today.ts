import { translator } from '../text/message.tsx'

/** Today: what needs the owner, and the four figures. */
export const todayText = translator({
  title: '{count, plural, =0 {Nothing needs you} one {# thing needs you} other {# things need you}}',
  calm: 'Nothing needs you. Newest report day {day}.',
  loading: 'Today',
  items: 'Things that need you',
  hints: '{count, plural, one {# hint} other {# hints}}',
  next: 'Next',
  doneWhen: 'Done when',
  messages: 'Messages reported',
  messagesSub:
    '{reports, plural, one {# report} other {# reports}}, {reporters, plural, one {# reporter} other {# reporters}}. Share of all mail sent: unknown.',
  pass: 'DMARC pass',
  passSub: '{aligned, number} aligned, {rest, number} not.',
  passBefore: '{share}\u00a0% in the {days, plural, one {day} other {# days}} before.',
  policies: 'Domains by effective policy',
  enforce: 'of {count, number} enforce',
  policyReject: '{count, number} reject',
  policyQuarantine: '{count, number} quarantine',
  policyDiffers: '{count, number} quarantine or reject, by receiver',
  policyNone: '{count, number} none',
  policyUnknown: '{count, number} unknown',
  tls: 'Inbound TLS success',
  tlsSub:
    '{successful, number} of {sessions, plural, one {# session} other {# sessions}}, {domains, plural, one {# domain} other {# domains}}.',
  tlsNothing: 'No TLS reports in this scope. That is not 0 sessions.',
  noReports: 'no reports',
  welcome: 'No reports yet',
  welcomeText:
    'Drop report mails or files anywhere on this page: .eml, mbox, .xml, .json, .gz, .zip, whole folders too. Or connect the mailbox that your rua address delivers to; its history is read first.',
  welcomeWait:
    'Where a DMARC record with a rua address exists already, receivers send one report a day; the first usually comes within 24 to 72 hours.',
  chooseFiles: 'Choose files',
  connect: 'Connect a mailbox',
})
