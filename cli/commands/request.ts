/** `hallpass request`. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { GrantRequest } from '../../src/http/requests.ts';
import type { GrantAnswer, GrantView } from '../../src/http/schemas.ts';
import type { Answered } from '../api/client.ts';
import { Failure } from '../failure.ts';
import { type Commands, print, type Session, say } from '../session.ts';
import { grantDetails, grantTable, planDetails } from '../views/grant.ts';
import { moment } from '../views/moment.ts';
import { outcome } from '../wait.ts';
import { addWaitOptions, type WaitOptions, waited } from './waiting.ts';

type RequestOptions = WaitOptions & {
  cluster?: string[];
  namespace?: string[];
  duration?: string;
  start?: string;
  justification?: string;
  ticket?: string;
  dryRun?: true;
  idempotencyKey?: string;
};

/** `--cluster a --cluster b`, or `--cluster a,b`. */
const clusters = (value: string, before: string[] = []): string[] => [
  ...before,
  ...value.split(',').map((name) => name.trim()),
];
const append = (value: string, before: string[] = []): string[] => [...before, value];

const examples = (name: string): string => `
Examples:
  ${name} request mycluster-admin --duration 30m --justification 'INC-4211: the ingress is down' --wait
  ${name} request mycluster-view-dev -n dev -j 'reading logs' --dry-run`;

export const addRequestCommand: Commands = (program, sessionOf) => {
  const command = program
    .command('request')
    .description('ask for access')
    .argument('<entitlement>', `what to ask for ("${program.name()} entitlements" lists it)`)
    .option(
      '--cluster <name>',
      'which cluster, where the entitlement covers several; more than one (a,b or repeated) asks for a grant on each, decided together',
      clusters,
    )
    .option('-n, --namespace <name>', 'a namespace that you need; may be repeated', append)
    .option('-d, --duration <length>', 'for how long, such as 45m, 4h or 1h30m')
    .option('--start <time>', 'a later start, with its zone: 2026-11-24T18:00:00Z')
    .option('-j, --justification <text>', 'why you need it')
    .option('--ticket <id>', 'the ticket that this belongs to')
    .option('--dry-run', 'make nothing: say what would be, or why not')
    .option(
      '--idempotency-key <key>',
      'the same key within a day gives the same grant, not another (default: a new key)',
    )
    .addHelpText('after', examples(program.name()));
  addWaitOptions(command, 'wait until the access is there').action(
    async (entitlement: string, options: RequestOptions, self: Command) => {
      const session = sessionOf(self);
      await (options.dryRun ? preview : request)(session, bodyOf(entitlement, options), options);
    },
  );
};

function bodyOf(entitlement: string, options: RequestOptions): GrantRequest {
  const { cluster: named = [], namespace: namespaces, duration, start: startAt, justification, ticket } = options;
  const [cluster, ...others] = named;
  const which = others.length > 0 ? { clusters: named } : { cluster };
  return { entitlement, ...which, namespaces, duration, startAt, justification, ticket };
}

async function preview(session: Session, body: GrantRequest): Promise<void> {
  const api = await session.api();
  print(session, await api('createGrant', 200, { body, query: { dryRun: 'true' } }), planDetails);
  say(session, 'Nothing was asked for: this is what would be.');
}

async function request(session: Session, body: GrantRequest, options: RequestOptions): Promise<void> {
  const api = await session.api();
  // A key of its own makes it safe to send the request again when an answer was lost.
  const idempotencyKey = options.idempotencyKey ?? randomUUID();
  const asked = await api('createGrant', 201, { body, idempotencyKey });
  if (asked.made === false) say(session, ASKED_ALREADY);
  if (asked.value.grants) return several(session, asked, options);
  const grant: Answered<GrantView> = options.wait ? await waited(session, api, asked, 'active', options) : asked;
  print(session, grant, (value) => grantDetails(session.io, value));
  guide(session, grant.value, options.wait === true);
}

const ASKED_ALREADY =
  'This was asked for already, and is open. Nothing new was asked for: what follows is what there is, with the duration and the reason that it was asked for with.';

/** Each has a life of its own: each is waited for, and all are shown. */
async function several(session: Session, asked: Answered<GrantAnswer>, options: RequestOptions): Promise<void> {
  const { grants = [] } = asked.value;
  const api = await session.api();
  const seen: GrantView[] = [];
  for (const value of grants)
    seen.push(options.wait ? (await waited(session, api, { value, json: value }, 'active', options)).value : value);
  print(session, options.wait ? { value: seen, json: { grants: seen } } : { value: seen, json: asked.json }, (all) =>
    grantTable(session.io, all),
  );
  const missing = seen.filter((grant) => grant.state !== 'active');
  if (options.wait && missing.length > 0) {
    const which = missing.map((grant) => `${grant.cluster.name}: ${outcome(grant)}`).join('; ');
    throw new Failure('otherwise', `There is no access on ${which}`);
  }
  const [pending] = seen.filter((grant) => grant.state === 'pending');
  if (pending) say(session, `One decision is for all of them: ${session.program} approve ${pending.id}`);
  for (const grant of seen.filter((one) => one.state === 'active')) say(session, nextStep(session, grant));
}

/** Says what comes next. Throws when what was waited for will not come. */
function guide(session: Session, grant: GrantView, waiting: boolean): void {
  if (waiting && grant.state !== 'active') {
    throw new Failure('otherwise', `There is no access: ${outcome(grant)}`);
  }
  say(session, nextStep(session, grant));
}

function nextStep({ program }: Session, grant: GrantView): string {
  const look = `See how it stands: ${program} grant ${grant.id}`;
  switch (grant.state) {
    case 'active':
      return `To use it: ${program} kubeconfig ${grant.id}`;
    case 'pending':
      return `Asked. Somebody who may has to approve it by ${moment(grant.decideBy)}: ${program} approve ${grant.id}\n${look}`;
    case 'scheduled':
    case 'activating':
    case 'revoking':
      return look;
    case 'ended':
    case 'failed':
    case 'denied':
    case 'withdrawn':
    case 'lapsed':
      return `This grant is over: ${outcome(grant)}`;
  }
}
