/** `hallpass can`: asked of the server, or of a file that is not deployed. */
import type { Command } from 'commander';
import type { CanView } from '../../src/http/can-schemas.ts';
import { Failure } from '../failure.ts';
import { type Commands, print, type Session } from '../session.ts';
import { canText } from '../views/can.ts';

type CanOptions = {
  file?: string;
  cluster?: string;
  namespace?: string[];
  duration?: string;
  start?: string;
  at?: string;
  justification?: string;
  ticket?: string;
};

const append = (value: string, before: string[] = []): string[] => [...before, value];

export const addCanCommand: Commands = (program, sessionOf) => {
  program
    .command('can')
    .description('may somebody have this, for how long, what is missing, and who could approve it')
    .argument('<person>', 'id of a person; "me" is yourself. Others only for responders and auditors, or with --file')
    .argument('<entitlement>', 'id of an entitlement')
    .option('-f, --file <path>', 'ask this hallpass.yaml, or folder, instead of the server')
    .option('--cluster <name>', 'which cluster, where the entitlement covers several')
    .option('-n, --namespace <name>', 'a namespace; may be repeated', append)
    .option('-d, --duration <length>', 'for how long, such as 45m, 4h or 1h30m')
    .option('--start <time>', 'a later start, with its zone')
    .option('--at <time>', 'as if it were then, with its zone: 2026-11-24T18:00:00Z')
    .option('-j, --justification <text>', 'why')
    .option('--ticket <id>', 'the ticket')
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} can me mycluster-admin --duration 2h\n  ${program.name()} can alice mycluster-admin --file hallpass.yaml`,
    )
    .action(async (person: string, entitlement: string, options: CanOptions, self: Command) => {
      const session = sessionOf(self);
      const answer = options.file
        ? await askFile(session, options.file, person, entitlement, options)
        : await askServer(session, person, entitlement, options);
      print(session, answer, canText);
      const { verdict, refusal } = answer.value;
      if (verdict === 'no') throw new Failure('refused', `No: ${refusal?.title ?? 'refused'}.`);
    });
};

type Asked = { readonly value: CanView; readonly json: unknown };

async function askServer(session: Session, person: string, entitlement: string, options: CanOptions): Promise<Asked> {
  const { cluster, namespace, duration, start: startAt, at, justification, ticket } = options;
  const query = {
    entitlement,
    ...(person !== 'me' && { person }),
    ...(namespace && { namespaces: namespace.join(',') }),
    ...{ cluster, duration, startAt, at, justification, ticket },
  };
  return (await session.api())('can', 200, { query });
}

async function askFile(
  { io }: Session,
  file: string,
  person: string,
  entitlement: string,
  options: CanOptions,
): Promise<Asked> {
  const { cluster, namespace: namespaces, duration, start: startAt, justification, ticket, at } = options;
  const { foresee } = await import('../rules/foresee.ts');
  const input = {
    entitlement,
    ...(cluster !== undefined && { cluster }),
    ...(namespaces && { namespaces }),
    ...(duration !== undefined && { duration }),
    ...(startAt !== undefined && { startAt }),
    ...(justification !== undefined && { justification }),
    ...(ticket !== undefined && { ticket }),
  };
  const value = foresee(file, person, input, at, io.now());
  return { value, json: value };
}
