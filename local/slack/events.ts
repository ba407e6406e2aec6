/**
 * Events to the app: each at least once, up to three more times (at once, after a minute, after five) while the app
 * does not answer 2xx within three seconds, unless it says `x-slack-no-retry`. Not kept over a restart.
 * Authority: https://docs.slack.dev/apis/events-api#error-handling
 */
import { type Duration, minutes, plus } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { RequestUrls, SlackApp } from './app.ts';
import { isRecord } from './block-kit/problem.ts';
import type { Deliver, Delivery } from './deliver.ts';
import { eventCallback, type Payload, urlVerification } from './payloads.ts';
import type { Store } from './store.ts';
import { BOT_USER, type Team } from './workspace.ts';

export type Events = {
  /** Sends it, if the app subscribes to events of its type; does not wait. */
  send(event: Payload & { readonly type: string }): void;
  /** Settles when no request is under way. */
  idle(): Promise<void>;
  /** Asks the app to prove that the address is its own, as when it is entered in the app's settings. */
  verify(): Promise<boolean>;
};

const RETRY_AFTER: readonly Duration[] = [0 as Duration, minutes(1), minutes(5)];

export type EventsDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly app: () => SlackApp;
  readonly team: Team;
  readonly urls: () => RequestUrls | undefined;
  readonly deliver: Deliver;
};

export function eventSender({ store, clock, app, team, urls, deliver }: EventsDeps): Events {
  const underWay = new Set<Promise<void>>();
  const post = (payload: Payload, headers: Record<string, string> = {}): Promise<Delivery> => {
    const url = urls()?.events;
    if (!url) return Promise.resolve({ ok: false, problem: 'dispatch_failed', detail: 'no request URL is set' });
    return deliver({ url, contentType: 'application/json', body: JSON.stringify(payload), kind: 'event', headers });
  };
  const attempt = async (payload: Payload, retry: number, reason: string): Promise<void> => {
    const again: Record<string, string> =
      retry === 0 ? {} : { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': reason };
    const delivery = await post(payload, again);
    const wait = RETRY_AFTER[retry];
    if (delivery.ok || wait === undefined || delivery.noRetry) return;
    const next = delivery.problem === 'operation_timeout' ? 'http_timeout' : 'http_error';
    clock.at(plus(clock.now(), wait), () => begin(payload, retry + 1, next));
  };
  const begin = (payload: Payload, retry: number, reason: string): void => {
    const work = attempt(payload, retry, reason).finally(() => underWay.delete(work));
    underWay.add(work);
  };
  return {
    send(event) {
      if (!app().events.includes(event.type)) return;
      begin(
        eventCallback({ app: app(), team }, { id: store.id('Ev'), now: clock.now(), event, botUser: BOT_USER }),
        0,
        '',
      );
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async verify() {
      const challenge = store.id('').toLowerCase();
      const delivery = await post(urlVerification(challenge));
      if (!delivery.ok) return false;
      return delivery.body === challenge || challengeIn(delivery.body) === challenge;
    },
  };
}

function challengeIn(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed['challenge'] : undefined;
  } catch {
    return undefined;
  }
}
