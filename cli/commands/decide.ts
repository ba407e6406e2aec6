/** Commands that change a grant: approve, deny, withdraw, end. */
import type { Command } from 'commander';
import type { GrantView } from '../../src/http/schemas.ts';
import type { Answered } from '../api/client.ts';
import { Failure } from '../failure.ts';
import { type Commands, grantIdFrom, print, type Session, say } from '../session.ts';
import { grantDetails } from '../views/grant.ts';
import { addTargetOptions, endMany, type TargetOptions, targetOf } from './respond.ts';
import { addWaitOptions, type WaitOptions, waited } from './waiting.ts';

const GRANT = ['<grant>', 'id of a grant'] as const;

const show = (session: Session, answer: Answered<GrantView>): void =>
  print(session, answer, (grant) => grantDetails(session.io, grant));

export const addDecisionCommands: Commands = (program, sessionOf) => {
  program
    .command('approve')
    .description('say yes to a request')
    .argument(...GRANT)
    .addHelpText(
      'after',
      `\nExample:\n  ${program.name()} grants --all --state pending\n  ${program.name()} approve 01kavy8w3v0000000000000000`,
    )
    .action(async (id: string, _options, command: Command) => {
      const session = sessionOf(command);
      const input = { id: grantIdFrom(id), body: {} };
      show(session, await (await session.api())('approveGrant', 200, input));
    });

  program
    .command('deny')
    .description('say no to a request')
    .argument(...GRANT)
    .requiredOption('--reason <text>', 'why; the requester sees it')
    .addHelpText(
      'after',
      `\nExample:\n  ${program.name()} deny 01kavy8w3v0000000000000000 --reason 'use the read-only role'`,
    )
    .action(async (id: string, { reason }: { reason: string }, command: Command) => {
      const session = sessionOf(command);
      const input = { id: grantIdFrom(id), body: { reason } };
      show(session, await (await session.api())('denyGrant', 200, input));
    });

  program
    .command('withdraw')
    .description('take your own request back')
    .argument(...GRANT)
    .action(async (id: string, _options, command: Command) => {
      const session = sessionOf(command);
      const input = { id: grantIdFrom(id), body: {} };
      show(session, await (await session.api())('withdrawGrant', 200, input));
    });
};

export const addExtendCommand: Commands = (program, sessionOf) => {
  program
    .command('extend')
    .description('ask for more time; until it is decided the old end stands')
    .argument(...GRANT)
    .option('--duration <length>', 'how much longer, like 30m or 2h')
    .option('-j, --justification <text>', 'why')
    .addHelpText(
      'after',
      `\nExample:\n  ${program.name()} extend 01kavy8w3v0000000000000000 --duration 30m -j 'still restoring'`,
    )
    .action(
      async (id: string, { duration, justification }: { duration?: string; justification?: string }, self: Command) => {
        const session = sessionOf(self);
        const answer = await (await session.api())('extendGrant', 200, {
          id: grantIdFrom(id),
          body: { duration, justification },
        });
        show(session, answer);
        const { extension, expiresAt } = answer.value;
        if (extension && !extension.granted)
          say(session, `Until somebody approves it, access ends as before: ${expiresAt}.`);
      },
    );
};

type EndOptions = WaitOptions & TargetOptions & { note?: string; withSiblings?: true };

export const addEndCommand: Commands = (program, sessionOf) => {
  const command = program
    .command('end')
    .description('end access before its time: one grant, or for responders everything of a kind')
    .argument('[grant]', 'id of a grant')
    .option('--note <text>', 'kept on the record')
    .option('--with-siblings', 'of one grant: the others of the same request as well')
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} end 01kavy8w3v0000000000000000 --note 'solved' --wait\n  ${program.name()} end --cluster prod --note 'INC-4211: keys leaked'`,
    );
  addTargetOptions(addWaitOptions(command, 'wait until the access of the grant is gone'), 'end').action(
    async (id: string | undefined, options: EndOptions, self: Command) => {
      const session = sessionOf(self);
      const { all, cluster, entitlement, person, note } = options;
      const many = all ?? cluster ?? entitlement ?? person;
      if (id !== undefined && many !== undefined)
        throw new Failure('usage', 'Name one grant, or one of --all, --cluster, --entitlement and --person.');
      if (id === undefined) return endMany(session, targetOf(options, 'a grant, or '), note);
      return endOne(session, id, options, note);
    },
  );
};

async function endOne(session: Session, id: string, options: EndOptions, note: string | undefined): Promise<void> {
  const query = { withSiblings: options.withSiblings && ('true' as const) };
  const input = { id: grantIdFrom(id), body: { note }, query };
  const api = await session.api();
  const ending = await api('endGrant', 200, input);
  show(session, options.wait ? await waited(session, api, ending, 'over', options) : ending);
  say(session, `To forget its context: ${session.program} kubeconfig ${ending.value.id} --remove`);
}
