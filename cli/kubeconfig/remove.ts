/** Removes what was written for a grant: its users, the contexts that use them, and their clusters if nothing else does. */

import * as z from 'zod/mini';
import { contentOf, type KubeconfigText, removeEntries } from './document.ts';
import { editKubeconfig, readKubeconfig } from './edit.ts';
import { usersFor } from './entries.ts';

const Context = z.looseObject({ cluster: z.nullish(z.string()), user: z.nullish(z.string()) });
type Use = {
  readonly name: string;
  readonly cluster: string | null | undefined;
  readonly user: string | null | undefined;
};

/** Answers the names of the contexts that were removed; none if the grant had none. Throws a `file` failure. */
export function removeEntrance(files: readonly string[], grant: string): string[] {
  const texts = files.map((path) => ({ path, text: readKubeconfig(path) }));
  const users = new Set(texts.flatMap(({ text }) => usersFor(text, grant)));
  if (users.size === 0) return [];
  const uses = texts.flatMap(({ text }) => usesIn(text));
  const contexts = new Set(uses.flatMap(({ name, user }) => (user && users.has(user) ? [name] : [])));
  const stillUsed = new Set(uses.flatMap(({ name, cluster }) => (contexts.has(name) ? [] : [cluster])));
  // Ours bear the name of their user; a cluster of another name is somebody's own.
  const clusters = new Set([...users].filter((name) => !stillUsed.has(name)));

  for (const { path, text } of texts) {
    if (!concerns(text, { users, contexts, clusters })) continue;
    editKubeconfig(path, (fresh) => {
      removeEntries(fresh, 'users', users);
      removeEntries(fresh, 'contexts', contexts);
      removeEntries(fresh, 'clusters', clusters);
      if (contexts.has(fresh.content['current-context'] ?? '')) fresh.document.set('current-context', '');
    });
  }
  return [...contexts];
}

function usesIn({ content }: KubeconfigText): Use[] {
  return (content.contexts ?? []).map((entry) => {
    const { cluster, user } = Context.safeParse(contentOf('contexts', entry)).data ?? {};
    return { name: entry.name, cluster, user };
  });
}

type Names = Readonly<Record<'users' | 'contexts' | 'clusters', ReadonlySet<string>>>;

const concerns = ({ content }: KubeconfigText, { users, contexts, clusters }: Names): boolean =>
  [[content.users, users] as const, [content.contexts, contexts] as const, [content.clusters, clusters] as const].some(
    ([entries, names]) => entries?.some(({ name }) => names.has(name)),
  ) || contexts.has(content['current-context'] ?? '');
