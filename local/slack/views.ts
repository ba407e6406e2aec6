/** The stack of modals on a person's screen, and App Home. */
import { LIMITS } from './block-kit/limits.ts';
import type { View, ViewDefinition } from './records.ts';
import { keptOf } from './state.ts';
import type { Store } from './store.ts';
import { SlackError } from './web-api-error.ts';

const newHash = (store: Store): string =>
  `${store.timestamp().split('.')[0]}.${store.id('').toLowerCase().slice(0, 8)}`;

const fresh = (store: Store, user: string, definition: ViewDefinition): View => {
  const id = store.id('V');
  return { id, user, definition, hash: newHash(store), root: id, depth: 1, filled: {}, errors: {} };
};

/** A new modal in the place of whatever was open: one app has one stack on a person's screen. */
export function openView(store: Store, user: string, definition: ViewDefinition): View {
  return store.change(() => {
    clearScreen(store, user);
    const view = fresh(store, user, definition);
    store.views.put(view.id, view);
    store.screens.put(user, { view: view.id });
    return view;
  });
}

/** Throws `push_limit_reached` above three. */
export function pushView(store: Store, user: string, top: View, definition: ViewDefinition): View {
  if (top.depth >= LIMITS.viewStack) throw new SlackError('push_limit_reached');
  return store.change(() => {
    const view: View = { ...fresh(store, user, definition), root: top.root, previous: top.id, depth: top.depth + 1 };
    store.views.put(view.id, view);
    store.screens.put(user, { view: view.id });
    return view;
  });
}

/** A new definition under the same id; what is still there keeps what was filled in. */
export function replaceView(store: Store, { id }: View, definition: ViewDefinition): View {
  return store.change(() => {
    const now = viewOf(store, id);
    const view: View = {
      ...now,
      definition,
      hash: newHash(store),
      filled: keptOf(now.definition.blocks, definition.blocks, now.filled),
      errors: {},
    };
    store.views.put(view.id, view);
    return view;
  });
}

export function publishHome(store: Store, user: string, definition: ViewDefinition): View {
  const before = store.views.get(store.homes.get(user)?.view ?? '');
  if (before) return replaceView(store, before, definition);
  return store.change(() => {
    const view = fresh(store, user, definition);
    store.views.put(view.id, view);
    store.homes.put(user, { view: view.id });
    return view;
  });
}

/** Takes the top view away; the one beneath shows again. */
export function popView(store: Store, view: View): void {
  store.change(() => {
    store.views.delete(view.id);
    if (view.previous === undefined) store.screens.delete(view.user);
    else store.screens.put(view.user, { view: view.previous });
  });
}

/** Takes every modal of the person's away. */
export function clearScreen(store: Store, user: string): void {
  store.change(() => {
    for (let view = topView(store, user); view; view = topView(store, user)) popView(store, view);
  });
}

export function topView(store: Store, user: string): View | undefined {
  return store.views.get(store.screens.get(user)?.view ?? '');
}

export function viewOf(store: Store, id: string): View {
  const view = store.views.get(id);
  if (!view) throw new SlackError('not_found');
  return view;
}

export const findByExternalId = (store: Store, external: string): View | undefined =>
  store.views.list().find(({ value }) => value.definition['external_id'] === external)?.value;
