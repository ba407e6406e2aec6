/** What somebody has used of break-glass lately, under whatever entry of the directory. */
import type { Use } from '../core/break-glass.ts';
import type { Configuration, Person } from '../core/configuration.ts';
import { isOver } from '../core/grant.ts';
import { connectedTo, identifiersOf } from '../core/identity.ts';
import type { Deps } from './ports.ts';

const PERSON = 'person:';

export async function usesOf(
  { store }: Pick<Deps, 'store'>,
  person: Person,
  { directory }: Configuration,
): Promise<Use[]> {
  const known = [...connectedTo(identifiersOf(person), directory)];
  // Also what was used under an id that they had before they got one in the file.
  const ids = known.filter((one) => one.startsWith(PERSON)).map((one) => one.slice(PERSON.length));
  const records = await Promise.all(ids.map((id) => store.readPerson(id)));
  const uses = records.flatMap((record) => record?.uses ?? []);
  return Promise.all(
    uses.map(async ({ id, at }) => {
      const stored = await store.readGrant(id);
      return { id, at, over: !stored || isOver(stored.grant), review: stored?.grant.review };
    }),
  );
}
