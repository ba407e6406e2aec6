/** Writes the way into one grant's cluster: cluster, user and context, all of one name. */
import { Failure } from '../failure.ts';
import { findEntry, type KubeconfigText, type Section, setEntry } from './document.ts';
import { editKubeconfig, readKubeconfig } from './edit.ts';
import { clusterEntry, contextEntry, type Entrance, mayTake, userEntry } from './entries.ts';
import { fileForNew } from './files.ts';
import type { Invocation } from './invocation.ts';

export type Addition = {
  readonly name: string;
  readonly entrance: Entrance;
  readonly invocation: Invocation;
  /** Whether kubectl is to use the context from now on. */
  readonly makeCurrent: boolean;
};

/**
 * Each entry is replaced in the file where it stands, or added to the file for new ones, as kubectl does. Answers the
 * files that were changed. Throws a `file` failure; a file that cannot be read stops all before anything is written.
 */
export function addEntrance(files: readonly [string, ...string[]], addition: Addition): string[] {
  const { name, entrance, invocation, makeCurrent } = addition;
  const texts = files.map((path) => ({ path, text: readKubeconfig(path) }));
  refuseOthers(
    name,
    texts.map(({ text }) => text),
  );
  const forNew = fileForNew(files);
  const homeOf = (section: Section): string => texts.find(({ text }) => findEntry(text, section, name))?.path ?? forNew;

  const values: [Section, unknown][] = [
    ['clusters', clusterEntry(entrance)],
    ['users', userEntry(entrance, invocation)],
    ['contexts', contextEntry(name, entrance)],
  ];
  const changed = new Set([...values.map(([section]) => homeOf(section)), ...(makeCurrent ? [forNew] : [])]);
  for (const path of changed) {
    editKubeconfig(path, (text) => {
      refuseOthers(name, [text]);
      for (const [section, value] of values) if (homeOf(section) === path) setEntry(text, section, name, value);
      if (makeCurrent && path === forNew) text.document.set('current-context', name);
    });
  }
  return [...changed];
}

function refuseOthers(name: string, texts: readonly KubeconfigText[]): void {
  if (mayTake(name, texts)) return;
  throw new Failure(
    'file',
    `The kubeconfig has an entry "${name}" that Hallpass did not make, and that stays as it is. Choose another name with --context.`,
  );
}
