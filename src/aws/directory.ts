/**
 * The directory of one function: the file's, joined with what Identity Center said within the last five minutes. Decisions
 * wait for it (`ready`) and are not made without it; what ends access asks for `config` alone, which asks nobody.
 */
import { DirectoryUnreachable } from '../broker/ports.ts';
import type { Configuration, IdentityCenter } from '../core/configuration.ts';
import { type Snapshot, withSnapshot } from '../core/identity-center.ts';
import { type Duration, type Instant, minutes, plus, seconds } from '../core/time.ts';
import { clientConfig, type Invocation } from './calls.ts';
import type { Executors } from './executors.ts';
import type { Runtime } from './runtime.ts';

const KEPT_FOR = minutes(5);
/** A decision that began with a fresh directory is finished with it: longer than any function runs. */
const USED_FOR = minutes(6);

export type JoinedDirectory = {
  /** The file's people, and Identity Center's as they were at most six minutes ago: nobody of theirs is known without. */
  config(): Configuration;
  /** Reads the directory if what is known is older than five minutes. Throws `DirectoryUnreachable` if that cannot be done. */
  ready(invocation: Invocation): Promise<void>;
  /** When it was read; undefined where nothing beyond the file is, or has been. */
  asOf(): Instant | undefined;
};

export function joinedDirectory(
  runtime: Runtime,
  file: () => Configuration,
  load: (invocation: Invocation, plan: IdentityCenter) => Promise<Snapshot> = identityCenter(runtime),
): JoinedDirectory {
  let known: { readonly snapshot: Snapshot; readonly config: Configuration } | undefined;
  const youngerThan = (age: Duration): boolean => known !== undefined && runtime.now() < plus(known.snapshot.asOf, age);
  return {
    config: () => (known && youngerThan(USED_FOR) ? known.config : file()),
    async ready(invocation) {
      const plan = file().identityCenter;
      if (!plan || youngerThan(KEPT_FOR)) return;
      try {
        const snapshot = await load(invocation, plan);
        known = { snapshot, config: withSnapshot(file(), snapshot) };
      } catch (error) {
        throw new DirectoryUnreachable(
          'the directory in IAM Identity Center cannot be read, and nothing is decided without it',
          {
            cause: error,
          },
        );
      }
    },
    asOf: () => known?.snapshot.asOf,
  };
}

/** Three attempts of this length leave whoever ends access the time to do it without the directory. */
const QUICK = seconds(3);

/** In the account and region where Identity Center is, or is delegated to: through a role there if one is named. */
function identityCenter(given: Runtime) {
  const runtime = { ...given, callTimeout: Math.min(QUICK, given.callTimeout) as Duration };
  let roles: Executors | undefined;
  return async (invocation: Invocation, plan: IdentityCenter): Promise<Snapshot> => {
    // Not loaded at a cold start: most installations, and most events, do without.
    const [{ IdentitystoreClient, readIdentityStore }, { executors }] = await Promise.all([
      import('./identity-store.ts'),
      import('./executors.ts'),
    ]);
    roles ??= executors(runtime);
    const client = new IdentitystoreClient({
      ...clientConfig(runtime),
      region: plan.region,
      ...(plan.readerRole !== undefined && { credentials: roles.credentials(plan.readerRole) }),
    });
    try {
      return await readIdentityStore(client, { ...invocation, callTimeout: runtime.callTimeout }, plan);
    } finally {
      client.destroy();
    }
  };
}
