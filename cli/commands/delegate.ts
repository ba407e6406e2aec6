/** Commands of an approver who will be away. */
import type { Command } from 'commander';
import type { DelegationView } from '../../src/http/schemas.ts';
import { type Commands, print, say } from '../session.ts';
import { facts, table } from '../terminal/table.ts';
import { moment } from '../views/moment.ts';

type DelegateOptions = { to: string[]; from?: string; until: string; entitlement?: string[] };

const append = (value: string, before: string[] = []): string[] => [
  ...before,
  ...value.split(',').map((one) => one.trim()),
];

const details = ({ id, from, to, starts, ends, entitlements, stands }: DelegationView): string =>
  facts([
    ['Delegation', id],
    ['In place of', from.name],
    ['Decide', to.map(({ name }) => name).join(', ')],
    ['From', moment(starts)],
    ['Until', moment(ends)],
    ['Only', entitlements?.join(', ')],
    ['Stands', stands ? 'yes' : 'no'],
  ]);

export const addDelegationCommands: Commands = (program, sessionOf) => {
  const name = program.name();
  program
    .command('delegate')
    .description('let others decide in your place while you are away')
    .requiredOption('--to <person>', 'id of whoever decides for you; may be repeated', append)
    .option('--from <date>', 'from when on: 2026-12-01 (the whole day, UTC) or a moment with its zone (default: now)')
    .requiredOption(
      '--until <date>',
      'until when: a date, which it includes, or a moment with its zone; 30 days at most',
    )
    .option('--entitlement <id>', 'only for this one; may be repeated', append)
    .addHelpText('after', `\nExample:\n  ${name} delegate --to carol --from 2026-12-01 --until 2026-12-14`)
    .action(async ({ to, from: starts, until: ends, entitlement: entitlements }: DelegateOptions, command: Command) => {
      const session = sessionOf(command);
      const body = { to, starts, ends, entitlements };
      const made = await (await session.api())('createDelegation', 201, { body });
      print(session, made, details);
      say(session, `To end it earlier: ${session.program} undelegate ${made.value.id}`);
    });

  program
    .command('delegations')
    .description('who decides in whose place, now or later')
    .action(async (_options, command: Command) => {
      const session = sessionOf(command);
      const answer = await (await session.api())('listDelegations', 200, {});
      print(session, answer, ({ delegations }) =>
        table(
          ['ID', 'IN PLACE OF', 'DECIDE', 'FROM', 'UNTIL', 'ONLY', 'STANDS'],
          delegations.map((one) => [
            one.configured ? '(hallpass.yaml)' : one.id,
            one.from.name,
            one.to.map((person) => person.name).join(', '),
            moment(one.starts),
            moment(one.ends),
            one.entitlements?.join(', ') ?? 'all',
            one.stands ? 'yes' : 'not yet',
          ]),
        ),
      );
      if (answer.value.delegations.length === 0) say(session, 'There are none.');
    });

  program
    .command('undelegate')
    .description('end a delegation now; what was decided by it stays decided')
    .argument('<delegation>', `its id ("${name} delegations" lists them)`)
    .action(async (id: string, _options, command: Command) => {
      const session = sessionOf(command);
      const input = { id: id.trim(), body: {} };
      print(session, await (await session.api())('revokeDelegation', 200, input), details);
    });
};
