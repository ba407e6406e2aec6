/** Can somebody say yes? An entitlement that nobody could ever approve is a mistake, not a policy. */
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import type { FileEntitlement, FileStep } from './schema.ts';
import { checkSubjects, livingAmong } from './subject.ts';

type Quorum = { readonly people: ReadonlySet<string>; readonly needed: number };

export function checkApproval(path: Path, rule: FileEntitlement, context: Context): void {
  const { steps, autoApprove } = rule.approval;
  for (const [index, step] of steps.entries())
    checkSubjects([...path, 'steps', index, 'approvers'], step.approvers, context);
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
    livingAmong(rule.eligible, context),
  );
  if (problem !== undefined) context.report(path, problem);
}

function stepProblem({ people, needed }: Quorum): string | undefined {
  if (people.size >= needed) return undefined;
  const who = people.size === 0 ? 'nobody here' : `only ${[...people].join(', ')}`;
  return `nobody could approve this: ${needed} needed, and ${who} can, disabled people left out; name more approvers`;
}

/** The requester never counts, and one person counts once in a grant. */
function togetherProblem(quorums: readonly Quorum[], requesters: ReadonlySet<string> | undefined): string | undefined {
  if (!canBeMet(quorums, undefined))
    return 'nobody could approve this: one person counts once in a grant, and the steps need more people than there are; name more approvers';
  if (!requesters || requesters.size === 0) return undefined;
  if ([...requesters].some((id) => canBeMet(quorums, id))) return undefined;
  return 'nobody could approve this: requesters never count, and without them there are too few for anyone eligible; name more approvers';
}

/** Hall's theorem: different people can be found if any choice of steps has as many approvers as it needs in all. */
function canBeMet(quorums: readonly Quorum[], without: string | undefined): boolean {
  for (let choice = 1; choice < 2 ** quorums.length; choice++) {
    const chosen = quorums.filter((_, index) => (choice >> index) & 1);
    const people = new Set(chosen.flatMap((quorum) => [...quorum.people]).filter((id) => id !== without));
    if (people.size < chosen.reduce((sum, quorum) => sum + quorum.needed, 0)) return false;
  }
  return true;
}

function quorumOf({ approvers, approvalsNeeded }: FileStep, context: Context): Quorum | undefined {
  const people = livingAmong(approvers, context);
  return people && { people, needed: approvalsNeeded };
}
