/** Trigger ids: leave to show one modal to the person who did something, once and for three seconds. */
import { type Instant, plus, seconds } from '../../src/core/time.ts';
import type { Store } from './store.ts';
import { SlackError } from './web-api-error.ts';

const VALID = seconds(3);
const FORM = /^\d+\.\d+\.[0-9a-f]+$/;

export type TriggerDeps = {
  readonly store: Store;
  readonly now: Instant;
  readonly random: (bytes: number) => Uint8Array;
};

/** `view`: the modal in which it was done, which `views.push` puts the new one upon. */
export function newTrigger({ store, now, random }: TriggerDeps, user: string, view?: string): string {
  const id = `${now}.${1_000_000 + (random(1)[0] ?? 0)}.${Buffer.from(random(16)).toString('hex')}`;
  for (const { key, value } of store.triggers.list())
    if (plus(value.expires, seconds(3_600)) < now) store.triggers.delete(key);
  store.triggers.put(id, { user, expires: plus(now, VALID), used: false, ...(view !== undefined && { view }) });
  return id;
}

/** Throws `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`. */
export function exchangeTrigger(
  { store, now }: Pick<TriggerDeps, 'store' | 'now'>,
  id: string,
): { user: string; view?: string } {
  const trigger = store.triggers.get(id);
  if (!FORM.test(id) || !trigger) throw new SlackError('invalid_trigger_id');
  if (trigger.used) throw new SlackError('exchanged_trigger_id');
  if (trigger.expires < now) throw new SlackError('expired_trigger_id');
  store.triggers.put(id, { ...trigger, used: true });
  return { user: trigger.user, ...(trigger.view !== undefined && { view: trigger.view }) };
}
