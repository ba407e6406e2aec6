/** Commands that only look. */
import { Option } from 'commander';
import { STATES } from '../../src/http/fields.ts';
import { type Commands, grantIdFrom, print, say } from '../session.ts';
import { facts } from '../terminal/table.ts';
import { entitlementTable } from '../views/entitlement.ts';
import { grantTable, grantWithTimeline } from '../views/grant.ts';

type ListOptions = {
  all?: true;
  waitingForMe?: true;
  state?: (typeof STATES)[number];
  limit?: string;
  cursor?: string;
};

export const addReadCommands: Commands = (program, sessionOf) => {
  program
    .command('whoami')
    .description('who you are to Hallpass')
    .action(async (_options, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      print(session, await api('whoami', 200, {}), ({ id, name, email, groups, proof, hub }) =>
        facts([
          ['Person', id],
          ['Name', name],
          ['E-mail', email],
          ['Groups', groups.join(', ') || '-'],
          ['Proved by', proof],
          ['Hub', hub],
        ]),
      );
    });

  program
    .command('entitlements')
    .description('what you may request, and what each needs')
    .action(async (_options, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      const answer = await api('listEntitlements', 200, {});
      print(session, answer, ({ entitlements }) => entitlementTable(entitlements));
      if (answer.value.entitlements.length === 0) say(session, 'There is nothing that you may request.');
    });

  program
    .command('grants')
    .description('grants that you may see, latest first')
    .option('--all', 'not only your own')
    .addOption(new Option('--waiting-for-me', 'those that wait for your decision').conflicts('all'))
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option('--limit <number>', 'at most so many (1 to 100)')
    .option('--cursor <cursor>', 'go on where the last page ended')
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} grants --waiting-for-me\n  ${program.name()} grants --all --state pending\n  ${program.name()} grants --output json`,
    )
    .action(async ({ all, waitingForMe, ...rest }: ListOptions, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      const { state, limit, cursor } = rest;
      const view = waitingForMe ? 'waiting' : all ? 'all' : 'mine';
      const answer = await api('listGrants', 200, { query: { view, state, limit, cursor } });
      print(session, answer, ({ grants }) => grantTable(session.io, grants));
      const { grants, cursor: next } = answer.value;
      if (grants.length === 0 && next === undefined) say(session, 'There are no such grants.');
      if (next !== undefined) say(session, `There are more: add --cursor ${next}`);
    });

  program
    .command('grant')
    .description('one grant: what it gives, how it stands, and its timeline')
    .argument('<grant>', 'id of a grant')
    .action(async (id: string, _options, command) => {
      const session = sessionOf(command);
      const input = { id: grantIdFrom(id) };
      const api = await session.api();
      print(session, await api('showGrant', 200, input), (grant) => grantWithTimeline(session.io, grant));
    });
};
