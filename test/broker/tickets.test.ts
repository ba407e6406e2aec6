/** Catches a request that slips between a ticket's closing and the end of what was given for it, at whichever moment. */
import { expect, it } from 'vitest';
import { closeTicket } from '../../src/broker/closeTicket.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import type { Tickets } from '../../src/broker/tickets.ts';
import type { GrantId } from '../../src/core/id.ts';
import { configWith, countCases } from '../core/fixtures.ts';
import { newWorld, type World } from './fake-world.ts';

function ticketsOf(world: World): Tickets {
  const keyOf = ({ system, ticket }: { system: string; ticket: string }): string => `${system}#${ticket}`;
  const { tickets } = world.tables;
  return {
    async markClosed(of, closedAt) {
      tickets.set(keyOf(of), { grants: tickets.get(keyOf(of))?.grants ?? [], closedAt });
    },
    grantsOf: async (of) => tickets.get(keyOf(of))?.grants ?? [],
    putAnswer: async () => {},
    isDone: async () => false,
    done: async () => {},
  };
}

const OF = { system: 'jira', ticket: 'INC-1' };
const request = (world: World) =>
  requestGrant(world.deps, {
    person: world.person('ada'),
    channel: 'cli',
    proof: 'test',
    input: { entitlement: 'prod-view', justification: 'INC-4211', ticket: 'INC-1' },
  });

/** The ticket is closed in the middle of the request, after its n-th call of a port; `false`: there is no such call. */
async function closedAfterCall(n: number): Promise<boolean> {
  const world = newWorld();
  const check = { kind: 'https', url: 'https://tickets.example.com' } as const;
  world.config = {
    ...configWith({ ticket: { required: true, hook: 'jira' } }, world.config),
    ticketSystems: { jira: { secret: 'arn', check } },
  };
  let open = true;
  let calls = 0;
  let closing: Promise<readonly GrantId[]> | undefined;
  Object.assign(world.deps, { ask: async () => ({ ok: true, answer: { open } }) });
  world.afterCall = () => {
    if (++calls !== n || closing !== undefined) return;
    open = false;
    closing = closeTicket({ ...world.deps, tickets: ticketsOf(world) }, OF);
  };
  const asked = await request(world);
  const ended = (await closing) ?? [];
  if (closing === undefined) return false;
  if (asked.ok) {
    const { grant } = asked.value.stored;
    expect(ended).toEqual([grant.id]);
    expect(await world.grant(grant.id)).toMatchObject({ state: 'denied', by: 'ticket INC-1' });
  } else expect(asked.error).toMatchObject({ reason: 'ticketNotOpen' });
  return true;
}

it('closed at whichever moment of a request: refused, or ended', async () => {
  let cases = 0;
  while (await closedAfterCall(cases + 1)) cases++;
  countCases('moments of a request at which its ticket is closed', cases);
  expect(cases).toBeGreaterThan(3);
});

it('closed right after its system has said that it is open: it is asked again', async () => {
  const world = newWorld();
  const check = { kind: 'https', url: 'https://tickets.example.com' } as const;
  world.config = {
    ...configWith({ ticket: { required: true, hook: 'jira' } }, world.config),
    ticketSystems: { jira: { secret: 'arn', check } },
  };
  const answers = [true, false];
  Object.assign(world.deps, {
    ask: async () => {
      const open = answers.shift();
      if (open) expect(await closeTicket({ ...world.deps, tickets: ticketsOf(world) }, OF)).toEqual([]);
      return { ok: true, answer: { open } };
    },
  });
  expect(await request(world)).toMatchObject({ ok: false, error: { reason: 'ticketNotOpen' } });
  expect(answers).toEqual([]);
  expect(world.tables.grants.size).toBe(0);
});

it('closing again ends nothing, and no grant of another ticket', async () => {
  const world = newWorld();
  world.config = {
    ...configWith({ ticket: { required: false, hook: 'jira' } }, world.config),
    ticketSystems: { jira: { secret: 'arn' } },
  };
  const first = await world.request('ada', { ticket: 'INC-1' });
  const other = await world.request('bob', { ticket: 'INC-2' });
  const without = await world.request('cyd');
  const deps = { ...world.deps, tickets: ticketsOf(world) };
  expect(await closeTicket(deps, OF)).toEqual([first.grant.id]);
  expect(await closeTicket(deps, OF)).toEqual([]);
  for (const { grant } of [other, without]) expect((await world.grant(grant.id)).state).toBe('pending');
});
