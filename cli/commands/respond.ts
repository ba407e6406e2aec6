/** Commands of responders: ending many grants, freezing and thawing, draining, and how the hub stands. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { EndedView, HubView } from '../../src/http/hub-schemas.ts';
import { interruptedFailure } from '../api/send.ts';
import { Failure } from '../failure.ts';
import { type Commands, print, type Session, say } from '../session.ts';
import { endedDetails, hubDetails } from '../views/hub.ts';

export type TargetOptions = { all?: true; cluster?: string; entitlement?: string; person?: string };

export const addTargetOptions = (command: Command, verb: string): Command =>
  command
    .option('--all', `${verb} everything`)
    .option('--cluster <name>', `${verb} what is on a cluster`)
    .option('--entitlement <id>', `${verb} what an entitlement gives`)
    .option('--person <id>', `${verb} what a person has`);

/** `or`: what else could have been named. */
export function targetOf({ all, cluster, entitlement, person }: TargetOptions, or = ''): TargetOptions {
  const named = [all, cluster, entitlement, person].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw new Failure('usage', `Name ${or}exactly one of --all, --cluster, --entitlement and --person.`);
  return {
    ...(all && { all }),
    ...(cluster && { cluster }),
    ...(entitlement && { entitlement }),
    ...(person && { person }),
  };
}

/** An order is the same order when it is sent again, so it may be. */
export async function endMany(session: Session, target: TargetOptions, note: string | undefined): Promise<void> {
  const api = await session.api();
  const answer = await api('endMany', 200, { body: { ...target, note }, idempotencyKey: randomUUID() });
  print(session, answer, endedDetails);
  say(session, nextOf(session, answer.value));
}

function nextOf({ program }: Session, { ended, ending, left }: EndedView): string {
  if (left > 0)
    return `${left} could not be reached in time; the sweeper goes on with them every minute: ${program} hub`;
  if (ended + ending === 0) return 'Nothing was open there.';
  return `Access is removed and read back within the next minutes: ${program} hub`;
}

export const addResponderCommands: Commands = (program, sessionOf) => {
  const freeze = program
    .command('freeze')
    .description('let nothing open until it is thawed; ending goes on (responders)')
    .requiredOption('--reason <text>', 'shown to everybody who is refused meanwhile')
    .option('--allow-break-glass', 'break-glass stays possible')
    .addHelpText('after', `\nExample:\n  ${program.name()} freeze --cluster prod --reason 'INC-4211: keys leaked'`);
  addTargetOptions(freeze, 'freeze').action(
    async (options: TargetOptions & { reason: string; allowBreakGlass?: true }, self: Command) => {
      const session = sessionOf(self);
      const body = { ...targetOf(options), reason: options.reason, breakGlass: options.allowBreakGlass ?? false };
      const api = await session.api();
      print(session, await api('freeze', 200, { body, idempotencyKey: randomUUID() }), hubDetails);
      say(session, `What is open stays open. To end it, too: ${session.program} end with the same options.`);
    },
  );

  const thaw = program
    .command('thaw')
    .description('take back a freeze of the same scope (responders)')
    .option('--reason <text>', 'kept on the record')
    .addHelpText('after', `\nExample:\n  ${program.name()} thaw --cluster prod`);
  addTargetOptions(thaw, 'thaw').action(async (options: TargetOptions & { reason?: string }, self: Command) => {
    const session = sessionOf(self);
    const body = { ...targetOf(options), reason: options.reason };
    const api = await session.api();
    print(session, await api('thaw', 200, { body }), hubDetails);
  });

  program
    .command('hub')
    .description('what is frozen and being ended; for responders and auditors also what is open')
    .action(async (_options, command: Command) => {
      const session = sessionOf(command);
      const api = await session.api();
      print(session, await api('showHub', 200, {}), hubDetails);
    });

  program
    .command('drain')
    .description('before uninstalling: freeze everything, end everything, and wait until nothing is left (responders)')
    .requiredOption('--reason <text>', 'shown to everybody who is refused meanwhile')
    .option('--no-wait', 'do not wait')
    .addHelpText('after', `\nExample:\n  ${program.name()} drain --reason 'moving to another hub'`)
    .action(async ({ reason, wait }: { reason: string; wait: boolean }, command: Command) =>
      drain(sessionOf(command), reason, wait),
    );
};

const LOOK_EVERY_MS = 15_000;

async function drain(session: Session, reason: string, wait: boolean): Promise<void> {
  const api = await session.api();
  await api('freeze', 200, {
    body: { all: true, reason, breakGlass: false },
    idempotencyKey: randomUUID(),
  });
  say(session, 'Frozen: nothing opens any more.');
  const ended = await api('endMany', 200, { body: { all: true, note: reason }, idempotencyKey: randomUUID() });
  say(session, `Ended: ${ended.value.ended}; on the way out already: ${ended.value.ending}.`);
  for (;;) {
    const hub = await api('showHub', 200, {});
    if (isDrained(hub.value) || !wait) {
      print(session, hub, hubDetails);
      say(session, isDrained(hub.value) ? DRAINED : `Not drained yet: ${session.program} hub`);
      return;
    }
    say(session, leftText(hub.value));
    await pause(session);
  }
}

const DRAINED =
  'Drained: no grant is open, and nothing is looked back at any more. It stays frozen. Check what EKS and IAM show before you uninstall: docs/operations.md#drain';

const isDrained = ({ remaining, orders }: HubView): boolean =>
  orders.length === 0 &&
  remaining !== undefined &&
  remaining.coming + remaining.live + remaining.ending + remaining.aftercare === 0;

const leftText = ({ remaining, orders }: HubView): string =>
  remaining
    ? `Left: ${remaining.live + remaining.coming} open, ${remaining.ending} ending, ${remaining.aftercare} looked back at, ${orders.length} orders.`
    : 'What is left, only responders and auditors are shown.';

async function pause({ io }: Session): Promise<void> {
  try {
    await io.sleep(LOOK_EVERY_MS, io.interrupted);
  } catch (error) {
    throw io.interrupted.aborted ? interruptedFailure() : error;
  }
}
