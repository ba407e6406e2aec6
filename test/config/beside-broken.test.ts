/** Catches: a mistake that hides another beside it, and a complaint about what stood in for something broken. */
import { expect, test } from 'vitest';
import { changed, shown } from './file.ts';

const BROKEN = {
  policy: ['AmazonEKSViewPolicy, scope: namespace', 'AmazonEKSVeiwPolicy, scope: namespace'],
  duration: ['maxDuration: 30m', 'maxDuration: soon'],
  eligible: ['eligible: [alice, group:platform]', 'eligible: []'],
  clusters: ['clusters: [one, two]', 'clusters: [7]'],
} as const;

test.each<[keyof typeof BROKEN, string, string, string]>([
  [
    'policy',
    'clusters: [one, two]',
    'clusters: [one, tow]',
    'entitlements.view.clusters[1]: there is no cluster "tow"',
  ],
  [
    'policy',
    'eligible: [alice, group:platform]',
    'eligible: [alicia]',
    'entitlements.view.eligible[0]: there is no person "alicia"',
  ],
  [
    'duration',
    'eligible: [alice, group:platform]',
    'eligible: [group:platfrom]',
    'entitlements.view.eligible[0]: there is no group "platfrom"',
  ],
  ['eligible', 'pattern: "INC-[0-9]+" }', 'pattern: "INC-[0-9" }', 'entitlements.view.ticket.pattern'],
  [
    'clusters',
    'eligible: [alice, group:platform]',
    'eligible: [alicia]',
    'entitlements.view.eligible[0]: there is no person "alicia"',
  ],
])('a broken %s, and %s', (broken, from, to, expected) => {
  const [sound, wrong] = BROKEN[broken];
  const messages = shown(changed(sound, wrong, changed(from, to)));
  expect(messages).toHaveLength(2);
  expect(messages.join('\n')).toContain(expected);
});

test.each(Object.entries(BROKEN))('a broken %s alone is one mistake', (_what, [sound, wrong]) => {
  expect(shown(changed(sound, wrong))).toHaveLength(1);
});

test('everything broken at once: of what is left nothing is made up', () => {
  const all = Object.values(BROKEN).reduce(
    (text, [sound, wrong]) => changed(sound, wrong, text),
    changed('hub: laptop', 'hub: laptop'),
  );
  const messages = shown(all);
  expect(messages).toHaveLength(4);
  expect(messages.join('\n')).not.toContain('made up');
});
