/** The rules of `lint` by their ids, which never change: people write them down where they accept one. */
import type { Configuration, Subject } from './configuration.ts';
import type { MembersOf } from './members.ts';

export const LINT_RULES = {
  'reads-secrets': 'the policy reads Secrets, and with them every token and password kept there',
  'writes-secrets': 'the policy makes Secrets, and with them tokens of any service account within its scope',
  'exec-and-impersonate': 'the policy runs commands in pods and acts as service accounts: it can do whatever they can',
  'edits-aws-auth': 'the access can write aws-auth on a cluster that reads it: whoever had it once can stay',
  'reaches-kube-system': 'a pattern of namespaces matches kube-system',
  'kubernetes-groups': "what the groups may do is in the cluster's RBAC, which cannot be seen from here",
  'open-to-many': 'a standing role that others than those eligible can assume while a grant lives',
  'very-long': 'the access lasts so long that nobody will remember what it was for',
  'long-window': 'a request can be approved long after what it was for is over',
  'admin-auto-approved': 'access that changes what runs, or an extension of it, without anybody deciding',
  'no-reason-needed': 'access that changes what runs, with neither justification nor ticket',
  'one-approver': 'a step that hangs on one person, who may be away or may be the one who asks',
  'nobody-could-approve': 'somebody who may ask, and for whom nobody could decide',
  'nobody-eligible': 'nobody could ask for it',
  'warned-at-once': 'the warning before the end comes when the access has only begun',
  'no-responders': "nobody may end other people's access",
  'disabled-member': 'somebody who is disabled and still a member of a group',
  'unused-group': 'a group that no rule names',
  'unused-person': 'somebody whom no rule names and no group has',
  'unused-cluster': 'a cluster that no entitlement covers',
} as const;

export type LintRule = keyof typeof LINT_RULES;

export type Warning = {
  readonly rule: LintRule;
  /** From the root of hallpass.yaml: keys of mappings and indexes of lists. */
  readonly path: readonly (string | number)[];
  readonly message: string;
};

export type LintContext = {
  readonly config: Configuration;
  readonly membersOf: MembersOf;
  /** False where a group is among them whose members are kept elsewhere: then nothing can be said of who they are. */
  readonly areKnown: (subjects: readonly Subject[]) => boolean;
  readonly warn: (rule: LintRule, path: Warning['path'], message: string) => void;
};

/** `alice, bob and 17 others`: a warning is one line however many people it is about. */
export function someOf(ids: readonly string[], most = 3): string {
  if (ids.length <= most + 1) return ids.join(', ');
  return `${ids.slice(0, most).join(', ')} and ${ids.length - most} others`;
}
