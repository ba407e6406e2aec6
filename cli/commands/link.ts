/** Linking a Slack account to whoever is signed in here. */
import { Failure } from '../failure.ts';
import { type Commands, print, type Session, say } from '../session.ts';
import { linkDetails, linkTable, whose } from '../views/link.ts';

async function confirmed(session: Session, question: string): Promise<boolean> {
  const { ask } = session.io;
  if (!ask)
    throw new Failure('usage', `${question}\nThere is no terminal to answer on: look who that is, and add --yes.`);
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `)).trim());
}

export const addLinkCommands: Commands = (program, sessionOf) => {
  program
    .command('link')
    .description('link the Slack account that was given this code to yourself')
    .argument('<code>', 'what /hallpass link in Slack showed you')
    .option('-y, --yes', 'do not ask whether that is your account')
    .addHelpText(
      'after',
      `\nOnly say a code that Slack showed to you yourself: whoever has that account can decide in your name.\n\nExample:\n  ${program.name()} link K7QF-2M9X-TR40`,
    )
    .action(async (code: string, { yes }: { yes?: true }, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      if (!yes) {
        const { value } = await api('createLink', 200, { body: { code }, query: { dryRun: 'true' } });
        const question = `The Slack account ${whose(value.account)} will be able to act as ${value.person.name}. Is it yours?`;
        if (!(await confirmed(session, question))) throw new Failure('refused', 'Nothing was linked.');
      }
      const answer = await api('createLink', 200, { body: { code } });
      print(session, answer, linkDetails);
    });

  program
    .command('links')
    .description('Slack accounts that are linked to you')
    .option('--person <id>', 'to somebody else; for responders and auditors')
    .action(async ({ person }: { person?: string }, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      const answer = await api('listLinks', 200, { query: { person } });
      print(session, answer, linkTable);
      if (answer.value.accounts.length === 0) say(session, 'No account is linked.');
    });

  program
    .command('unlink')
    .description('unlink a Slack account: your own, or as a responder anyone’s')
    .argument('<slack-user>', 'its user id, as "links" shows it')
    .addHelpText('after', `\nExample:\n  ${program.name()} unlink U0123ABCD`)
    .action(async (user: string, _options, command) => {
      const session = sessionOf(command);
      const api = await session.api();
      const answer = await api('unlink', 200, { id: slackUserFrom(user), body: {} });
      print(session, answer, ({ account }) => `${whose(account)} is not linked any more.\n`);
    });
};

function slackUserFrom(text: string): string {
  const id = text.trim().toUpperCase();
  if (/^[UW][A-Z0-9]{2,20}$/.test(id)) return id;
  throw new Failure(
    'usage',
    `"${text}" is not the id of a Slack user, which is like U0123ABCD. "hallpass links" shows yours.`,
  );
}
