/** On which terms an entitlement is given, before and after; and which way each change goes. */
import type { ApprovalStep, Entitlement, OfferedAccess, PrincipalPlan } from './configuration.ts';
import { type MembersOf, subjectText } from './members.ts';
import { covers } from './policy-order.ts';
import { type Duration, formatDuration } from './time.ts';

/** `unclear` is taken for wider by whoever has to choose; `neutral` changes nobody's access. */
export type Direction = 'wider' | 'narrower' | 'unclear' | 'neutral';
export type TermChange = {
  readonly term: string;
  readonly was: string;
  readonly now: string;
  readonly direction: Direction;
};

export type Terms = { readonly rule: Entitlement; readonly membersOf: MembersOf };
type Term = {
  readonly text: (terms: Terms) => string;
  /** Asked only when something of the term changed. */
  readonly direction: (was: Terms, now: Terms) => Direction;
  /** What the term comes to, where its text does not say it all. */
  readonly value?: (terms: Terms) => unknown;
};

const longer = (was: Duration | undefined, now: Duration | undefined): Direction =>
  (now ?? 0) > (was ?? 0) ? 'wider' : 'narrower';
const demand = (was: boolean, now: boolean): Direction => {
  if (was === now) return 'unclear';
  return was ? 'wider' : 'narrower';
};

/** Keys of an entitlement that are compared by what they mean. Any other key that differs is `unclear`. */
const TERMS: Readonly<Partial<Record<string, Term>>> = {
  access: {
    text: ({ rule }) => accessText(rule.access),
    direction: (was, now) => (covers(was.rule.access, now.rule.access) ? 'narrower' : 'wider'),
  },
  principal: {
    text: ({ rule }) => principalText(rule.principal),
    direction: (was, now) => principalDirection(was.rule.principal, now.rule.principal),
  },
  maxDuration: {
    text: ({ rule }) => formatDuration(rule.maxDuration),
    direction: (was, now) => longer(was.rule.maxDuration, now.rule.maxDuration),
  },
  defaultDuration: { text: ({ rule }) => formatDuration(rule.defaultDuration), direction: () => 'neutral' },
  justification: {
    text: ({ rule: { justification } }) =>
      justification.required ? `required, at least ${justification.minLength} characters` : 'not required',
    direction: ({ rule: was }, { rule: now }) =>
      was.justification.required === now.justification.required
        ? demand(
            was.justification.minLength > now.justification.minLength,
            was.justification.minLength < now.justification.minLength,
          )
        : demand(was.justification.required, now.justification.required),
  },
  ticket: {
    text: ({ rule: { ticket } }) =>
      `${ticket.required ? 'required' : 'not required'}${ticket.pattern ? `, ${ticket.pattern}` : ''}`,
    direction: ({ rule: was }, { rule: now }) => demand(was.ticket.required, now.ticket.required),
    value: ({ rule }) => rule.ticket,
  },
  approval: {
    text: approvalText,
    direction: (was, now) => approvalDirection(was, now),
    value: ({ rule, membersOf }) => ({
      ...rule.approval,
      steps: rule.approval.steps.map((step) => ({ ...step, approvers: [...membersOf(step.approvers)].sort() })),
    }),
  },
  extension: {
    text: ({ rule: { extension } }) =>
      extension
        ? `up to ${formatDuration(extension.maxTotal)} in all${extension.autoApprove ? ', without asking' : ''}`
        : 'none',
    direction: ({ rule: was }, { rule: now }) =>
      was.extension?.autoApprove === now.extension?.autoApprove || !was.extension || !now.extension
        ? longer(was.extension?.maxTotal, now.extension?.maxTotal)
        : demand(!was.extension.autoApprove, !now.extension.autoApprove),
  },
  notify: { text: ({ rule }) => textOf(rule.notify), direction: () => 'neutral' },
  conditions: {
    text: ({ rule }) => textOf(conditionsOf(rule)),
    // All of them have to hold: one more refuses more. What another text of one comes to, only people can say.
    direction: ({ rule: was }, { rule: now }) => {
      const after = new Set(conditionsOf(now).map(textOf));
      return conditionsOf(was).every((one) => after.has(textOf(one))) ? 'narrower' : 'unclear';
    },
  },
  description: { text: ({ rule }) => rule.description, direction: () => 'neutral' },
};

