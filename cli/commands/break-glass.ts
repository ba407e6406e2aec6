/** `hallpass break-glass`, and the reviews that it owes. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { ReviewView } from '../../src/http/break-glass-schemas.ts';
import { VERDICTS } from '../../src/http/fields.ts';
import { Failure } from '../failure.ts';
import { type Commands, grantIdFrom, print, say } from '../session.ts';
import { facts } from '../terminal/table.ts';
import { grantDetails, grantTable, grantWithTimeline } from '../views/grant.ts';
import { moment } from '../views/moment.ts';

type BreakGlassOptions = {
  cluster?: string;
  namespace?: string[];
  duration?: string;
  reason: string;
  incident: string;
  idempotencyKey?: string;
};
type ReviewOptions = { verdict?: (typeof VERDICTS)[number]; note?: string };

const append = (value: string, before: string[] = []): string[] => [...before, value];

export const addBreakGlassCommand: Commands = (program, sessionOf) => {
  program
    .command('break-glass')
    .description('access at once, without approval, in an emergency: everybody is told, and it is reviewed')
    .argument('<entitlement>', 'one that offers break-glass')
    .requiredOption('--reason <text>', 'why there is no time for an approval')
    .requiredOption('--incident <id>', 'the incident that this is for')
    .option('--cluster <name>', 'which cluster, where the entitlement covers several')
    .option('-n, --namespace <name>', 'a namespace that you need; may be repeated', append)
    .option('-d, --duration <length>', 'for how long, such as 45m or 1h30m')
    .option('--idempotency-key <key>', 'the same key within a day gives the same grant (default: a new key)')
    .addHelpText(
      'after',
      `\nExample:\n  ${program.name()} break-glass mycluster-admin --incident INC-4211 --reason 'API server down, nobody answers the page'\n\nWith the hub down: ${program.name()} emergency --help`,
    )
    .action(async (entitlement: string, options: BreakGlassOptions, self: Command) => {
      const session = sessionOf(self);
      const { cluster, namespace: namespaces, duration, reason, incident } = options;
      const api = await session.api();
      const answer = await api('breakGlass', 201, {
        body: { entitlement, cluster, namespaces, duration, reason, incident },
        idempotencyKey: options.idempotencyKey ?? randomUUID(),
      });
      print(session, answer, (grant) => grantDetails(session.io, grant));
      const { id, state } = answer.value;
      say(
        session,
        state === 'active'
          ? `To use it: ${session.program} kubeconfig ${id}\nWhen you are done: ${session.program} end ${id}`
          : `It is ${state}: ${session.program} grant ${id}`,
      );
    });
};

export const addReviewCommands: Commands = (program, sessionOf) => {
  program
    .command('reviews')
    .description('uses of break-glass that nobody has reviewed')
    .action(async (_options, command: Command) => {
      const session = sessionOf(command);
      const api = await session.api();
      const answer = await api('listReviews', 200, {});
      print(session, answer, ({ grants }) => grantTable(session.io, grants));
      for (const { id, review } of answer.value.grants)
        if (review) say(session, `${id}: ${review.overdue ? 'OVERDUE since' : 'by'} ${moment(review.dueBy)}`);
      if (answer.value.grants.length === 0) say(session, 'There is nothing to review.');
    });

  program
    .command('review')
    .description('what there is to review a use of break-glass by; with --verdict and --note: close its review')
    .argument('<grant>', 'id of a grant')
    .addOption(new Option('--verdict <verdict>', 'what you found').choices(VERDICTS))
    .option('--note <text>', 'in words; everybody who sees the grant sees it')
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} review 01kavy8w3v0000000000000000\n  ${program.name()} review 01kavy8w3v0000000000000000 --verdict ok --note 'restored etcd, see INC-4211'`,
    )
    .action(async (id: string, { verdict, note }: ReviewOptions, self: Command) => {
      const session = sessionOf(self);
      const grantId = grantIdFrom(id);
      const closing = verdict !== undefined || note !== undefined;
      if (closing && verdict === undefined)
        throw new Failure('usage', `What you found is not said: add --verdict with one of ${VERDICTS.join(', ')}.`);
      if (closing && note === undefined)
        throw new Failure('usage', 'A verdict needs a few words on what was looked at: add --note.');
      const api = await session.api();
      if (verdict === undefined || note === undefined) {
        print(session, await api('showReview', 200, { id: grantId }), (review) => reviewDetails(session.io, review));
        return;
      }
      const answer = await api('reviewGrant', 200, { id: grantId, body: { verdict, note } });
      print(session, answer, (grant) => grantDetails(session.io, grant));
    });
};

function reviewDetails(io: Parameters<typeof grantWithTimeline>[0], { grant, use }: ReviewView): string {
  return `${grantWithTimeline(io, grant)}\nKnown of its use:\n${facts([
    ['Access entry', use.accessEntry.detail],
    ['Active', use.active.detail],
    ["The cluster's audit", use.clusterAudit.detail],
  ])}`;
}
