/** Catches a signature that anybody could have made, or that was made for something else, or long ago. */
import { expect, test } from 'vitest';
import { isGenuine, sign } from '../../src/aws/standard-webhooks.ts';
import { instant, minutes, plus } from '../../src/core/time.ts';

const NOW = instant(Date.parse('2026-11-24T09:00:00Z'));
const BODY = '{"type":"ticket.closed"}';
const by = (key: string, id = 'message-1') => sign([key], id, NOW, BODY);
const bytes = Buffer.from(BODY);
const KEY = 'a key that nobody else has';

test.each([
  ['of the one who has the key', by(KEY), true],
  ['of somebody with another', by('another'), false],
  ['of another message', { ...by(KEY), id: 'message-2' }, false],
  ['that is cut', { ...by(KEY), signature: by(KEY).signature.slice(0, -1) }, false],
  ['without its version', { ...by(KEY), signature: by(KEY).signature.slice(3) }, false],
  ['that is not there', { ...by(KEY), signature: '' }, false],
])('a signature %s: %s', (_what, signed, expected) => {
  expect(isGenuine([KEY], signed, bytes, NOW)).toBe(expected);
});

test('for five minutes', () => {
  expect(isGenuine([KEY], by(KEY), bytes, plus(NOW, minutes(5)))).toBe(true);
  expect(isGenuine([KEY], by(KEY), bytes, plus(NOW, minutes(6)))).toBe(false);
});

// `whsec_` with nothing readable behind it: what a secret holds before somebody puts the real one there.
test.each(['whsec_', 'whsec_!!', ''])('a key of no bytes (%j) proves nothing: everybody has it', (key) => {
  expect(isGenuine([key], by(key), bytes, NOW)).toBe(false);
  expect(isGenuine([KEY, key], by(key), bytes, NOW)).toBe(false);
});
