/**
 * F16 and I1: whoever can write the table, call the functions or signal the workflow has not decided anything. Would catch
 * a state that is believed because it is written, and a signal, token or input taken for proof.
 */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { minutes, plus, seconds } from '../../src/core/time.ts';
import {
  ADMIN,
  activeGrant,
  alarmsOf,
  ask,
  eventTypes,
  START,
  show,
  type TestWorld,
  testWorld,
  VIEW,
} from './harness.ts';
import {
  CREATOR,
  clientOf,
  entryOf,
  everything,
  items,
  KUBERNETES_ADMIN,
  makeStandingEntry,
  principals,
  tableOf,
} from './operator.ts';

let world: TestWorld;
let entriesAtFirst: string[];
beforeEach(async () => {
  world = await testWorld({ faults: faultPlan([], { record: true }) });
  entriesAtFirst = await principals(world);
});
afterEach(() => world.close());

type Item = Record<string, unknown> & { grant: Record<string, unknown> };
const grantItem = async (id: string): Promise<Item> => (await items(world))[`grant#${id} grant`] as Item;
const put = (item: Record<string, unknown>) =>
  tableOf(world).send(
    new PutItemCommand({ TableName: 'hallpass', Item: marshall(item, { removeUndefinedValues: true }) }),
  );
const created = () => world.faults.calls.filter((call) => call.operation === 'CreateAccessEntry');
const step = (name: string, grantId: string, more: object = {}) =>
  world.functions.invoke('workflow', { step: name, grantId, ...more });

const BY = { personId: 'bob', name: 'Bob Baker', step: 1, channel: 'api', at: START };
const EXPIRES = plus(START, minutes(30));

