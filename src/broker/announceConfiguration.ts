/**
 * A configuration is on the record once it is in force: which it was, which it is, and who gains or loses by it. Who
 * deployed it, the account's CloudTrail knows.
 */
import type { Configuration } from '../core/configuration.ts';
import { difference } from '../core/diff.ts';
import { type ConfigurationChanges, summaryOf } from '../core/diff-summary.ts';
import type { Actor } from '../core/grant.ts';
import type { InForce } from '../core/hub.ts';
import { ok } from '../core/result.ts';
import { changeHub } from './hubRecord.ts';
import type { RecordDeps } from './ports.ts';

/** Configurations that were in force once, by digest. */
export type Configurations = {
  /** Undefined when it was not kept, or cannot be read by this release. */
  read(digest: string): Promise<Configuration | undefined>;
  keep(config: Configuration): Promise<void>;
};

export type AnnounceDeps = Pick<RecordDeps, 'hub' | 'now' | 'sha256' | 'log'> & {
  /** As it was deployed, without people who are kept elsewhere. */
  readonly deployed: () => Configuration;
  readonly release: () => Promise<string>;
  readonly configurations: Configurations;
};

/** Answers whether there was anything to say. */
export async function announceConfiguration(deps: AnnounceDeps, actor: Actor): Promise<boolean> {
  const config = deps.deployed();
  const now: InForce = { digest: config.digest, release: await deps.release(), since: deps.now() };
  const { state } = await deps.hub.read();
  if (isSame(state.configuration, now)) return false;
  // Kept first: whoever announces the next one compares with it.
  await deps.configurations.keep(config);
  const changes = await changesSince(deps, state.configuration, config);
  await changeHub(deps, actor, ({ configuration }) =>
    isSame(configuration, now)
      ? ok([])
      : ok([
          {
            type: 'configurationChanged',
            ...(configuration && { was: configuration }),
            now,
            // Compared with what was in force when it was read, and with nothing else.
            ...(changes && configuration?.digest === state.configuration?.digest && { changes }),
          },
        ]),
  );
  deps.log('info', 'another configuration is in force', {
    was: state.configuration?.digest,
    now: now.digest,
    release: now.release,
  });
  return true;
}

const isSame = (was: InForce | undefined, now: InForce): boolean =>
  was?.digest === now.digest && was.release === now.release;

async function changesSince(
  { configurations }: AnnounceDeps,
  was: InForce | undefined,
  config: Configuration,
): Promise<ConfigurationChanges | undefined> {
  const before = was && (await configurations.read(was.digest));
  return before && summaryOf(difference(before, config));
}
