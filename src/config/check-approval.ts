/** Can somebody say yes? An entitlement that nobody could ever approve is a mistake, not a policy. */
import { canBeMet, type Quorum } from '../core/quorum.ts';
import { checkNudge, checkNudges } from './check-nudge.ts';
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import type { FileEntitlement, FileStep } from './schema.ts';
import { checkSubjects, livingAmong, parseSubject } from './subject.ts';

export function checkApproval(path: Path, rule: FileEntitlement, context: Context): void {
  const { steps, autoApprove } = rule.approval;
  for (const [index, step] of steps.entries()) {
    checkSubjects([...path, 'steps', index, 'approvers'], step.approvers, context);
    checkNudges([...path, 'steps', index], step, rule, context);
  }
  if (rule.approval.remindEvery !== undefined)
    checkNudge([...path, 'remindEvery'], rule.approval.remindEvery, rule, context);
  if (autoApprove && steps.length > 0)
    context.report(
      [...path, 'autoApprove'],
      'autoApprove together with steps: nobody would be asked; keep one of them',
    );
  if (!autoApprove && steps.length === 0)
    context.report(path, 'nobody could approve this: no steps; add one, or set autoApprove: true');
  if (!autoApprove && steps.length > 0) checkQuorums([...path, 'steps'], rule, context);
}

function checkQuorums(path: Path, rule: FileEntitlement, context: Context): void {
  const quorums = rule.approval.steps.map((step) => quorumOf(step, context));
  const short = quorums.map((quorum) => quorum && stepProblem(quorum));
  for (const [index, problem] of short.entries()) {
    if (problem !== undefined) context.report([...path, index, 'approvers'], problem);
  }
  if (short.some((problem) => problem !== undefined)) return;
  const problem = togetherProblem(
    quorums.filter((quorum) => quorum !== undefined),
    requestersOf(rule, context),
  );
  if (problem !== undefined) context.report(path, problem);
}

function stepProblem({ people, needed }: Quorum): string | undefined {
  if (people.size >= needed) return undefined;
  const who = people.size === 0 ? 'nobody here' : `only ${[...people].join(', ')}`;
  return `nobody could approve this: ${needed} needed, and ${who} can, disabled people left out; name more approvers`;
}

/** The requester never counts, and one person counts once in a grant. */
function togetherProblem(
  quorums: readonly Quorum[],
  requesters: readonly (() => ReadonlySet<string>)[] | undefined,
): string | undefined {
  if (!canBeMet(quorums))
    return 'nobody could approve this: one person counts once in a grant, and the steps need more people than there are; name more approvers';
  if (!requesters || requesters.length === 0) return undefined;
  if (requesters.some((behind) => canBeMet(quorums, behind()))) return undefined;
  return 'nobody could approve this: requesters never count, and without them there are too few for anyone eligible; name more approvers';
}

/** For each that may ask, the people who then may not approve: the person, or the owners of a role. */
function requestersOf({ eligible }: FileEntitlement, context: Context): (() => ReadonlySet<string>)[] | undefined {
  const people = livingAmong(eligible, context);
  const owners = eligible.flatMap((text) => {
    const subject = parseSubject(text);
    const role = subject.kind === 'role' ? context.draft.identities?.roles?.[subject.id] : undefined;
    return role ? [livingAmong(role.owners, context)] : [];
  });
  if (!people || owners.includes(undefined)) return undefined;
  const known = owners.filter((one) => one !== undefined);
  // Mostly the first of them settles it: of thousands no set is made in advance.
  return [...[...people].map((id) => () => new Set([id])), ...known.map((one) => () => one)];
}

function quorumOf({ approvers, approvalsNeeded }: FileStep, context: Context): Quorum | undefined {
  const people = livingAmong(approvers, context);
  return people && { people, needed: approvalsNeeded };
}
