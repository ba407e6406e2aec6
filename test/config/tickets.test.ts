/** Catches a ticket hook that names nothing, and a secret or a password in the file. */
import { expect, it } from 'vitest';
import { changed, shown, VALID, valid } from './file.ts';

const SYSTEMS = `ticketSystems:
  jira: { url: "https://tickets.example.com/hallpass", secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:jira-AbCdEf" }
  desk: { events: true, secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:desk-AbCdEf" }
  mail: { secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf" }
`;
const WITH = `${changed('ticket: { required: true, ', 'ticket: { required: true, hook: jira, ')}${SYSTEMS}`;

it('reads where tickets are kept, and how they are asked about', () => {
  const { entitlements, ticketSystems } = valid(WITH);
  const arn = (name: string): string => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`;
  expect(ticketSystems).toEqual({
    jira: { secret: arn('jira'), check: { kind: 'https', url: 'https://tickets.example.com/hallpass' } },
    desk: { secret: arn('desk'), check: { kind: 'event' } },
    mail: { secret: arn('mail') },
  });
  expect(entitlements['view']?.ticket).toEqual({ required: true, pattern: 'INC-[0-9]+', hook: 'jira' });
  expect(valid(VALID)).not.toHaveProperty('ticketSystems');
});

it.each([
  [
    'an unknown system',
    'hook: jira',
    'hook: jria',
    '38:37 entitlements.view.ticket.hook: there is no ticket system "jria"; did you mean "jira"?',
  ],
  [
    'no TLS',
    'https://tickets',
    'http://tickets',
    '41:16 ticketSystems.jira.url: "http://tickets.example.com/hallpass" is not an https:// address',
  ],
  [
    'a secret in the file',
    '"arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"',
    'hunter2hunter2',
    '43:19 ticketSystems.mail.secret: this is not an ARN; put the value into AWS Secrets Manager and name it here like arn:aws:secretsmanager:eu-west-1:111122223333:secret:NAME-AbCdEf',
  ],
  [
    'no secret',
    'mail: { secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf" }',
    'mail: {}',
    '43:3 ticketSystems.mail.secret: missing: text is needed here',
  ],
  [
    'two ways',
    'events: true',
    'events: true, url: "https://x.example.com/"',
    '42:19 ticketSystems.desk.events: both a url and events; a ticket is asked about in one way',
  ],
])('%s is refused', (_what, from, to, ...expected) => {
  expect(shown(changed(from, to, WITH))).toEqual(expected);
});
