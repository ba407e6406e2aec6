/** F19: what a modal remembers passes through the person's browser. Catches an edit that is believed, or that brings a function down. */
import { expect, test } from 'vitest';
import { hours, instant, minutes, plus } from '../../src/core/time.ts';
import { opened, sealed } from '../../src/slack/metadata.ts';

const NOW = instant(Date.parse('2026-11-24T09:00:00Z'));
const WHO = { team: 'T1', user: 'U1' };
const SECRET = '0123456789abcdef';
const TEXT = sealed({ ...WHO, openedAt: NOW, person: 'alice' }, SECRET);
const [body = '', mac = ''] = TEXT.split('.');
const read = (text: string, who = WHO, secrets = [SECRET], at = plus(NOW, minutes(1))) =>
  opened(text, who, secrets, at);

test('as it was sealed, by the secret of now or of before', () => {
  expect(read(TEXT)).toMatchObject({ person: 'alice' });
  expect(read(TEXT, WHO, ['another', SECRET])).toMatchObject({ person: 'alice' });
});

test.each([
  [
    'another body',
    `${Buffer.from(JSON.stringify({ ...WHO, openedAt: NOW, person: 'bob' })).toString('base64url')}.${mac}`,
  ],
  ['another signature', `${body}.${mac.slice(1)}A`],
  ['none', body],
  ['nothing', ''],
  ['more', `${TEXT}.x`],
  // As many characters, and more bytes: what compares in constant time takes only equals.
  ['letters that are no base64', `${body}.${'é'.repeat(mac.length)}`],
])('%s: as if it were not there', (_what, text) => {
  expect(read(text)).toBeUndefined();
});

test('another member’s, or too old', () => {
  expect(read(TEXT, { ...WHO, user: 'U2' })).toBeUndefined();
  expect(read(TEXT, WHO, [SECRET], plus(NOW, hours(12)))).toBeUndefined();
});
