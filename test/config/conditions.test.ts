/** Catches a condition that says one thing and means another, and one that could never come true. */
import { expect, it } from 'vitest';
import { longestOpening, parseOpeningHours, timeZoneProblem } from '../../src/config/opening-hours.ts';
import { changed, shown, valid } from './file.ts';

const ONCALL = `onCall:
  platform:
    shifts:
      - { from: "2026-11-23T09:00:00+01:00", to: "2026-11-30T09:00:00+01:00", person: bob }
  payments: { url: "https://oncall.example.com/now", secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:oncall-AbCdEf" }
`;
const CONDITIONS = `    conditions:
      - window: { timeZone: Europe/Berlin, open: [mon-fri 09:00-17:30, sat 22:00-02:00] }
      - onCall: platform
      - cooldown: 1h
`;
const WITH = `${changed('    maxDuration: 4h\n', `    maxDuration: 4h\n${CONDITIONS}`)}${ONCALL}`;

it('reads conditions and schedules', () => {
  const { entitlements, onCall } = valid(WITH);
  const work = [1, 2, 3, 4, 5].map((day) => ({ day, from: 540, to: 1_050 }));
  expect(entitlements['admin']?.conditions).toEqual([
    {
      kind: 'window',
      timeZone: 'Europe/Berlin',
      open: ['mon-fri 09:00-17:30', 'sat 22:00-02:00'],
      hours: [...work, { day: 6, from: 1_320, to: 1_440 }, { day: 7, from: 0, to: 120 }],
      covers: 'whole',
    },
    { kind: 'onCall', schedule: 'platform' },
    { kind: 'cooldown', length: 3_600_000 },
  ]);
  expect(onCall).toEqual({
    platform: { kind: 'shifts', shifts: [{ from: 1_795_420_800_000, to: 1_796_025_600_000, person: 'bob' }] },
    payments: {
      kind: 'provider',
      url: 'https://oncall.example.com/now',
      secret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:oncall-AbCdEf',
    },
  });
  expect(entitlements['view']).not.toHaveProperty('conditions');
});

