import { translator } from '../text/message.tsx'

/** The list of domains, with adding, removing, type and tags. */
export const domainsText = translator({
  title: 'Domains',
  lede: '{domains, plural, one {# domain} other {# domains}}, {messages, plural, one {# message} other {# messages}} reported.',
  untracked:
    '{count, plural, one {One is} other {# are}} known only because reports mention {count, plural, one {it} other {them}}.',
  caption: 'Domains with policy, messages and outcome',
  domain: 'Domain',
  type: 'Type',
  policy: 'Policy',
  policyBoth: '{new} or {old}, by receiver',
  messages: 'Messages',
  aligned: 'Aligned %',
  outcome: 'Outcome',
  tls: 'TLS success %',
  noTls: 'no reports',
  newest: 'Newest day',
  noReports: 'no reports',
  senders: 'Senders',
  sending: 'sending',
  parked: 'parked',
  unknown: 'type not stated',
  mentioned: 'mentioned by reports',
  all: 'All domains',
  add: 'Add a domain',
  addHint:
    'Name it as it stands after the @ of a From address. Reports about it are stored either way; adding it says that it is yours.',
  name: 'Name',
  tags: 'Tags, parted by commas',
  edit: 'Edit',
  editOf: 'Edit {name}',
  editTitle: 'Edit {name}',
  track: 'It is mine: keep it in the list',
  remove: 'Remove this domain',
  removeTitle: 'Remove {name}',
  removeText:
    'This removes {name} with every report about it and every number made from them. Reports that come later bring it back as mentioned.',
  removeConfirm: 'Type the name to confirm',
  noneYet: 'No domains yet. They appear with the first report, or add one now.',
  bar: 'Outcomes of {name}',
  save: 'Save',
})
