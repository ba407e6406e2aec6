/** What somebody has used of break-glass lately, under whatever entry of the directory. */
import type { Use } from '../core/break-glass.ts';
import type { Configuration, Person } from '../core/configuration.ts';
import { isOver } from '../core/grant.ts';
import { identifiersOf, isSamePerson } from '../core/identity.ts';
import type { Deps } from './ports.ts';

export async function usesOf(
  { store }: Pick<Deps, 'store'>,
  person: Person,
  { directory }: Configuration,
): Promise<Use[]> {
  const known = identifiersOf(person);
  const ids = Object.keys(directory.people).filter((id) => id === person.id || isSamePerson(known, id, directory));
  const records = await Promise.all(ids.map((id) => store.readPerson(id)));
  const uses = records.flatMap((record) => record?.uses ?? []);
  return Promise.all(
    uses.map(async ({ id, at }) => {
      const stored = await store.readGrant(id);
      return { id, at, over: !stored || isOver(stored.grant), review: stored?.grant.review };
    }),
  );
}
