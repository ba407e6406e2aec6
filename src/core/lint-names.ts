/** Names that nothing uses, and people whom rules have forgotten or should have. */
import type { Configuration, Subject } from './configuration.ts';
import type { LintContext } from './lint-rule.ts';

export function lintNames({ config, warn }: LintContext): void {
  const { people, groups } = config.directory;
  const subjects = subjectsOf(config);
  const usedGroups = new Set(subjects.flatMap((subject) => (subject.kind === 'group' ? [subject.name] : [])));
  const usedPeople = new Set([
    ...subjects.flatMap((subject) => (subject.kind === 'person' ? [subject.id] : [])),
    ...Object.values(groups).flat(),
  ]);
  const usedClusters = new Set(Object.values(config.entitlements).flatMap((rule) => rule.clusters));
  for (const name of Object.keys(config.clusters))
    if (!usedClusters.has(name)) warn('unused-cluster', ['clusters', name], `no entitlement covers "${name}"`);
  for (const [id, { disabled }] of Object.entries(people))
    if (!disabled && !usedPeople.has(id))
      warn('unused-person', ['identities', 'people', id], `"${id}" is in no group and in no rule`);
  for (const [name, members] of Object.entries(groups)) {
    if (!usedGroups.has(name)) warn('unused-group', ['identities', 'groups', name], `no rule names "group:${name}"`);
    for (const [index, id] of members.entries())
      if (people[id]?.disabled)
        warn(
          'disabled-member',
          ['identities', 'groups', name, index],
          `"${id}" is disabled; take them out of the group, so that nobody counts on them`,
        );
  }
  if (config.responders.length === 0)
    warn('no-responders', ['responders'], "nobody may end other people's access in an incident; name some");
}

/** Wherever the configuration names people or groups. */
const subjectsOf = (config: Configuration): Subject[] => [
  ...config.responders,
  ...config.auditors,
  ...(config.reviewers ?? []),
  ...Object.values(config.directory.roles ?? {}).flatMap((role) => role.owners),
  ...Object.values(config.entitlements).flatMap((rule) => [
    ...rule.eligible,
    ...(rule.breakGlass?.eligible ?? []),
    ...rule.approval.steps.flatMap((step) => [...step.approvers, ...(step.escalateTo ?? [])]),
  ]),
];