/** Compared by the cells that they make, or a digest of all the rest. */
const APART: ReadonlySet<string> = new Set(['id', 'clusters', 'eligible', 'digest'] satisfies (keyof Entitlement)[]);

export function compareTerms(was: Terms, now: Terms): TermChange[] {
  const keys = [...new Set([...Object.keys(was.rule), ...Object.keys(now.rule)])] as (keyof Entitlement)[];
  return keys
    .filter((key) => !APART.has(key))
    .flatMap((key) => {
      const term = TERMS[key] ?? unknownTerm(key);
      const value = term.value ?? term.text;
      if (JSON.stringify(value(was)) === JSON.stringify(value(now))) return [];
      return [{ term: key, was: term.text(was), now: term.text(now), direction: term.direction(was, now) }];
    });
}

const textOf = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
const conditionsOf = (rule: object): readonly unknown[] =>
  'conditions' in rule && Array.isArray(rule.conditions) ? rule.conditions : [];

/** What else a key does, only people can say. */
const unknownTerm = (key: keyof Entitlement): Term => ({
  text: ({ rule }) => textOf(rule[key]),
  direction: () => 'unclear',
});

function accessText(access: OfferedAccess): string {
  if (access.kind === 'groups') return `groups ${access.kubernetesGroups.join(', ')}`;
  return access.scope === 'cluster' ? access.policy : `${access.policy} in ${access.namespaces.join(', ')}`;
}

const principalText = (principal: PrincipalPlan): string =>
  principal.mode === 'dedicated' ? 'dedicated' : `${principal.role}, assumable by ${principal.assumableBy.join(', ')}`;

function principalDirection(was: PrincipalPlan, now: PrincipalPlan): Direction {
  if (now.mode === 'dedicated') return 'narrower';
  if (was.mode === 'dedicated') return 'wider';
  if (was.role !== now.role) return 'unclear';
  return now.assumableBy.every((arn) => was.assumableBy.includes(arn)) ? 'narrower' : 'wider';
}

function approvalText({ rule: { approval } }: Terms): string {
  const steps = approval.steps.map(
    ({ approvers, approvalsNeeded, channels }) =>
      `${approvalsNeeded} of ${approvers.map(subjectText).join(', ')}${channels.length > 0 ? ` through ${channels.join(', ')}` : ''}`,
  );
  const who = approval.autoApprove ? 'nobody is asked' : steps.join(', then ');
  return `${who}, within ${formatDuration(approval.window)}`;
}

/** Harder: whoever could say yes together now could before. Of anything else it is not certain, so it counts as wider. */
function approvalDirection(was: Terms, now: Terms): Direction {
  if (now.rule.approval.autoApprove) return was.rule.approval.autoApprove ? windows(was, now) : 'wider';
  if (was.rule.approval.autoApprove) return 'narrower';
  const before = was.rule.approval.steps;
  const after = now.rule.approval.steps;
  const harder =
    after.length >= before.length &&
    before.every((step, index) => {
      const then = after[index];
      return then !== undefined && isHarder(step, then, was.membersOf, now.membersOf);
    });
  return harder && now.rule.approval.window <= was.rule.approval.window ? 'narrower' : 'wider';
}

const windows = (was: Terms, now: Terms): Direction => longer(was.rule.approval.window, now.rule.approval.window);

function isHarder(was: ApprovalStep, now: ApprovalStep, before: MembersOf, after: MembersOf): boolean {
  const could = before(was.approvers);
  const channels =
    was.channels.length === 0 || (now.channels.length > 0 && now.channels.every((one) => was.channels.includes(one)));
  return (
    channels && now.approvalsNeeded >= was.approvalsNeeded && [...after(now.approvers)].every((id) => could.has(id))
  );
}
