/** Catches break-glass that would need IAM in an emergency, that nobody could review, or with limits that limit nothing. */
import { describe, expect, test } from 'vitest';
import { changed, shown, VALID, valid } from './file.ts';

const withGlass = (glass: string, reviewers = 'reviewers: [group:platform]'): string =>
  changed(
    '    eligible: [alice]\n',
    `    eligible: [alice]\n    breakGlass: ${glass}\n`,
    changed('responders: []', `responders: []\n${reviewers}`),
  );

test('defaults: two hours, a reason of 20 characters, three a week, three working days', () => {
  expect(valid(withGlass('{}')).entitlements['admin']?.breakGlass).toEqual({
    eligible: [{ kind: 'person', id: 'alice' }],
    maxDuration: 7_200_000,
    minReason: 20,
    perWeek: 3,
    reviewWithin: 3,
  });
  expect(valid(VALID).entitlements['admin']).not.toHaveProperty('breakGlass');
});

describe('refused, with place and remedy', () => {
  test.each<[string, string, RegExp]>([
    ['no reviewers', withGlass('{}', 'reviewers: []'), /breakGlass: nobody could review this: name `reviewers`/],
    ['reviewed only by its user', withGlass('{}', 'reviewers: [alice]'), /nobody could review a use by alice/],
    ['longer than four hours', withGlass('{ maxDuration: 5h }'), /maxDuration: 5h is too long; the most is 4h/],
    ['no duration', withGlass('{ maxDuration: soon }'), /not a duration/],
    ['an unknown person', withGlass('{ eligible: [mallory] }'), /eligible\S*: there is no person "mallory"/],
    ['a role that is no person', withGlass('{ eligible: ["role:ci"] }'), /is not a person/],
    ['a pattern that is none', withGlass('{ incidentPattern: "(" }'), /incidentPattern/],
    ['an unknown reviewer', withGlass('{}', 'reviewers: [mallory]'), /reviewers\S*: there is no person "mallory"/],
    [
      'a dedicated role',
      changed(
        '    maxDuration: 30m\n',
        '    maxDuration: 30m\n    breakGlass: {}\n',
        changed('responders: []', 'responders: []\nreviewers: [bob, carol]'),
      ),
      /breakGlass: break-glass needs `principal: \{ mode: role/,
    ],
  ])('%s', (_what, text, says) => expect(shown(text).join('\n')).toMatch(says));
});
