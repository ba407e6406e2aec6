/** The simulated Slack's memory, and whoever wants to know when it changes. */
import type { Clock } from '../clock.ts';
import type { Collection, Storage } from '../storage.ts';
import type { Channel, Message, ResponseUrl, Trigger, User, View } from './records.ts';

export type Store = {
  readonly users: Collection<User>;
  readonly channels: Collection<Channel>;
  /** By `<channel>/<ts>`. */
  readonly messages: Collection<Message>;
  readonly views: Collection<View>;
  /** The view at the top of each person's screen, by user id. */
  readonly screens: Collection<{ view: string }>;
  /** App Home of each person, by user id: the id of the view. */
  readonly homes: Collection<{ view: string }>;
  readonly triggers: Collection<Trigger>;
  readonly responses: Collection<ResponseUrl>;
  /** Runs `work`, keeps all of it or nothing, and tells the listeners. */
  change<T>(work: () => T): T;
  onChange(listener: () => void): () => void;
  /** A new timestamp: Slack's `seconds.microseconds`, never the same twice. */
  timestamp(): string;
  /** `prefix` and ten characters, unlike any before. */
  id(prefix: string): string;
  close(): void;
};

const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ0123456789';

export type StoreOptions = {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
};

export function slackStore({ storage, clock, random }: StoreOptions): Store {
  const listeners = new Set<() => void>();
  const sequence = storage.collection<number>('slack.sequence');
  return {
    users: storage.collection('slack.user'),
    channels: storage.collection('slack.channel'),
    messages: storage.collection('slack.message'),
    views: storage.collection('slack.view'),
    screens: storage.collection('slack.screen'),
    homes: storage.collection('slack.home'),
    triggers: storage.collection('slack.trigger'),
    responses: storage.collection('slack.response'),
    change(work) {
      const result = storage.transaction(work);
      for (const listener of listeners) listener();
      return result;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    timestamp() {
      const micros = Math.max(clock.now() * 1_000, (sequence.get('ts') ?? 0) + 1);
      sequence.put('ts', micros);
      return timestampOf(micros);
    },
    id: (prefix) => prefix + Array.from(random(10), (byte) => ALPHABET[byte % ALPHABET.length]).join(''),
    close: () => storage.close(),
  };
}

const timestampOf = (micros: number): string =>
  `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;

export const messageKey = ({ channel, ts }: Pick<Message, 'channel' | 'ts'>): string => `${channel}/${ts}`;
