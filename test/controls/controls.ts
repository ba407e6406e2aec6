/** Ways to break the product, each with what should notice: data for `npm run test:controls`. */

export type Control = {
  readonly breaks: string;
  readonly file: string;
  /** Exactly one place of the file, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** Arguments of the test runner: the tests that should fail. */
  readonly noticed: readonly string[];
  /** What the tests are told besides. */
  readonly env?: Readonly<Record<string, string>>;
  /** So many worlds of the simulation, from a seed on: one of them at least should find it, too. */
  readonly worlds?: readonly [from: number, count: number];
};

const risks = (...names: readonly string[]): string[] => ['test/faults/risks.test.ts', '-t', names.join('|')];

export const CONTROLS: readonly Control[] = [
  {
    breaks: 'activation does not decide again',
    file: 'src/broker/activateGrant.ts',
    from: 'if (!permitted.ok) return permitted;',
    to: 'if (!permitted.ok) return ok(true);',
    noticed: risks('I1: a rule that is withdrawn'),
  },
  {
    breaks: 'a state that no events led to is believed',
    file: 'src/broker/activateGrant.ts',
    from: "if (forged !== undefined) return no({ reason: 'recordForged', detail: forged });",
    to: '',
    noticed: ['test/life/forged.test.ts'],
  },
  {
    breaks: 'one approval is enough, whatever the rule says',
    file: 'src/core/decision.ts',
    from: 'if (have < step.approvalsNeeded)',
    to: 'if (have < 1)',
    noticed: ['test/core', 'test/life/quorum.test.ts'],
  },
  {
    breaks: 'people approve their own requests',
    file: 'src/core/decision.ts',
    from: "return no({ reason: 'selfApproval', requester: grant.requester.name });",
    to: '',
    noticed: ['test/core', 'test/life/bad-decisions.test.ts'],
    worlds: [0, 40],
  },
  {
    breaks: 'a grant of a restored table goes on',
    file: 'src/broker/activateGrant.ts',
    from: "if (grant.tableId !== tableId) return no({ reason: 'restored', madeIn: grant.tableId });",
    to: 'void tableId;',
    noticed: risks('restore-cannot-revive'),
  },
  {
    breaks: 'the entry is not read back',
    file: 'src/broker/access.ts',
    from: '  return readBack(eks, desired, entryArn);',
    to: '  void readBack;\n  return { entryArn };',
    noticed: risks('pain 4'),
  },
  {
    breaks: 'somebody else’s entry is adopted',
    file: 'src/broker/access.ts',
    from: 'if (!isOurs(observed, ledger, claims[0].hub, grantIds)) {',
    to: 'if (!isOurs(observed, ledger, claims[0].hub, grantIds) && grantIds.length === 0) {',
    noticed: risks('I4: a role that has an entry'),
    worlds: [0, 40],
  },
  {
    breaks: 'whatever entry the role has is deleted',
    file: 'src/broker/access.ts',
    from: 'if (!observed || !isOurs(observed, removal, removal.hub, removal.grantIds)) return false;',
    to: 'if (!observed) return false;',
    noticed: risks('F13: ours deleted'),
    worlds: [0, 40],
  },
  {
    breaks: 'what was made is not on record',
    file: 'src/broker/revokeGrant.ts',
    from: '...(ledger?.entryArn !== undefined && { entryArn: ledger.entryArn }),',
    to: '',
    noticed: risks('F13: ours, its tags taken off'),
    worlds: [0, 40],
  },
  {
    breaks: 'who may have made an entry is not on record before it is made',
    file: 'src/broker/arm.ts',
    from: 'makers: [...new Set([...(ledger?.makers ?? []), claim.grantId])],',
    to: '',
    noticed: risks('I3-own-effect-is-never-foreign'),
    worlds: [0, 40],
  },
  {
    breaks: 'the claims of others are not looked at',
    file: 'src/broker/revokeGrant.ts',
    from: 'if ((await holders(deps, grant, read.claims)).length > 0)',
    to: 'if ((await holders(deps, grant, read.claims)).length > 99)',
    noticed: risks('pain 1:'),
  },
  {
    breaks: 'revoking only says so',
    file: 'src/broker/revokeGrant.ts',
    from: 'const absent = await ensureAbsent(deps.eks(grant.cluster), removalOf(grant, ledger));',
    to: 'void ensureAbsent;\n  const absent = { sent: true, clusterGone: false };',
    noticed: risks('pain 10', 'I3-config'),
  },
  {
    breaks: 'revoking asks the configuration',
    file: 'src/broker/revokeGrant.ts',
    from: 'const read = before ?? (await deps.store.readEntry(entryKeyOf(grant)));',
    to: 'if (!deps.config().clusters[grant.cluster.name]) return { kind: "over" };\n  const read = before ?? (await deps.store.readEntry(entryKeyOf(grant)));',
    noticed: risks('I3-config-emptied-mid-grant'),
    worlds: [0, 40],
  },
  {
    breaks: 'any 404 of a cluster is taken for its end',
    file: 'src/broker/access.ts',
    from: 'if (!found && !asksItsOwnAccount(cluster))',
    to: 'if (!found && !asksItsOwnAccount(cluster) && !cluster)',
    noticed: risks('wrong-account-404'),
  },
  {
    breaks: 'a cluster that was made again under its name is the same',
    file: 'src/broker/ground.ts',
    from: 'if (found.arn !== cluster.arn || found.createdAt !== preparation?.clusterCreatedAt) {',
    to: 'if (found.arn !== cluster.arn) {',
    noticed: risks('cluster-replaced'),
  },
  {
    breaks: 'a role that was made again under its name is the same',
    file: 'src/broker/ground.ts',
    from: 'if (role.roleId !== preparation.roleId) {',
    to: 'if (role.roleId === "") {',
    noticed: risks('F14: a role'),
  },
  {
    breaks: 'what somebody removed is made again',
    file: 'src/broker/activateGrant.ts',
    from: "return between(armedAt, deps.now()) < SHOWN_WITHIN ? 'wait' : 'removed';",
    to: "void [between, armedAt, SHOWN_WITHIN];\n  return 'make';",
    noticed: risks('removed-by-others-stays-removed: before'),
  },
  {
    breaks: 'live access is never read back again',
    file: 'src/broker/sweep.ts',
    from: 'return whileActive(grant, (active) => verifyGrant(deps, stored, active, ACTOR));',
    to: 'void verifyGrant;\n      return;',
    noticed: risks('removed-by-others-stays-removed: while it is active'),
  },
  {
    breaks: 'a late delete of our own is taken for somebody’s will',
    file: 'src/core/task.ts',
    from: 'deletedAt !== undefined && between(deletedAt, now)',
    to: 'deletedAt !== undefined && between(now, now) > 0 && between(deletedAt, now)',
    noticed: risks('F4: a late delete'),
  },
  {
    breaks: 'nobody looks back after the end',
    file: 'src/broker/sweep.ts',
    from: 'if (isOver(grant)) await settleGrant(deps, stored, grant, ACTOR);',
    to: 'void settleGrant;',
    noticed: risks('F4: a create'),
    worlds: [0, 40],
  },
  {
    breaks: 'the sweeper ends nothing',
    file: 'src/broker/sweep.ts',
    from: '      await revokeGrant(deps, grant.id, ACTOR);',
    to: '      void revokeGrant;',
    noticed: ['test/faults/single-role.test.ts', '-t', 'role, workflow false'],
    worlds: [0, 40],
  },
  {
    breaks: 'a failed revocation waits a day for its next try',
    file: 'src/core/task.ts',
    from: 'export const LONGEST_RETRY = minutes(15);',
    to: 'export const LONGEST_RETRY = minutes(15 * 96);',
    noticed: ['test/core/task.test.ts'],
  },
  {
    breaks: 'one dead account is tried again and again in one sweep',
    file: 'src/broker/sweep.ts',
    from: 'const BREAKER = 3;',
    to: 'const BREAKER = 3_000;',
    noticed: risks('500 due'),
  },
  {
    breaks: 'of a crowd, what was deleted is not read back',
    file: 'src/broker/drainProof.ts',
    from: 'if (present.has(grant.principal.arn)) {',
    to: 'if (present.has(grant.principal.arn) && deletes > 99) {',
    noticed: ['test/broker/drain.test.ts'],
  },
  {
    breaks: 'a cluster that does not list its entries is taken for one that has none',
    file: 'src/broker/bulkAbsence.ts',
    from: 'if (!present && cluster) throw',
    to: 'if (!present && cluster && !arn) throw',
    noticed: ['test/broker/drain.test.ts'],
  },
  {
    breaks: 'what waits for its next try is not reported overdue',
    file: 'src/broker/sweep.ts',
    from: 'deps.store.due(plus(startedAt, LONGEST_RETRY), BATCH)',
    to: 'deps.store.due(plus(startedAt, 0 as typeof LONGEST_RETRY), BATCH)',
    noticed: risks('wrong-account-404-is-not-gone: only'),
  },
  {
    breaks: 'two clocks that differ are no reason not to give',
    file: 'src/broker/sweep.ts',
    from: 'const agree = Math.abs(off) <= CLOCKS_AGREE_WITHIN;',
    to: 'const agree = Math.abs(off) <= CLOCKS_AGREE_WITHIN * 1_000;',
    noticed: risks('F40'),
  },
  {
    breaks: 'the entry’s tag is not raised',
    file: 'src/broker/access.ts',
    from: '  await raiseTags(eks, observed, desired);',
    to: '  void raiseTags;',
    noticed: risks('I9: the entry'),
  },
  {
    breaks: 'nobody looks at a shared tag once more after raising it',
    file: 'src/broker/tendGrant.ts',
    from: 'if (settlesAt !== undefined) return',
    to: 'if (settlesAt === -1) return',
    noticed: risks('I9: a late write'),
  },
  {
    breaks: 'lost access is made again without a look at the cluster',
    file: 'src/broker/tendGrant.ts',
    from: 'if (moved !== undefined) return',
    to: "if (moved === '') return",
    noticed: risks('cluster-replaced-while'),
  },
  {
    breaks: 'what came late to a cluster that was made again is left there',
    file: 'src/broker/access.ts',
    from: 'if (!observed || !isOurs(observed, removal, removal.hub, removal.grantIds)) return false;',
    to: 'if (!observed || (await isClusterGone(eks, removal)) || !isOurs(observed, removal, removal.hub, removal.grantIds)) return false;',
    noticed: risks('cluster-replaced: a create'),
  },
  {
    breaks: 'an entry whose making was cut short by a death is taken for somebody’s own',
    file: 'src/broker/access.ts',
    from: 'const grantIds = [...claims.map((claim) => claim.grantId), ...(ledger.makers ?? [])];',
    to: 'const grantIds: string[] = [];',
    noticed: ['test/life/killing.test.ts', '-t', 'mycluster-admin'],
    env: { HALLPASS_BARRIER: 'after eks CreateAccessEntry 1' },
  },
  {
    breaks: 'a deployment may drop a cluster with live access',
    file: 'src/core/leaving.ts',
    from: 'isArmed(grant) ||',
    to: '',
    noticed: ['test/core/leaving.test.ts', 'test/infra/guard.test.ts'],
  },
  {
    breaks: 'a deployment that cannot be judged goes on',
    file: 'src/aws/custom-resource.ts',
    from: 'answerTo(asked, refusal)',
    to: 'answerTo(asked, refusal?.startsWith(cannotTell) ? undefined : refusal)',
    noticed: ['test/infra/guard.test.ts', '-t', 'I8'],
  },
  {
    breaks: 'a step of the release before is no longer served',
    file: 'src/broker/performStep.ts',
    from: "    case 'AwaitStart':\n",
    to: '',
    noticed: ['test/life/previous-release.test.ts'],
  },
  {
    breaks: 'the role’s trust goes by a name that the caller makes up',
    file: 'src/core/trust.ts',
    from: "StringEquals: { 'aws:userid': trusts.userId },",
    to: "StringEquals: { 'sts:RoleSessionName': trusts.userId.split(':')[1] ?? '' },",
    noticed: ['test/life/assume.test.ts', 'test/core'],
  },
  {
    breaks: 'events are written apart from the state they explain',
    file: 'src/aws/store.ts',
    from: "for (const event of events) put('grant', eventItem(event), fresh);",
    to: 'void [events, eventItem, fresh];',
    noticed: ['test/life/one-grant.test.ts', 'test/store'],
  },
];
