/**
 * What the sweeper does after its sweep, now and then: looks for leavers and for what was made with the hub down, remembers roles for when IAM is down. None of
 * it is needed for any access to end, so none of it may keep a sweep from being done, nor one errand another.
 */
import type { Directory } from '../core/configuration.ts';
import type { Actor } from '../core/grant.ts';
import { between, type Duration, type Instant, minutes } from '../core/time.ts';
import type { AnnounceDeps } from './announceConfiguration.ts';
import type { Deps, Known } from './ports.ts';
import type { SearchDeps } from './searchTrail.ts';

/** What no other part of the hub asks for. */
export type ErrandPorts = { readonly known: Known } & Pick<SearchDeps, 'trail' | 'searched' | 'emergencyRole'> &
  Pick<AnnounceDeps, 'deployed' | 'release' | 'configurations'>;
export type ErrandDeps = Deps & ErrandPorts;

/** When each was last run, as long as the function stays warm. */
export type Errands = Partial<Record<ErrandName, Instant>>;

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };

/** Each is loaded when it is run: no sweep waits for it. */
const ERRANDS = {
  configuration: {
    every: minutes(30),
    run: async (deps) => {
      const { announceConfiguration } = await import('./announceConfiguration.ts');
      await announceConfiguration(deps, ACTOR);
    },
  },
  leavers: {
    every: minutes(5),
    run: async (deps, enough) => {
      const { endLeavers } = await import('./leavers.ts');
      await endLeavers({ ...deps, directory: () => directoryNow(deps) }, ACTOR, enough);
    },
  },
  emergencies: {
    every: minutes(5),
    run: async (deps, enough) => {
      const { importEmergencies } = await import('./importEmergencies.ts');
      await importEmergencies(deps, ACTOR, enough);
    },
  },
  // After the look at what is there now: that is on record sooner.
  pastEmergencies: {
    every: minutes(5),
    run: async (deps, enough) => {
      const { searchTrail } = await import('./searchTrail.ts');
      await searchTrail(deps, ACTOR, enough);
    },
  },
  rememberRoles: {
    every: minutes(30),
    run: async (deps) => (await import('./rememberRoles.ts')).rememberRoles(deps),
  },
} as const satisfies Record<
  string,
  { every: Duration; run: (deps: ErrandDeps, enough: () => boolean) => Promise<void> }
>;
type ErrandName = keyof typeof ERRANDS;

/** As it is now, with people who are kept elsewhere; rejects when it cannot be read. */
async function directoryNow(deps: ErrandDeps): Promise<Directory> {
  await deps.ready();
  return deps.config().directory;
}

export async function runErrands(deps: ErrandDeps, ran: Errands, enough: () => boolean): Promise<void> {
  for (const [name, { every, run }] of Object.entries(ERRANDS) as [ErrandName, (typeof ERRANDS)[ErrandName]][]) {
    const last = ran[name];
    if (enough() || (last !== undefined && between(last, deps.now()) < every)) continue;
    try {
      await run(deps, enough);
      ran[name] = deps.now();
    } catch (error) {
      deps.log('error', 'an errand of the sweeper failed and will be tried again', {
        errand: name,
        error: String(error),
      });
    }
  }
}