it.each([
  [
    'a time zone that does not exist',
    'Europe/Berlin',
    'Europe/Berlim',
    '32:29 entitlements.admin.conditions[0].window.timeZone: there is no time zone "Europe/Berlim"; did you mean "Europe/Berlin"?',
  ],
  [
    'an abbreviation',
    'Europe/Berlin',
    'CET',
    '32:29 entitlements.admin.conditions[0].window.timeZone: "CET" is not a place of the IANA time zone database; write one like Europe/Berlin, or UTC',
  ],
  [
    'an offset',
    'Europe/Berlin',
    '"+01:00"',
    '32:29 entitlements.admin.conditions[0].window.timeZone: "+01:00" is not a place of the IANA time zone database; write one like Europe/Berlin, or UTC',
  ],
  [
    'small letters',
    'Europe/Berlin',
    'europe/berlin',
    '32:29 entitlements.admin.conditions[0].window.timeZone: write "europe/berlin" as Europe/Berlin',
  ],
  [
    'no opening hours',
    'sat 22:00-02:00',
    'weekends',
    '32:72 entitlements.admin.conditions[0].window.open[1]: "weekends" are no opening hours; write them like mon-fri 09:00-17:30 or daily 22:00-06:00',
  ],
  [
    'a time that no clock shows',
    'sat 22:00-02:00',
    'sat 22:00-25:00',
    '32:72 entitlements.admin.conditions[0].window.open[1]: "sat 22:00-25:00" names a time that no clock shows; from 00:00 to 24:00',
  ],
  [
    'an unknown schedule',
    'onCall: platform',
    'onCall: plattform',
    '33:17 entitlements.admin.conditions[1].onCall: there is no on-call schedule "plattform"; did you mean "platform"?',
  ],
  [
    'a cool-down without end',
    'cooldown: 1h',
    'cooldown: 31d',
    '34:19 entitlements.admin.conditions[2].cooldown: 31d is too long; the most is 30d',
  ],
  [
    'two cool-downs',
    '- cooldown: 1h',
    '- cooldown: 1h\n      - cooldown: 2h',
    '32:7 entitlements.admin.conditions: two cool-downs; keep the longer one',
  ],
  [
    'two conditions in one',
    '- onCall: platform\n      - cooldown: 1h',
    '- { onCall: platform, cooldown: 1h }',
    '33:9 entitlements.admin.conditions[1]: several conditions in one place; write one of window, onCall and cooldown, and each in a line of its own',
  ],
  [
    'no condition',
    '- cooldown: 1h',
    '- {}',
    '34:9 entitlements.admin.conditions[2]: no condition in one place; write one of window, onCall and cooldown, and each in a line of its own',
  ],
  [
    'hours shorter than what is asked for by default',
    'open: [mon-fri 09:00-17:30, sat 22:00-02:00]',
    'open: [mon 09:00-09:30]',
    '32:50 entitlements.admin.conditions[0].window.open: it is open for 30m at most, and access takes 1h unless somebody asks for less; set a shorter defaultDuration, open for longer, or write covers: start',
  ],
  [
    'a stranger on call',
    'person: bob',
    'person: rob',
    '47:87 onCall.platform.shifts[0].person: there is no person "rob"; did you mean "bob"?',
  ],
  [
    'a shift that ends before it begins',
    '2026-11-30T09:00:00+01:00',
    '2026-11-20T09:00:00+01:00',
    '47:50 onCall.platform.shifts[0].to: the shift ends at 2026-11-20T09:00:00+01:00, before it begins at 2026-11-23T09:00:00+01:00',
  ],
  [
    'a shift without a zone',
    '2026-11-30T09:00:00+01:00',
    '2026-11-30T09:00:00',
    '47:50 onCall.platform.shifts[0].to: "2026-11-30T09:00:00" is not a time; write it with its zone, like 2026-11-30T09:00:00+01:00',
  ],
  [
    'a provider without TLS',
    'https://oncall',
    'http://oncall',
    '48:20 onCall.payments.url: "http://oncall.example.com/now" is not an https:// address',
  ],
  [
    'a provider with a password',
    'https://oncall',
    'https://u:p@oncall',
    '48:20 onCall.payments.url: the address holds a user, a password or a fragment; what is asked is signed instead',
  ],
  [
    'a secret in the file',
    '"arn:aws:secretsmanager:eu-west-1:111122223333:secret:oncall-AbCdEf"',
    'hunter2hunter2',
    '48:62 onCall.payments.secret: this is not an ARN; put the value into AWS Secrets Manager and name it here like arn:aws:secretsmanager:eu-west-1:111122223333:secret:NAME-AbCdEf',
  ],
  [
    'a provider without a secret',
    ', secret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:oncall-AbCdEf"',
    '',
    '48:13 onCall.payments: url and secret go together: what is asked is signed',
  ],
  [
    'a misspelt condition',
    '- onCall: platform',
    '- oncall: platform',
    '33:9 entitlements.admin.conditions[1].oncall: unknown key "oncall"; did you mean "onCall"?',
  ],
])('%s is refused', (_what, from, to, ...expected) => {
  expect(shown(changed(from, to, WITH))).toEqual(expected);
});

it.each([
  ['daily 22:00-06:00', 480],
  ['mon-fri 00:00-24:00', 7_200],
  ['fri-mon 00:00-24:00', 5_760],
  ['daily 00:00-24:00', Number.POSITIVE_INFINITY],
  ['sun 23:00-24:00', 60],
  ['sun 23:00-01:00', 120],
])('%s is open for %d minutes at most', (text, expected) => {
  const read = parseOpeningHours(text);
  expect(read.ok && longestOpening(read.value)).toBe(expected);
});

it.each(['Europe/Kyiv', 'Asia/Calcutta', 'America/Argentina/Buenos_Aires', 'UTC'])('takes the time zone %s', (zone) => {
  expect(timeZoneProblem(zone)).toBeUndefined();
});
