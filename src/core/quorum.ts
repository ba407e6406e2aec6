/** Can different people be found for every step? One person counts once in a grant, and its requester never. */

/** Who may decide a step, by id, and how many of them it takes. */
export type Quorum = { readonly people: ReadonlySet<string>; readonly needed: number };

/** Hall's theorem: different people can be found if any choice of steps has as many approvers as it needs in all. */
export const canBeMet = (quorums: readonly Quorum[], without: ReadonlySet<string> = new Set()): boolean =>
  choicesOf(quorums).every(({ people, spare }) => spare >= [...without].filter((id) => people.has(id)).length);

/** Those without whom the quorums cannot be met, though with them they can: nobody could approve what they ask for. */
export function indispensable(quorums: readonly Quorum[]): ReadonlySet<string> {
  const choices = choicesOf(quorums);
  if (choices.some(({ spare }) => spare < 0)) return new Set();
  return new Set(choices.filter(({ spare }) => spare === 0).flatMap(({ people }) => [...people]));
}

type Choice = { readonly people: ReadonlySet<string>; readonly spare: number };

/** Every choice of steps, with how many people it has beyond those it needs. There are at most five steps. */
function choicesOf(quorums: readonly Quorum[]): Choice[] {
  return Array.from({ length: 2 ** quorums.length - 1 }, (_, choice) => {
    const chosen = quorums.filter((_quorum, index) => ((choice + 1) >> index) & 1);
    const people = new Set(chosen.flatMap((quorum) => [...quorum.people]));
    return { people, spare: people.size - chosen.reduce((sum, quorum) => sum + quorum.needed, 0) };
  });
}
