/** `hallpass kubeconfig`: the way from a grant to kubectl. */
import type { Command } from 'commander';
import type { GrantView } from '../../src/http/schemas.ts';
import { type Commands, grantIdFrom, type Session, say } from '../session.ts';
import { visible, visibleJson } from '../terminal/visible.ts';
import { moment } from '../views/moment.ts';

type KubeconfigOptions = {
  remove?: true;
  kubeconfig?: string;
  context?: string;
  keepCurrent?: true;
  endpoint?: string;
  caFile?: string;
};

const examples = (name: string): string => `
Examples:
  ${name} kubeconfig 01kavy8w3v0000000000000000
  ${name} kubeconfig 01kavy8w3v0000000000000000 --context incident --keep-current
  ${name} kubeconfig 01kavy8w3v0000000000000000 --remove

KUBECONFIG is respected as kubectl does, also where it names several files.`;

export const addKubeconfigCommand: Commands = (program, sessionOf) => {
  program
    .command('kubeconfig')
    .description('write a context for a grant into the kubeconfig, or remove it')
    .argument('<grant>', 'id of a grant')
    .option('--remove', 'remove what was written for the grant')
    .option('--kubeconfig <file>', 'this file and no other')
    .option('--context <name>', 'name of the context (default: <entitlement>@<cluster>)')
    .option('--keep-current', 'do not make it the current context')
    .option('--endpoint <url>', 'the cluster’s endpoint, where Hallpass does not know it')
    .option('--ca-file <file>', 'the cluster’s certificate authority (PEM), where Hallpass does not know it')
    .addHelpText('after', examples(program.name()))
    .action(async (id: string, options: KubeconfigOptions, command: Command) => {
      const session = sessionOf(command);
      await (options.remove ? remove : write)(session, grantIdFrom(id), options);
    });
};

async function write(session: Session, id: string, options: KubeconfigOptions): Promise<void> {
  const { addEntrance } = await import('../kubeconfig/add.ts');
  const { entranceOf } = await import('../kubeconfig/entrance.ts');
  const { kubeconfigFiles } = await import('../kubeconfig/files.ts');
  const { invocationOf } = await import('../kubeconfig/invocation.ts');
  const { io } = session;
  const api = await session.api();
  const { value: grant } = await api('showGrant', 200, { id });
  const entrance = entranceOf(grant, options);
  const name = options.context ?? `${grant.entitlement}@${entrance.cluster}`;
  const invocation = invocationOf(io, session.options.profile);
  const files = addEntrance(kubeconfigFiles(io, options.kubeconfig), {
    name,
    entrance,
    invocation,
    makeCurrent: !options.keepCurrent,
  });
  result(session, { context: name, files }, `${name}\n`);
  advise(session, grant, name, options.keepCurrent === true);
}

async function remove(session: Session, id: string, options: KubeconfigOptions): Promise<void> {
  const { kubeconfigFiles } = await import('../kubeconfig/files.ts');
  const { removeEntrance } = await import('../kubeconfig/remove.ts');
  const removed = removeEntrance(kubeconfigFiles(session.io, options.kubeconfig), id);
  result(session, { removed }, removed.map((name) => `${name}\n`).join(''));
  say(
    session,
    removed.length > 0 ? `Removed: ${removed.join(', ')}` : `No context was written for ${id}; nothing was changed.`,
  );
}

function advise(session: Session, grant: GrantView, name: string, kept: boolean): void {
  say(
    session,
    kept
      ? `Use it: kubectl --context '${name}' get pods`
      : `kubectl now uses "${name}". Try: kubectl auth can-i --list`,
  );
  if (grant.state !== 'active') say(session, `It opens nothing yet: the grant is ${grant.state}.`);
  if (grant.expiresAt !== undefined) say(session, `Access ends at ${moment(grant.expiresAt)}.`);
  for (const remark of grant.remarks) say(session, remark);
  if (session.options.profile === undefined && session.io.env['AWS_ACCESS_KEY_ID'] !== undefined) {
    say(
      session,
      'Your AWS credentials are in the environment, and a kubeconfig holds no secrets: run kubectl where they are set.',
    );
  }
}

function result({ io, options }: Session, json: unknown, text: string): void {
  io.stdout.write(options.output === 'json' ? `${visibleJson(json)}\n` : text.split('\n').map(visible).join('\n'));
}
