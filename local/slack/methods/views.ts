/** views.*: modals and App Home. */
import { viewDefinition } from '../definition.ts';
import { type Arguments, type Context, json, type Method, required, text } from '../method.ts';
import { viewObject } from '../objects.ts';
import { TIERS } from '../rate-limits.ts';
import type { ViewDefinition } from '../records.ts';
import { exchangeTrigger } from '../triggers.ts';
import { findByExternalId, openView, publishHome, pushView, replaceView } from '../views.ts';
import { SlackError, withMessages } from '../web-api-error.ts';

const VIEW = { scopes: [], json: true, write: true, tier: TIERS.tier4 } as const;

const definitionIn = (args: Arguments, { store }: Context, type: 'modal' | 'home'): ViewDefinition =>
  viewDefinition(
    json(args, 'view', () => withMessages('invalid_arguments', ['must be valid JSON [json-pointer:/view]'])),
    [type],
    () => store.id('').slice(0, 5),
  );

export const open: Method = {
  ...VIEW,
  run(args, context) {
    const trigger = required(args, 'trigger_id');
    const definition = definitionIn(args, context, 'modal');
    checkExternalId(definition, context);
    const { user } = exchangeTrigger(context, trigger);
    return { view: viewObject(openView(context.store, user, definition), context) };
  },
};

export const push: Method = {
  ...VIEW,
  run(args, context) {
    const trigger = required(args, 'trigger_id');
    const definition = definitionIn(args, context, 'modal');
    checkExternalId(definition, context);
    const { user, view } = exchangeTrigger(context, trigger);
    const top = context.store.views.get(view ?? '');
    if (!top) throw new SlackError('not_found');
    return { view: viewObject(pushView(context.store, user, top, definition), context) };
  },
};

export const update: Method = {
  ...VIEW,
  run(args, context) {
    const { store } = context;
    const id = text(args, 'view_id');
    const external = text(args, 'external_id');
    if (id === undefined && external === undefined) required(args, 'view_id');
    const view = id === undefined ? findByExternalId(store, external ?? '') : store.views.get(id);
    if (!view) throw new SlackError('not_found');
    const definition = definitionIn(args, context, view.definition.type);
    const hash = text(args, 'hash');
    if (hash !== undefined && hash !== view.hash) throw new SlackError('hash_conflict');
    checkExternalId(definition, context, view.id);
    return { view: viewObject(replaceView(store, view, definition), context) };
  },
};

export const publish: Method = {
  ...VIEW,
  run(args, context) {
    const { store } = context;
    const user = store.users.get(required(args, 'user_id'));
    if (!user || user.deleted || user.membership === 'bot')
      throw withMessages('invalid_arguments', ['invalid user [json-pointer:/user_id]']);
    const definition = definitionIn(args, context, 'home');
    const before = store.views.get(store.homes.get(user.id)?.view ?? '');
    const hash = text(args, 'hash');
    if (hash !== undefined && hash !== before?.hash) throw new SlackError('hash_conflict');
    checkExternalId(definition, context, before?.id);
    return { view: viewObject(publishHome(store, user.id, definition), context) };
  },
};

function checkExternalId(definition: ViewDefinition, { store }: Context, own?: string): void {
  const wanted = definition['external_id'];
  if (typeof wanted !== 'string' || wanted === '') return;
  const other = findByExternalId(store, wanted);
  if (other && other.id !== own) throw new SlackError('duplicate_external_id');
}