describe('forged-state', () => {
  const STATES: readonly (readonly [string, object])[] = [
    ['activating', { state: 'activating', armedAt: START, expiresAt: EXPIRES }],
    ['activating with approvals', { state: 'activating', armedAt: START, expiresAt: EXPIRES, approvals: [BY] }],
    ['scheduled for now', { state: 'scheduled', startsAt: START, expiresAt: EXPIRES, approvals: [BY] }],
    ['auto-approved', { state: 'scheduled', startsAt: START, expiresAt: EXPIRES, autoApproved: true }],
  ];

  it.each(
    STATES.flatMap(
      ([what, forged]) =>
        [
          ['sweeper', what, forged],
          ['workflow', what, forged],
        ] as const,
    ),
  )('the %s finds a grant %s that no events led to: refused, with an alarm', async (part, _what, forged) => {
    const id = await ask(world, 'alice', ADMIN);
    const item = await grantItem(id);
    await put({
      ...item,
      version: 7,
      grant: { ...item.grant, ...forged },
      duePk: 'due',
      dueAt: `2026-11-24T09:00:00.000Z#${id}`,
    });
    if (part === 'workflow') expect(await step('Activate', id)).toMatchObject({ ok: false, errorType: 'Over' });
    await world.pass(minutes(1));
    await world.sweep();
    expect(alarmsOf(world).join()).toContain('recordForged');
    expect(created()).toEqual([]);
    expect(await principals(world)).toEqual(entriesAtFirst);
    for (let minute = 0; minute < 35; minute += 5) {
      await world.pass(minutes(5));
      await world.sweep();
    }
    expect((await show(world, id)).state).toBe('denied');
    expect(created()).toEqual([]);
  });

  it('a pending grant with forged approvals: the next honest decision does not make it active by them', async () => {
    const id = await ask(world, 'alice', ADMIN);
    const item = await grantItem(id);
    await put({ ...item, grant: { ...item.grant, approvals: [BY] } });
    await world.call('carol', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(seconds(5));
    expect(alarmsOf(world).join()).toContain('recordForged');
    expect(created()).toEqual([]);
  });

  it.each([
    ['length', { duration: 4 * 3_600_000 }],
    ['requester', { requester: { id: 'bob', name: 'Bob Baker', identifiers: ['person:bob'], channel: 'api' } }],
    ['justification', { justification: 'another reason' }],
    ['principal', { principal: { mode: 'role', arn: CREATOR, assumableBy: [], opensTo: [] } }],
  ])('a pending grant whose %s was changed in the table is not activated', async (_what, changed) => {
    const id = await ask(world, 'alice', ADMIN);
    const item = await grantItem(id);
    await put({ ...item, grant: { ...item.grant, ...changed } });
    const reply = await world.call('carol', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(seconds(5));
    expect(created()).toEqual([]);
    if (reply.status === 200) expect(alarmsOf(world).join()).toContain('recordForged');
  });

  it('forged events that do not chain', async () => {
    const id = await ask(world, 'alice', ADMIN);
    const actor = { kind: 'person', id: 'bob', name: 'Bob Baker', channel: 'api', proof: 'iam:x' };
    const event = {
      grantId: id,
      n: 3,
      at: START,
      actor,
      body: { type: 'approved', approval: BY },
      previous: 'x',
      hash: 'y',
    };
    await put({ pk: `grant#${id}`, sk: 'event#000003', kind: 'event', event });
    const item = await grantItem(id);
    await put({
      ...item,
      chain: { n: 3, hash: 'y' },
      grant: { ...item.grant, approvals: [BY], state: 'scheduled', startsAt: START, expiresAt: EXPIRES },
      dueAt: `2026-11-24T09:00:00.000Z#${id}`,
    });
    await world.pass(minutes(1));
    await world.sweep();
    expect(alarmsOf(world).join()).toContain('event 3 is changed');
    expect(created()).toEqual([]);
  });

  it('forged as active: nothing is made, and it is over at the first look', async () => {
    const id = await ask(world, 'alice', ADMIN);
    const item = await grantItem(id);
    const active = {
      state: 'active',
      armedAt: START,
      activatedAt: START,
      expiresAt: EXPIRES,
      entryArn: 'arn:x',
      verified: false,
      warned: false,
    };
    await put({ ...item, grant: { ...item.grant, ...active }, dueAt: `2026-11-24T09:00:00.000Z#${id}` });
    await world.pass(minutes(2));
    await world.sweep();
    expect(alarmsOf(world)).not.toEqual([]);
    await world.pass(minutes(40));
    await world.sweep();
    expect(created()).toEqual([]);
    expect(await principals(world)).toEqual(entriesAtFirst);
  });

  it('I4: forged as revoking somebody else’s entry: it stays', async () => {
    await makeStandingEntry(world);
    const before = [await entryOf(world, CREATOR), await entryOf(world, KUBERNETES_ADMIN)];
    for (const [n, arn] of [CREATOR, KUBERNETES_ADMIN].entries()) {
      const id = await ask(world, 'alice', n ? { ...ADMIN } : VIEW);
      const item = await grantItem(id);
      const revoking = {
        state: 'revoking',
        since: START,
        armedAt: START,
        expiresAt: EXPIRES,
        outcome: { state: 'ended', reason: 'expired' },
      };
      const principal = { ...(item.grant['principal'] as object), arn };
      await put({ ...item, grant: { ...item.grant, ...revoking, principal }, dueAt: `2026-11-24T09:00:00.000Z#${id}` });
    }
    for (let minute = 0; minute < 15; minute++) {
      await world.pass(minutes(1));
      await world.sweep();
    }
    expect([await entryOf(world, CREATOR), await entryOf(world, KUBERNETES_ADMIN)]).toEqual(before);
  });
});

describe('an invocation, a signal or an execution proves nothing', () => {
  it('Activate of a pending grant: NotYet, and nothing is changed', async () => {
    const id = await ask(world, 'alice', VIEW);
    const before = await everything(world);
    expect(await step('Activate', id)).toMatchObject({
      ok: false,
      errorType: 'NotYet',
      errorMessage: String(86_400 - 1),
    });
    expect(await everything(world)).toEqual(before);
  });

  it('Revoke of an active grant before its time: NotYet, and the access goes on', async () => {
    const id = await activeGrant(world, ADMIN);
    expect(await step('Revoke', id)).toMatchObject({ ok: false, errorType: 'NotYet' });
    expect(await principals(world)).toContain(KUBERNETES_ADMIN);
  });

  it.each([
    ['no id', undefined],
    ['no grant', '0000000000000000000000000a'],
    ['an object', {}],
  ])('a step for %s does nothing', async (_what, grantId) => {
    const before = await everything(world);
    for (const name of ['Prepare', 'Activate', 'Revoke']) await step(name, grantId as string);
    expect(await everything(world)).toEqual(before);
  });

  it('SendTaskSuccess with the very token of AwaitApproval: still pending; the real decision then works', async () => {
    const id = await ask(world, 'alice', ADMIN);
    const { token } = (await grantItem(id)) as unknown as { token: { step: string; value: string } };
    expect(token.step).toBe('AwaitApproval');
    const output = JSON.stringify({ startsInSeconds: 0, approved: true });
    await new SFNClient(clientOf(world)).send(new SendTaskSuccessCommand({ taskToken: token.value, output }));
    await world.pass(minutes(5));
    expect((await show(world, id)).state).toBe('pending');
    expect(created()).toEqual([]);
    await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(seconds(2));
    expect((await show(world, id)).state).toBe('active');
  });

  it('SendTaskSuccess with the token of Hold: the access neither ends early nor stays', async () => {
    const id = await activeGrant(world, ADMIN);
    const { token } = (await grantItem(id)) as unknown as { token: { value: string } };
    await new SFNClient(clientOf(world)).send(new SendTaskSuccessCommand({ taskToken: token.value, output: '{}' }));
    await world.pass(minutes(5));
    expect(await principals(world)).toContain(KUBERNETES_ADMIN);
    await world.pass(minutes(26));
    expect(await principals(world)).toEqual(entriesAtFirst);
    expect((await show(world, id)).reason).toBe('expired');
  });

  it('a second execution for the same grant, with more in its input, changes nothing', async () => {
    const id = await ask(world, 'alice', ADMIN);
    await new SFNClient(clientOf(world)).send(
      new StartExecutionCommand({
        stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:hallpass-grant',
        input: JSON.stringify({ grantId: id, state: 'activating', approved: true, seconds: 0 }),
      }),
    );
    await world.pass(minutes(5));
    expect((await show(world, id)).state).toBe('pending');
    await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    await world.pass(minutes(1));
    expect(eventTypes(await show(world, id)).filter((type) => type === 'activated')).toHaveLength(1);
    await world.pass(minutes(30));
    expect(await principals(world)).toEqual(entriesAtFirst);
  });
});
