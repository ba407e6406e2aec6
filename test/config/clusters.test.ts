/** Catches: an entitlement that covers another cluster than was meant, or none; and F5 slipping through a selector. */
import { expect, it } from 'vitest';
import { changed, shown, VALID, valid } from './file.ts';

const TAGGED = changed(
  '  one:\n',
  '  one:\n    tags: { stage: prod, team: a }\n',
  changed('  two:\n', '  two:\n    tags: { stage: dev, team: a }\n'),
);
const choosing = (selector: string, base = TAGGED): string =>
  changed('clusters: [one, two]', `clusters: ${selector}`, base);
const chosen = (selector: string): readonly string[] | undefined =>
  valid(choosing(selector)).entitlements['view']?.clusters;

it.each([
  ['all', ['one', 'two']],
  ['{ tags: { stage: prod } }', ['one']],
  ['{ tags: { team: a } }', ['one', 'two']],
  ['{ tags: { team: a, stage: dev } }', ['two']],
  ['{ tags: { stage: [dev, prod] } }', ['one', 'two']],
  ['[two, one]', ['two', 'one']],
])('%s is %j', (selector, expected) => {
  expect(chosen(selector)).toEqual(expected);
});

it.each([
  [
    '{ tags: { stage: production } }',
    '36:15 entitlements.view.clusters: no cluster has the tags "stage=production"; tags here: stage=dev, stage=prod, team=a',
  ],
  [
    '{ tags: { team: a, stage: qa } }',
    '36:15 entitlements.view.clusters: no cluster has the tags "team=a, stage=qa"; tags here: stage=dev, stage=prod, team=a',
  ],
  [
    '{ tags: { constructor: a } }',
    '36:15 entitlements.view.clusters: no cluster has the tags "constructor=a"; tags here: stage=dev, stage=prod, team=a',
  ],
  [
    '{ tags: {} }',
    '36:23 entitlements.view.clusters.tags: no tag is named, so nothing would be chosen; name one, or write all for every cluster',
  ],
  ['every', '36:15 entitlements.view.clusters: all or a list or a mapping is needed here, not "every"'],
  ['7', '36:15 entitlements.view.clusters: all or a list or a mapping is needed here, not a number'],
  ['[]', '36:15 entitlements.view.clusters: this list has 0 entries; the least is 1'],
  ['[one, 2]', '36:21 entitlements.view.clusters[1]: 2 is read as a number, and text is needed; put it in quotes: "2"'],
  ['{ tag: { stage: prod } }', '36:17 entitlements.view.clusters.tag: unknown key "tag"; did you mean "tags"?'],
  [
    '{ tags: { stage: 1 } }',
    '36:32 entitlements.view.clusters.tags.stage: text or a list is needed here, not a number',
  ],
])('%s is refused', (selector, expected) => {
  expect(shown(choosing(selector))).toEqual([expected]);
});

it('a cluster whose definition is broken may be the one that is meant', () => {
  const broken = changed('stage: dev,', 'stage: [dev],', choosing('{ tags: { stage: dev } }'));
  expect(shown(broken).filter((line) => line.includes('view.clusters'))).toEqual([]);
});

it('config-same-role-different-access-is-refused (F5), cluster by cluster, however the clusters are chosen', () => {
  const role =
    'principal: { mode: role, role: arn:aws:iam::111122223333:role/KubernetesAdmin, assumableBy: [arn:aws:iam::111122223333:user/operator] }';
  const sharing = changed('    maxDuration: 30m', `    ${role}\n    maxDuration: 30m`, TAGGED);
  const refused =
    '"admin" gives this role on cluster "one" other access (AmazonEKSClusterAdminPolicy cluster); entitlements that share a role must give the same';
  for (const selector of ['all', '{ tags: { team: a } }', '{ tags: { stage: prod } }'])
    expect(shown(choosing(selector, sharing))).toEqual([expect.stringContaining(refused)]);
  expect(shown(choosing('{ tags: { stage: dev } }', sharing))).toEqual([]);
});

it('a cluster that is tagged anew changes the entitlement, and its digest says so', () => {
  const before = valid(choosing('{ tags: { stage: dev } }'));
  const after = valid(changed('stage: prod', 'stage: dev', choosing('{ tags: { stage: dev } }')));
  expect(after.entitlements['view']?.clusters).toEqual(['one', 'two']);
  expect(after.entitlements['view']?.digest).not.toBe(before.entitlements['view']?.digest);
});

it('the file without tags is as valid as before', () => {
  expect(shown(VALID)).toEqual([]);
});
