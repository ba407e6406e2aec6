/**
 * F17, F19: a Slack account is somebody only if a signed-in person linked it. Would catch a code that can be guessed,
 * used twice or long after, an account taken over by saying a code, two people behind one account, and a requester who
 * approves through an account that was theirs.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import { slackCaller, slackUserOf, withLinks } from '../../src/broker/linkedAccounts.ts';
import { beginLink, linkIdentity, previewLink, readLinks, unlinkIdentity } from '../../src/broker/linkIdentity.ts';
import { canonicalJson } from '../../src/core/canonical.ts';
import { LINK_CODE_RANDOM_BYTES, linkCode, parseLinkCode } from '../../src/core/link.ts';
import { configFor, person } from '../core/fixtures.ts';
import { newWorld, sha256, type World } from './fake-world.ts';

const TEAM = 'T0123ABCD';
const ADA = { teamId: TEAM, userId: 'U0ADA', name: 'ada.a' };

let world: World;
beforeEach(() => {
  world = newWorld();
  world.config = { ...world.config, slack: { teamId: TEAM } };
});

const signedIn = (id: string) => ({ person: world.person(id), channel: 'cli', proof: `test:${id}` }) as const;
async function codeFor(who: { teamId: string; userId: string }): Promise<string> {
  const begun = await beginLink(world.deps, who);
  if (!begun.ok) throw new Error(begun.error.reason);
  return begun.value.code;
}
const say = async (id: string, code: string): Promise<string> => {
  const said = await linkIdentity(world.deps, { ...signedIn(id), code });
  return said.ok ? said.value.userId : said.error.reason;
};
const letGo = async (id: string, userId: string): Promise<string> => {
  const done = await unlinkIdentity(world.deps, { ...signedIn(id), userId });
  return done.ok ? 'unlinked' : done.error.reason;
};
const whoIs = async (userId: string, teamId = TEAM): Promise<string | undefined> =>
  (await slackCaller(world.deps, { teamId, userId }))?.person.id;

describe('an account is who said its code', () => {
  test('before, nobody; after, her; with what she is known by', async () => {
    expect(await whoIs('U0ADA')).toBeUndefined();
    expect(await say('ada', await codeFor(ADA))).toBe('U0ADA');
    expect(await slackCaller(world.deps, ADA)).toEqual({
      person: { ...world.person('ada'), slack: [{ teamId: TEAM, userId: 'U0ADA' }] },
      channel: 'slack',
      proof: `slack:${TEAM}:U0ADA`,
    });
  });

  test('a role that is not a person links nothing', async () => {
    const code = await codeFor(ADA);
    const role = { ...world.person('ada'), id: 'role:pipeline', owners: [{ kind: 'person', id: 'bob' }] } as const;
    const said = await linkIdentity(world.deps, { person: role, channel: 'api', proof: 'test', code });
    expect(said).toMatchObject({ error: { reason: 'roleNeverLinks' } });
    expect(await whoIs('U0ADA')).toBeUndefined();
  });

  test('whom to write to, and nobody who linked nothing', async () => {
    expect(await slackUserOf(world.deps, 'ada')).toBeUndefined();
    await say('ada', await codeFor(ADA));
    expect(await slackUserOf(world.deps, 'ada')).toEqual({ teamId: TEAM, userId: 'U0ADA' });
    await letGo('ada', 'U0ADA');
    expect(await slackUserOf(world.deps, 'ada')).toBeUndefined();
  });

  test.each([
    ['another account of the workspace', 'U0BOB', TEAM],
    ['the same number in another workspace', 'U0ADA', 'T0OTHER'],
    ['the same in other letters', 'u0ada', TEAM],
    ['nothing', '', TEAM],
  ])('%s is nobody', async (_what, userId, teamId) => {
    await say('ada', await codeFor(ADA));
    expect(await whoIs(userId, teamId)).toBeUndefined();
  });

  test('whoever left is nobody; without the workspace in the configuration, everybody is', async () => {
    await say('ada', await codeFor(ADA));
    const { config } = world;
    world.config = configFor({ people: { ada: person('ada', { disabled: true }) } }, config);
    expect(await whoIs('U0ADA')).toBeUndefined();
    world.config = configFor({ people: {} }, config);
    expect(await whoIs('U0ADA')).toBeUndefined();
    const { slack: _none, ...without } = config;
    world.config = without;
    expect(await whoIs('U0ADA')).toBeUndefined();
    world.config = { ...config, slack: { teamId: 'T0MOVED' } };
    expect(await whoIs('U0ADA')).toBeUndefined();
    world.config = config;
    expect(await whoIs('U0ADA')).toBe('ada');
  });

  test('a code for an account of another workspace is not given out', async () => {
    expect(await beginLink(world.deps, { teamId: 'T0OTHER', userId: 'U1' })).toMatchObject({
      error: { reason: 'notRecognised' },
    });
  });

  test('what is shown before the yes is the account, and nothing is linked by looking', async () => {
    const code = await codeFor(ADA);
    const shown = await previewLink(world.deps, { ...signedIn('bob'), code });
    expect(shown).toMatchObject({ ok: true, value: { userId: 'U0ADA', name: 'ada.a' } });
    expect(await whoIs('U0ADA')).toBeUndefined();
    expect(await say('ada', code)).toBe('U0ADA');
  });
});

describe('codes', () => {
  test('serve once', async () => {
    const code = await codeFor(ADA);
    expect(await say('ada', code)).toBe('U0ADA');
    expect(await letGo('ada', 'U0ADA')).toBe('unlinked');
    expect(await say('bob', code)).toBe('linkCodeNotGood');
    expect(await say('ada', code)).toBe('linkCodeNotGood');
    expect(await whoIs('U0ADA')).toBeUndefined();
  });

  test('said again by the same person after the answer was lost: the same answer, and one event', async () => {
    const code = await codeFor(ADA);
    expect(await say('ada', code)).toBe('U0ADA');
    expect(await say('ada', code)).toBe('U0ADA');
    expect(await say('bob', code)).toBe('linkCodeNotGood');
    expect(await world.deps.links.readEvents('ada')).toHaveLength(1);
  });

  test.each([
    [9.99, 'U0ADA'],
    [10, 'linkCodeNotGood'],
    [11, 'linkCodeNotGood'],
  ])('after %d minutes: %s', async (minutes, answer) => {
    const code = await codeFor(ADA);
    world.advance(minutes);
    expect(await say('ada', code)).toBe(answer);
  });

  test('a newer one voids the one before', async () => {
    const first = await codeFor(ADA);
    const second = await codeFor(ADA);
    expect(await say('ada', first)).toBe('linkCodeNotGood');
    expect(await say('ada', second)).toBe('U0ADA');
  });

  test('are stored as hashes only', async () => {
    const code = await codeFor(ADA);
    const stored = JSON.stringify(await world.deps.links.readAccount(ADA));
    expect(stored).toContain('"hash"');
    for (const form of [code, code.replaceAll('-', ''), code.toLowerCase()]) expect(stored).not.toContain(form);
    expect(world.lines.join('\n')).not.toContain(code);
  });

  test('are read however they are typed', async () => {
    const code = await codeFor(ADA);
    expect(
      await say('ada', ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`),
    ).toBe('U0ADA');
  });

  test.each([
    '',
    'K7QF-2M9X-TR4',
    'K7QF-2M9X-TR400',
    'K7QF-2M9X-TR4!',
    'K7QF-2M9X-TRUE',
    '‐'.repeat(12),
    'x'.repeat(10_000),
  ])('"%.20s" is none', (text) => expect(parseLinkCode(text)).toBeUndefined());

  test('60 bits: every random byte counts, five bits of it', () => {
    const codes = new Set<string>();
    for (let place = 0; place < LINK_CODE_RANDOM_BYTES; place++)
      for (let value = 0; value < 32; value++) {
        const bytes = new Uint8Array(LINK_CODE_RANDOM_BYTES);
        bytes[place] = value;
        codes.add(linkCode(bytes));
      }
    // All zero is the same whichever place it is made from.
    expect(codes.size).toBe(LINK_CODE_RANDOM_BYTES * 31 + 1);
    for (const code of codes) expect(parseLinkCode(code)).toBe(code);
    expect(() => linkCode(new Uint8Array(LINK_CODE_RANDOM_BYTES - 1))).toThrow(RangeError);
  });
});

describe('guessing', () => {
  const GUESS = 'AAAA-AAAA-AAAA';

  test('ten attempts an hour, and the right code is not looked at any more', async () => {
    const code = await codeFor(ADA);
    for (let n = 0; n < 10; n++) expect(await say('bob', GUESS)).toBe('linkCodeNotGood');
    expect(await say('bob', code)).toBe('tooManyLinkAttempts');
    expect(await previewLink(world.deps, { ...signedIn('bob'), code })).toMatchObject({
      error: { reason: 'tooManyLinkAttempts', limit: 10, again: world.now() + 3_600_000 },
    });
    expect(await say('ada', code)).toBe('U0ADA');
    world.advance(60);
    expect(await say('bob', GUESS)).toBe('linkCodeNotGood');
  });

  test('a look counts as much as a try: a preview is no oracle', async () => {
    for (let n = 0; n < 10; n++) await previewLink(world.deps, { ...signedIn('bob'), code: GUESS });
    expect(await say('bob', GUESS)).toBe('tooManyLinkAttempts');
  });

  test('thirty at the same moment are ten at most', async () => {
    const looked: string[] = [];
    world.afterCall = (name) => void (name === 'links.accountOfCode' && looked.push(name));
    await Promise.allSettled(Array.from({ length: 30 }, () => say('bob', GUESS)));
    expect(looked.length).toBeLessThanOrEqual(10);
    expect((await world.deps.links.readRecord('bob'))?.attempts.length).toBe(looked.length);
  });

  test('five codes an hour for one account', async () => {
    for (let n = 0; n < 5; n++) await codeFor(ADA);
    expect(await beginLink(world.deps, ADA)).toMatchObject({ error: { reason: 'tooManyLinkCodes' } });
    await codeFor({ teamId: TEAM, userId: 'U0BOB' });
    world.advance(60);
    await codeFor(ADA);
  });
});

describe('one account is one person', () => {
  beforeEach(async () => {
    expect(await say('ada', await codeFor(ADA))).toBe('U0ADA');
  });

  test('a linked account is given no code, so nobody can take it over', async () => {
    expect(await beginLink(world.deps, ADA)).toMatchObject({ error: { reason: 'accountLinked', userId: 'U0ADA' } });
  });

  test('a person has one account: a second is refused until the first is let go', async () => {
    const second = { teamId: TEAM, userId: 'U0SECOND' };
    expect(await say('ada', await codeFor(second))).toBe('personLinked');
    expect(await letGo('ada', 'U0ADA')).toBe('unlinked');
    expect(await say('ada', await codeFor(second))).toBe('U0SECOND');
    expect(await whoIs('U0ADA')).toBeUndefined();
    expect(await whoIs('U0SECOND')).toBe('ada');
  });

  test.each([
    ['her', 'ada', 'unlinked', undefined],
    ['a responder', 'fay', 'unlinked', undefined],
    ['an approver', 'bob', 'notLinked', 'ada'],
    ['an auditor', 'eve', 'notLinked', 'ada'],
  ])('unlinked by %s: %s', async (_what, by, answer, then) => {
    expect(await letGo(by, 'U0ADA')).toBe(answer);
    expect(await whoIs('U0ADA')).toBe(then);
  });

  test('an account that nobody has reads the same to whoever may not ask', async () => {
    expect(await letGo('bob', 'U0NOBODY')).toBe('notLinked');
    expect(await letGo('fay', 'U0NOBODY')).toBe('notLinked');
  });

  test.each([
    ['ada', true],
    ['fay', true],
    ['eve', true],
    ['bob', false],
  ])('%s reads her links: %s', async (reader, may) => {
    const read = await readLinks(world.deps, world.person(reader), 'ada');
    expect(read.ok).toBe(may);
    if (read.ok) expect(read.value.accounts).toMatchObject([{ userId: 'U0ADA', name: 'ada.a' }]);
  });

  test('I6: what happened is a chain of events, each with who did it', async () => {
    await letGo('fay', 'U0ADA');
    expect(await say('ada', await codeFor(ADA))).toBe('U0ADA');
    const events = await world.deps.links.readEvents('ada');
    expect(events.map(({ n, body, actor }) => [n, body.type, actor.kind === 'person' && actor.id])).toEqual([
      [1, 'linked', 'ada'],
      [2, 'unlinked', 'fay'],
      [3, 'linked', 'ada'],
    ]);
    let previous = 'person:ada';
    for (const { hash, ...rest } of events) {
      expect(rest.previous).toBe(previous);
      expect(sha256(canonicalJson(rest))).toBe(hash);
      previous = hash;
    }
    expect((await world.deps.links.readRecord('ada'))?.chain).toEqual({ n: 3, hash: previous });
  });
});

describe('a process that dies between any two calls', () => {
  test.each(['crashBefore', 'crashAfter', 'failBefore', 'failAfter', 'twice'] as const)('%s', async (fault) => {
    let struckAll = true;
    for (let n = 1; struckAll; n++) {
      world = newWorld();
      world.config = { ...world.config, slack: { teamId: TEAM } };
      const code = await codeFor(ADA);
      world.strike(n, fault);
      await say('ada', code).catch(() => 'struck');
      struckAll = world.wasStruck();
      world.calm();
      // Said again: linked once and for all, whichever call was struck.
      expect(await say('ada', code)).toBe('U0ADA');
      expect(await whoIs('U0ADA')).toBe('ada');
      expect((await world.deps.links.readEvents('ada')).map((event) => event.body.type)).toEqual(['linked']);
      expect((await world.deps.links.readRecord('ada'))?.accounts).toHaveLength(1);
    }
  });
});

describe('F17: no approval through an account that the requester had', () => {
  test('asked while it was hers, decided by whoever has it now', async () => {
    await say('ada', await codeFor(ADA));
    const { grant } = await world.request('ada');
    expect(grant.requester.identifiers).toContain(`slack:${TEAM}:U0ADA`);
    await letGo('fay', 'U0ADA');
    expect(await say('bob', await codeFor(ADA))).toBe('U0ADA');
    const caller = await slackCaller(world.deps, ADA);
    if (!caller) throw new Error('nobody');
    expect(caller.person.id).toBe('bob');
    const decided = await decideGrant(world.deps, { ...caller, id: grant.id, decision: { kind: 'approve' } });
    expect(decided).toMatchObject({ error: { reason: 'selfApproval' } });
    // Nor by him elsewhere: it is one person, wherever they sign in.
    expect(await world.approve('bob', grant.id)).toMatchObject({ error: { reason: 'selfApproval' } });
    expect(await world.approve('cyd', grant.id)).toMatchObject({ ok: true });
  });

  test('and activation decides so again, of the record alone', async () => {
    await say('ada', await codeFor(ADA));
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    // Approved by Bob when nothing connected them; then the record is made to say that he had her account.
    const approved = await world.approve('bob', grant.id);
    if (!approved.ok) throw new Error(approved.error.reason);
    const { permits } = await import('../../src/core/decision.ts');
    expect(permits(approved.value.grant, world.config).ok).toBe(true);
    const [approval] = approved.value.grant.approvals;
    if (!approval) throw new Error('no approval');
    const connected = { ...approved.value.grant, approvals: [{ ...approval, knownAs: [`slack:${TEAM}:U0ADA`] }] };
    expect(permits(connected, world.config)).toMatchObject({ error: { reason: 'approvalsMissing' } });
  });

  test('two approvers who had one account after each other count once', async () => {
    const { entitlements } = world.config;
    const rule = entitlements['prod-view'];
    if (!rule) throw new Error('no rule');
    const steps = rule.approval.steps.map((step) => ({ ...step, approvalsNeeded: 2 }));
    world.config = {
      ...world.config,
      entitlements: { ...entitlements, 'prod-view': { ...rule, approval: { ...rule.approval, steps } } },
    };
    const shared = { teamId: TEAM, userId: 'U0BOB' };
    expect(await say('bob', await codeFor(shared))).toBe('U0BOB');
    const { grant } = await world.request('ada');
    expect(await world.approve('bob', grant.id)).toMatchObject({ value: { grant: { state: 'pending' } } });
    await letGo('bob', 'U0BOB');
    expect(await say('cyd', await codeFor(shared))).toBe('U0BOB');
    expect(await world.approve('cyd', grant.id)).toMatchObject({ error: { reason: 'alreadyApproved' } });
  });

  test('an approval keeps the accounts of who gave it', async () => {
    await say('bob', await codeFor({ teamId: TEAM, userId: 'U0BOB' }));
    const { grant } = await world.request('ada');
    const approved = await world.approve('bob', grant.id);
    expect(approved).toMatchObject({ value: { grant: { approvals: [{ knownAs: [`slack:${TEAM}:U0BOB`] }] } } });
  });

  test('without Slack nobody’s accounts are looked up', async () => {
    const { slack: _none, ...without } = world.config;
    world.config = without;
    world.calls.length = 0;
    await world.request('ada');
    expect(await withLinks(world.deps, world.person('ada'))).toEqual(world.person('ada'));
    expect(world.calls.filter((name) => name.startsWith('links.'))).toEqual([]);
  });
});
