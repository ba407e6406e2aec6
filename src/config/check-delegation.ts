/** Rules on delegations: real people, real dates, somebody who has something to delegate, and no circle. */

import type { Delegation } from '../core/configuration.ts';
import { circleThrough, parseDay } from '../core/delegation.ts';
import { days, formatDuration, plus } from '../core/time.ts';
import { buildDelegation } from './build.ts';
import { type Context, checkDoubles, unknownName } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import type { FileDelegation } from './schema.ts';
import { livingAmong } from './subject.ts';

/** Whoever is away for longer is no approver any more. */
const LONGEST = days(366);

export function checkDelegations(context: Context): void {
  const known: Delegation[] = [];
  for (const [index, delegation] of (context.draft.delegations ?? []).entries()) {
    const path = ['delegations', index];
    checkPeople(path, delegation, context);
    checkEntitlements(path, delegation, context);
    if (!checkDates(path, delegation, context)) continue;
    const built = buildDelegation(delegation);
    const circle = built.to.includes(built.from) ? undefined : circleThrough(built, known);
    if (circle)
      context.report(
        [...path, 'to'],
        `a circle: at some moment each of ${circle.join(' → ')} would be away; name others, or other dates`,
      );
    known.push(built);
  }
}

function checkPeople(path: Path, { from, to }: FileDelegation, context: Context): void {
  const { names, report } = context;
  checkDoubles([...path, 'to'], to, report);
  const named: (readonly [Path, string])[] = [
    [[...path, 'from'], from],
    ...to.map((id, index) => [[...path, 'to', index], id] as const),
  ];
  for (const [at, id] of named) {
    if (names.people && !names.people.includes(id)) report(at, unknownName('person', id, names.people));
    else if (livingAmong([id], context)?.size === 0) report(at, `"${id}" has left (disabled); name somebody else`);
  }
  for (const [index, id] of to.entries())
    if (id === from) report([...path, 'to', index], `${id} delegates to themself; name somebody else`);
}

function checkEntitlements(path: Path, { from, entitlements }: FileDelegation, context: Context): void {
  const { draft, names, report } = context;
  if (names.people && !names.people.includes(from)) return;
  const rules = draft.entitlements ?? {};
  for (const [index, id] of (entitlements ?? []).entries()) {
    const at = [...path, 'entitlements', index];
    if (!Object.hasOwn(rules, id)) report(at, unknownName('entitlement', id, Object.keys(rules)));
    else if (approves(from, id, context) === false)
      report(at, `"${from}" is no approver of "${id}", so there is nothing to delegate`);
  }
  if (entitlements || Object.keys(rules).length === 0) return;
  if (Object.keys(rules).every((id) => approves(from, id, context) === false))
    report([...path, 'from'], `"${from}" is no approver of any entitlement, so there is nothing to delegate`);
}

/** Undefined where a broken part of the file keeps it from being known. */
function approves(person: string, entitlement: string, context: Context): boolean | undefined {
  const steps = context.draft.entitlements?.[entitlement]?.approval.steps ?? [];
  const people = steps.map((step) => livingAmong([...step.approvers, ...(step.escalateTo ?? [])], context));
  if (people.some((some) => some?.has(person))) return true;
  return people.includes(undefined) ? undefined : false;
}

function checkDates(path: Path, { starts, ends }: FileDelegation, { report }: Context): boolean {
  const [from, until] = [parseDay(starts), parseDay(ends)];
  const unreadable = (key: string, text: string): void =>
    report(
      [...path, key],
      `${quote(text)} is no date; write 2026-12-01, or a moment with its zone: 2026-12-01T18:00:00+01:00`,
    );
  if (!from) unreadable('starts', starts);
  if (!until) unreadable('ends', ends);
  if (!from || !until) return false;
  if (until.until <= from.from) report([...path, 'ends'], `${ends} is before it starts, ${starts}`);
  else if (until.until > plus(from.from, LONGEST))
    report(
      [...path, 'ends'],
      `longer than ${formatDuration(LONGEST)}; whoever is away for longer is no approver any more`,
    );
  else return true;
  return false;
}
