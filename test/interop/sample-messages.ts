/** Messages whose canonical forms differ from what they look like; one character per octet. */
export const sampleMessages: Readonly<Record<string, string>> = {
  plain: message(['Subject: Hello'], 'Hello\r\n'),
  'blanks and folds': message(
    ['Subject:   folded \t text\r\n\twith  blanks \t', 'X-Note:no blank', 'CC: \r\n c@example.net,\r\n  d@example.net'],
    'two  blanks\tand a tab \r\n \r\n\t\r\nlast line \r\n',
  ),
  'empty lines at the end': message(['Subject: end'], 'text\r\n\r\n\r\n\r\n'),
  'no line end': message(['Subject: none'], 'text'),
  'no body': message(['Subject: empty'], ''),
  'empty lines alone': message(['Subject: lines'], '\r\n\r\n'),
  'eight bits': message(['Subject: caf\u00c3\u00a9'], 'na\u00c3\u00afve\r\n\u0080\u00ff\r\n'),
  'fields twice': message(['Received: one', 'Received: two', 'Comments: a', 'Comments: b', 'Subject: s'], 'x\r\n'),
  'dots and long lines': message(['Subject: .'], `.\r\n..\r\n${'x'.repeat(900)}\r\n`),
}

function message(fields: readonly string[], body: string): string {
  const head = [
    'From: Ann <a@example.org>',
    'To: b@example.net',
    'Date: Tue, 24 Nov 2026 10:00:00 +0000',
    'Message-ID: <1@example.org>',
  ]
  return `${[...head, ...fields].join('\r\n')}\r\n\r\n${body}`
}
